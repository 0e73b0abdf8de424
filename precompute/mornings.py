"""Who will probably come in the hours after the off-peak ones, and what they will do then.

A simple estimate, from on which of the days before a user did the same within the same hours. Days of the weekday that
comes count fully, others a tenth: whoever comes every Monday is expected on Mondays, whoever comes on each working day
on all of them, without anybody having to say which days those are. Few days say little::

    chance = (alike + 0.1 * other + 2 * 0.25) / (days alike + 0.1 * other days + 2)

which is the mean of a Beta distribution whose prior is worth two days at a chance of a quarter.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from precompute.store import DAY, Facts, Routine, Visits

HOURS = timedelta(hours=4)
"""How long a morning is: from the end of the off-peak hours on."""

WEEKS = 4
"""How far back is looked: four days of each weekday."""

OTHER_WEIGHT = 0.1
"""What another weekday tells, as a share of what the same one tells: six of them weigh less than one and a half days
in four weeks, so that a day of the week on which somebody never came outweighs them."""

PRIOR_CHANCE = 0.25
"""That somebody of whom no day is known does a thing of which nothing is known."""

PRIOR_WEIGHT = 2.0
"""What is assumed counts as much as so many days."""

MOST_USERS = 20_000
"""Users whose first day is looked up; the rest is taken to have been known for all four weeks."""

Chances = Mapping[str, Mapping[str, float]]
"""By user and action."""


def expected(facts: Facts, *, morning: datetime, now: datetime) -> Chances:
    """What users will do in the morning that begins at ``morning``, by user and action.

    Raises:
        SourceUnavailable: The store cannot be asked now.
    """
    visits = facts.visits(since=morning - WEEKS * 7 * DAY, until=now, most=MOST_USERS)
    return chances(facts.routines(until=morning, weeks=WEEKS, hours=HOURS), visits=visits, morning=morning)


def chances(routines: Iterable[Routine], *, visits: Iterable[Visits], morning: datetime) -> Chances:
    """The chance of each routine, told from the days since the user was first seen."""
    first = {one.user_id: one.first for one in visits}
    found: dict[str, dict[str, float]] = {}
    for routine in routines:
        known = _days_known(first.get(routine.user_id), morning=morning)
        found.setdefault(routine.user_id, {})[routine.action] = _chance(routine, *known)
    return found


def _days_known(first: datetime | None, *, morning: datetime) -> tuple[int, int]:
    """Days that could have been seen: of the same weekday, and others."""
    since = WEEKS * 7 if first is None else min(WEEKS * 7, -((first - morning) // DAY))
    return since // 7, since - since // 7


def _chance(routine: Routine, days_alike: int, other_days: int) -> float:
    done = routine.alike + OTHER_WEIGHT * routine.other
    known = max(routine.alike, days_alike) + OTHER_WEIGHT * max(routine.other, other_days)
    return (done + PRIOR_WEIGHT * PRIOR_CHANCE) / (known + PRIOR_WEIGHT)
