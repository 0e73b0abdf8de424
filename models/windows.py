"""What is known of a user before each event: their latest actions, as one matrix for one event or a million."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log

LONGEST = 200
"""Actions looked back. The service keeps as many of each user (``precompute.recent``)."""

NONE = -1
"""Where a user has done less."""

RETURN_S = 180.0
"""Who is asked about so long after their last action is taken to have come back, and to act now."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Windows:
    """What is known at ``n`` moments; served predictions are ``n = 1``.

    Attributes:
        actions: (n, LONGEST) int32 numbers of actions, the latest first; NONE past the first one.
        at: (n, LONGEST) float64 seconds since 1970, UTC; 0 past the first one.
        now: (n,) float64, the moment at which is asked.
        acts_now: (n,) bool. True: the user acts at ``now``. False: the user has just acted, and may act again at any
            time after; ``now`` says nothing beyond the last action.
        utc_offset: (n,) float64, seconds that the user's clock is ahead of UTC.
    """

    actions: NDArray[np.int32]
    at: NDArray[np.float64]
    now: NDArray[np.float64]
    acts_now: NDArray[np.bool_]
    utc_offset: NDArray[np.float64]
    _cells: dict[int, NDArray[np.intp]] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """How many moments there are."""
        return len(self.now)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n, LONGEST): where there is an action."""
        return np.asarray(self.actions != NONE)

    def cells(self, kinds: int) -> NDArray[np.intp]:
        """(n * LONGEST,) where each action counts in an (n, 1 + kinds) table, NONE in its first column.

        Worked out once: thirty chains count by it, which takes a fifteenth of a prediction less.
        """
        if kinds not in self._cells:
            self._cells[kinds] = (np.arange(len(self))[:, None] * (kinds + 1) + (self.actions + 1)).ravel()
        return self._cells[kinds]

    def just_after(self) -> "Windows":
        """The same, asked right after the user's last action; where there is none, as before."""
        some = self.known[:, 0]
        return replace(self, now=np.where(some, self.at[:, 0], self.now), acts_now=self.acts_now & ~some)


def window_of_each(
    histories: Sequence[Sequence[tuple[str, datetime]]],
    *,
    at: Sequence[datetime],
    utc_offsets: Sequence[timedelta | None],
    numbers: Mapping[str, int],
    width: int = LONGEST,
) -> Windows:
    """What is known of some users, each at a moment.

    Args:
        histories: (n) of each the actions in the order accepted, oldest first.
        at: (n) the moments.
        utc_offsets: (n) how far the user's clock is ahead of UTC, where known.
        numbers: Of the actions in the histories.
        width: So many actions are looked at; features want :data:`LONGEST`, everybody's chains do with fewer.
    """
    actions = np.full((len(histories), width), NONE, np.int32)
    times = np.zeros((len(histories), width))
    for row, history in enumerate(histories):
        latest = history[: -width - 1 : -1]
        actions[row, : len(latest)] = [numbers[name] for name, _ in latest]
        times[row, : len(latest)] = [moment.timestamp() for _, moment in latest]
    now = np.array([moment.timestamp() for moment in at])
    comes_back = (actions[:, 0] == NONE) | (now - times[:, 0] >= RETURN_S)
    return Windows(
        actions=actions,
        at=times,
        now=np.where(comes_back, now, times[:, 0]),
        acts_now=comes_back,
        utc_offset=np.array([offset.total_seconds() if offset else 0.0 for offset in utc_offsets]),
    )


def windows_of(log: Log, *, rows: int, acts_now: bool, start: int = 0) -> Iterator[tuple[slice, Windows]]:
    """What is known before each event of a log, some events at a time, in the log's order.

    Args:
        log: Of many users.
        rows: Events at a time.
        acts_now: Whether the moment of the event is known. Otherwise it is asked right after the user's action before.
        start: The first event to be told.

    Yields:
        Where the events stand in the log, and the windows before them.
    """
    order = np.argsort(log.users, kind="stable")
    place = np.empty(len(log), np.intp)
    place[order] = np.arange(len(log))
    first = np.r_[True, log.users[order][1:] != log.users[order][:-1]] if len(log) else np.zeros(0, bool)
    # How many actions of the same user come before, by place in ``order``.
    before = np.arange(len(log)) - np.maximum.accumulate(np.where(first, np.arange(len(log)), 0))
    lags = np.arange(1, LONGEST + 1)
    for first_row in range(start, len(log), rows):
        events = slice(first_row, min(first_row + rows, len(log)))
        here = place[events]
        known = lags <= before[here][:, None]
        source = order[np.where(known, here[:, None] - lags, 0)]
        found = Windows(
            actions=np.where(known, log.actions[source], NONE).astype(np.int32),
            at=np.where(known, log.at[source], 0.0),
            now=log.at[events],
            acts_now=np.ones(len(source), bool),
            utc_offset=log.utc_offset[events],
        )
        yield events, found if acts_now else found.just_after()
