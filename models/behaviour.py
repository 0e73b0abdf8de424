"""A behaviour log as arrays: who did what when, each user's actions in that user's own order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from precompute.facts import Action

Codes = NDArray[np.int32]
Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Log:
    """What users did, in the order in which it became known; times may be equal, and may go backwards.

    A user's order is that of the arrays, never that of the clock: several actions of a minute share its time, and
    whoever sorts or cuts by time alone would let later actions into what is known before an earlier one.

    Attributes:
        users: (n,) int32, a number for each user.
        actions: (n,) int32, index into ``names``.
        at: (n,) float64, seconds since 1970 in UTC.
        utc_offset: (n,) float64, seconds by which the user's clock is ahead of UTC; zeros where it is not known.
        names: Of the actions.
    """

    users: Codes
    actions: Codes
    at: Seconds
    utc_offset: Seconds
    names: tuple[str, ...]

    def __len__(self) -> int:
        """How many events there are."""
        return len(self.at)

    @classmethod
    def of(cls, actions: Sequence[Action], *, utc_offsets: Mapping[str, timedelta] | None = None) -> "Log":
        """The log of actions as the store has them, in their order.

        Args:
            actions: Of many users, each user's in the order accepted.
            utc_offsets: How far users' clocks are ahead of UTC, where that is known.
        """
        users = [one.user_id for one in actions]
        known = {user: offset.total_seconds() for user, offset in (utc_offsets or {}).items()}
        return cls.from_columns(
            users=users,
            actions=[one.action for one in actions],
            at=np.array([one.at.timestamp() for one in actions], np.float64),
            utc_offset=np.array([known.get(user, 0.0) for user in users], np.float64),
        )

    @classmethod
    def from_columns(
        cls, *, users: Iterable[str], actions: Iterable[str], at: Seconds, utc_offset: Seconds | None = None
    ) -> "Log":
        """The log of columns of one length.

        Args:
            users: (n,) who did it.
            actions: (n,) its name.
            at: (n,) seconds since 1970 in UTC.
            utc_offset: (n,) seconds by which the user's clock is ahead of UTC; nobody's is known without it.
        """
        _, user_codes = _numbered(users)
        names, action_codes = _numbered(actions)
        offsets = np.zeros(len(at)) if utc_offset is None else np.asarray(utc_offset, np.float64)
        at = np.asarray(at, np.float64)
        return cls(users=user_codes, actions=action_codes, at=at, utc_offset=offsets, names=names)

    def __getitem__(self, rows: "slice | NDArray[np.bool_] | NDArray[np.intp]") -> "Log":
        """The log of some of its events."""
        return Log(
            users=self.users[rows],
            actions=self.actions[rows],
            at=self.at[rows],
            utc_offset=self.utc_offset[rows],
            names=self.names,
        )

    def with_names_that_occur(self) -> "Log":
        """The same log without names that none of its events has, as parts of a log may hold."""
        used, numbers = np.unique(self.actions, return_inverse=True)
        names = tuple(self.names[code] for code in used)
        actions = numbers.astype(np.int32)
        return Log(users=self.users, actions=actions, at=self.at, utc_offset=self.utc_offset, names=names)

    def of_most_common(self, most: int) -> NDArray[np.bool_]:
        """(n,) which events have one of the ``most`` most common names; of those as common the first by name."""
        counts = np.bincount(self.actions, minlength=len(self.names))
        order = sorted(range(len(self.names)), key=lambda number: (-counts[number], self.names[number]))
        kept = np.zeros(len(self.names), bool)
        kept[order[:most]] = True
        return kept[self.actions]

    def renumbered(self, names: tuple[str, ...]) -> "Log":
        """The same log with the numbers that actions have in ``names``, which holds all of them."""
        places = {name: number for number, name in enumerate(names)}
        numbers = np.array([places[name] for name in self.names], np.int32)
        actions = numbers[self.actions] if len(self) else self.actions
        return Log(users=self.users, actions=actions, at=self.at, utc_offset=self.utc_offset, names=names)


def _numbered(values: Iterable[str]) -> tuple[tuple[str, ...], Codes]:
    """Each value once, in the order of appearance, and the numbers of all."""
    seen: dict[str, int] = {}
    codes = np.array([seen.setdefault(value, len(seen)) for value in values], np.int32)
    return tuple(seen), codes
