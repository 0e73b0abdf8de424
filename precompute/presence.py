"""How likely somebody comes, or does something, on a day that begins at an instant: told from the days before.

Days of the weekday that comes count fully, others a tenth: whoever comes every Monday is expected on Mondays, whoever
comes on each working day on all of them, without anybody having to say which days those are. Few days say little::

    chance = (alike + 0.1 * other + 2 * 0.25) / (days alike + 0.1 * other days + 2)

which is the mean of a Beta distribution whose prior is worth two days at a chance of a quarter. Both who is expected in
the morning (:mod:`precompute.mornings`) and who a cache that lost everything is warmed up for
(:mod:`precompute.candidates`) is told by it.
"""

from datetime import datetime

from precompute.store import DAY

WEEKS = 4
"""How far back is looked: four days of each weekday."""

OTHER_WEIGHT = 0.1
"""What another weekday tells, as a share of what the same one tells: six of them weigh less than one and a half days
in four weeks, so that a day of the week on which somebody never came outweighs them."""

PRIOR_CHANCE = 0.25
"""That somebody of whom no day is known does a thing of which nothing is known."""

PRIOR_WEIGHT = 2.0
"""What is assumed counts as much as so many days."""


def chance(*, alike: int, other: int, first: datetime | None, until: datetime) -> float:
    """The chance that it is done on the day that begins at ``until``.

    Args:
        alike: On how many days of the same weekday it was done, of those that end at ``until`` or whole days before.
        other: On how many others.
        first: When the user was first seen; days before that do not count against them. None: long ago.
        until: An instant.
    """
    days_alike, other_days = _days_known(first, until=until)
    done = alike + OTHER_WEIGHT * other
    known = max(alike, days_alike) + OTHER_WEIGHT * max(other, other_days)
    return (done + PRIOR_WEIGHT * PRIOR_CHANCE) / (known + PRIOR_WEIGHT)


def _days_known(first: datetime | None, *, until: datetime) -> tuple[int, int]:
    """Days that could have been seen: of the same weekday, and others."""
    since = WEEKS * 7 if first is None else min(WEEKS * 7, -((first - until) // DAY))
    return since // 7, since - since // 7
