"""The reads that a behaviour log stands for, as the simulation takes them."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log

_RESOLUTIONS_S = (86400.0, 3600.0, 60.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """The events of a log, in the order of time; each reads the results of its user that its action needs.

    Attributes:
        at: (n,) seconds since 1970, ascending.
        users: (n,) a number for each user.
        actions: (n,) index into ``names``.
        names: Of the actions.
        rows: (n,) where each event stands in the log.
        opens: (n,) bool, whether the user's session begins with it.
        scored_from: Index of the first event that counts; those before warm the cache up and teach the model.
    """

    at: NDArray[np.float64]
    users: NDArray[np.int32]
    actions: NDArray[np.int32]
    names: tuple[str, ...]
    rows: NDArray[np.intp]
    opens: NDArray[np.bool_]
    scored_from: int

    def __len__(self) -> int:
        """How many reads there are."""
        return len(self.at)

    @property
    def scored(self) -> int:
        """How many of them count."""
        return len(self) - self.scored_from

    def next_of_user(self) -> NDArray[np.float64]:
        """(n,) when each event's user does the next thing; infinite for the last."""
        order = np.argsort(self.users, kind="stable")
        after = np.r_[self.at[order][1:], np.inf]
        after[np.r_[np.diff(self.users[order]) != 0, True]] = np.inf
        coming = np.empty_like(self.at)
        coming[order] = after
        return coming


def traffic_of(log: Log, *, warm_up: float, pause: timedelta) -> Traffic:
    """The reads of a log whose times ascend.

    A log with times to the minute says that several actions happened at once. They are spread evenly over that minute,
    in their order: where the next action of a user comes in the same instant, nothing could be computed between them.

    Args:
        log: In the order of time; events of one instant in their users' own order.
        warm_up: Share of the events that does not count, from the first on.
        pause: After so long without an action, a user's next one begins a session.
    """
    at = spread(log.at, log.users)
    order = np.argsort(at, kind="stable")
    at, users = at[order], log.users[order]
    return Traffic(
        at=at,
        users=users,
        actions=log.actions[order],
        names=log.names,
        rows=order,
        opens=_since(at, users) >= pause.total_seconds(),
        scored_from=round(len(log) * warm_up),
    )


def resolution(at: NDArray[np.float64]) -> float:
    """How exact times are, seconds: the longest of a day, an hour, a minute and a second that all are multiples of."""
    return next((step for step in _RESOLUTIONS_S if not np.any(at % step)), 0.0)


def spread(at: NDArray[np.float64], users: NDArray[np.int32]) -> NDArray[np.float64]:
    """(n,) times where events that a user's log puts at one instant follow each other, evenly until the next step."""
    step = resolution(at)
    if not step or not len(at):
        return at
    order = np.lexsort((np.arange(len(at)), at, users))
    same = np.r_[False, (np.diff(users[order]) == 0) & (np.diff(at[order]) == 0)]
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(at))))
    place = np.arange(len(at)) - starts
    sizes = np.bincount(starts, minlength=len(at))[starts]
    spreaded = np.empty_like(at)
    spreaded[order] = at[order] + step * place / sizes
    return spreaded


def _since(at: NDArray[np.float64], users: NDArray[np.int32]) -> NDArray[np.float64]:
    """(n,) seconds since the same user's event before; infinite for the first."""
    order = np.argsort(users, kind="stable")
    gaps = np.r_[np.inf, np.diff(at[order])]
    gaps[np.r_[True, np.diff(users[order]) != 0]] = np.inf
    since = np.empty_like(at)
    since[order] = gaps
    return since
