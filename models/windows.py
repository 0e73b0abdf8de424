"""What is known of a user before each event: their latest actions, as one matrix for one event or a million."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log

LONGEST = 200
"""Actions looked back. The service keeps as many of each user (``precompute.recent``)."""

NONE = -1
"""Where a user has done less."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Windows:
    """What is known at ``n`` moments; served predictions are ``n = 1``.

    Attributes:
        actions: (n, LONGEST) int32 numbers of actions, the latest first; NONE past the first one.
        at: (n, LONGEST) float64 seconds since 1970, UTC; 0 past the first one.
        now: (n,) float64, the moment of the event that is to be told.
        utc_offset: (n,) float64, seconds that the user's clock is ahead of UTC.
    """

    actions: NDArray[np.int32]
    at: NDArray[np.float64]
    now: NDArray[np.float64]
    utc_offset: NDArray[np.float64]

    def __len__(self) -> int:
        """How many moments there are."""
        return len(self.now)


def window_of(
    history: Sequence[tuple[str, datetime]],
    *,
    at: datetime,
    utc_offset: timedelta | None,
    numbers: Mapping[str, int],
) -> Windows:
    """What is known of one user now.

    Args:
        history: The user's actions in the order accepted, oldest first.
        at: Now.
        utc_offset: How far the user's clock is ahead of UTC, where known.
        numbers: Of the actions in ``history``.
    """
    latest = history[: -LONGEST - 1 : -1]
    actions = np.full((1, LONGEST), NONE, np.int32)
    actions[0, : len(latest)] = [numbers[name] for name, _ in latest]
    times = np.zeros((1, LONGEST))
    times[0, : len(latest)] = [moment.timestamp() for _, moment in latest]
    offset = utc_offset.total_seconds() if utc_offset else 0.0
    return Windows(actions=actions, at=times, now=np.array([at.timestamp()]), utc_offset=np.array([offset]))


def windows_of(log: Log, *, actions: NDArray[np.int32], rows: int) -> Iterator[tuple[NDArray[np.intp], Windows]]:
    """What is known before each event of a log, some events at a time, user by user.

    Args:
        log: Of many users.
        actions: (n,) the actions' numbers.
        rows: Events at a time.

    Yields:
        Where the events stand in the log, and the windows before them.
    """
    order = np.argsort(log.users, kind="stable")
    first = np.r_[True, log.users[order][1:] != log.users[order][:-1]] if len(log) else np.zeros(0, bool)
    place = np.arange(len(log))
    # How many actions of the same user come before, looked up by place in ``order``.
    before = place - np.maximum.accumulate(np.where(first, place, 0))
    lags = np.arange(1, LONGEST + 1)
    for start in range(0, len(log), rows):
        here = place[start : start + rows]
        known = lags <= before[here][:, None]
        source = order[np.where(known, here[:, None] - lags, 0)]
        events = order[here]
        yield (
            events,
            Windows(
                actions=np.where(known, actions[source], NONE).astype(np.int32),
                at=np.where(known, log.at[source], 0.0),
                now=log.at[events],
                utc_offset=log.utc_offset[events],
            ),
        )
