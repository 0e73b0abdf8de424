"""The behaviour of this platform's users, made up: a process whose next-action probabilities are known.

A new installation has no log to learn from, so the shipped model learns from this one, and since every probability is
known here, so is the best that any model could reach.

Each user has one of four jobs (:data:`JOBS`) and comes up to three times a day: in the morning, at midday and in the
evening by the clock of their own zone, each at an hour of their own, less often at weekends. For each time of the day a
user has a routine: that of the job, now and then with a step of their own (one left out, done again or put in). A
visit begins with ``login`` and goes through the routine step by step. At each point the user

- with probability *r*, the user's regularity, goes on: does the next step, or after the last one leaves;
- with half of the rest breaks off and leaves;
- with the other half makes a side trip (:data:`SIDE_TRIPS`), after which they are done and leave.

What somebody who left does next is the ``login`` of their next visit. So the probability of each next action is known
to whoever knows the routines: within a visit *r* for the next step, (1 - *r*) / 2 for a ``login`` and for the side
trips together. A model that has to learn the routines from what it sees can only do worse. *r* differs from user to
user around the population's (:func:`regularity_of`).
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log

BEGIN = "login"

REGULARITY = 0.97
"""Of the population that the targets are about: almost everything is routine, so nearly everything can be known."""

JOBS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "buyer": (
        ("dashboard_view", "analytics_view", "campaign_view", "report_export"),
        ("campaign_create", "variant_generate", "campaign_view"),
        ("dashboard_view", "analytics_view"),
    ),
    "creator": (
        ("video_upload", "video_view", "dashboard_view"),
        ("video_view", "variant_generate"),
        ("video_upload", "video_view", "campaign_view"),
    ),
    "analyst": (
        ("analytics_view", "campaign_view", "analytics_view", "report_export"),
        ("analytics_view", "video_view"),
        ("dashboard_view", "report_export"),
    ),
    "owner": (
        ("dashboard_view", "campaign_view"),
        ("dashboard_view", "analytics_view", "video_view"),
        ("dashboard_view", "campaign_create", "variant_generate", "campaign_view"),
    ),
}
"""The routine of each job in the morning, at midday and in the evening, after the login."""

STEPS = tuple(dict.fromkeys(step for routines in JOBS.values() for routine in routines for step in routine))

SIDE_TRIPS: Mapping[str, float] = {"notifications_view": 0.4, "search": 0.3, "help_view": 0.15, "settings_view": 0.15}
"""What users do out of turn, and how they share it."""

HOURS = (9.0, 13.5, 19.0)
"""When visits begin, by the users' own clocks; each user's differ by about 25 minutes, each day's by a bit less."""

PRESENT = (0.85, 0.6, 0.5)
"""How likely each visit of a working day takes place; at a weekend half as likely."""

ZONES_H = (-8.0, -5.0, 0.0, 1.0, 4.0, 5.5, 9.0)
"""Hours by which users' clocks are ahead of UTC."""

FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""

BROKEN_OFF = 0.5
"""Share of what is not routine."""

OWN_STEP = 0.2
"""How often a routine of a user differs from the job's by a step."""

Event = tuple[float, str, bool]
"""When (seconds since 1970), what, and whether the routine before it was done."""

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """A log, and what was known before each of its events by whoever knows the process and every user's routines.

    Attributes:
        log: Of all users, in the order of time.
        chance: (n,) the true probability of what happened.
        best: (n,) the probability of the likeliest action: the mean is the best top-1 accuracy that can be expected.
        best_3: (n,) that of the three likeliest.
        entropy: (n,) of the true distribution, nats: the mean is the least log loss that can be expected.
    """

    log: Log
    chance: NDArray[np.float64]
    best: NDArray[np.float64]
    best_3: NDArray[np.float64]
    entropy: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with habits.

    Attributes:
        name: Unlike all others'.
        routines: Of the morning, of midday and of the evening, after the login.
        hours: When each begins, by the user's own clock.
        regularity: Probability of going on with the routine.
        zone_h: Hours by which the user's clock is ahead of UTC.
    """

    name: str
    routines: tuple[tuple[str, ...], ...]
    hours: tuple[float, ...]
    regularity: float
    zone_h: float


def simulate(
    *, users: int, days: int, seed: int, regularity: float | None = REGULARITY, joining: bool = False
) -> Simulated:
    """What so many users did in so many days.

    Args:
        users: How many.
        days: How many.
        seed: Of everything drawn at random; another seed gives other users with other habits.
        regularity: Mean of the population, 0 to 1; None for one in which users of every kind are, from those who do
            half of what they do out of turn to those who hardly ever do.
        joining: Users join on any of these days, instead of all on the first.
    """
    chance = np.random.default_rng(seed)
    people = [user_of(f"s{seed}-{number}", regularity, chance) for number in range(users)]
    spans = [range(int(chance.integers(days)) if joining else 0, days) for _ in people]
    events = [
        (*event, number)
        for number, (person, span) in enumerate(zip(people, spans, strict=True))
        for event in _days_of(person, span, chance)
    ]
    events.sort(key=lambda event: event[0])
    at, what, leaving, who = zip(*events, strict=True) if events else ((), (), (), ())
    log = Log.from_columns(
        users=[people[number].name for number in who],
        actions=what,
        at=np.array(at, np.float64),
        utc_offset=np.array([people[number].zone_h * 3600 for number in who]),
    )
    going_on = np.array([people[number].regularity for number in who])
    return _known(log, going_on=going_on, leaving=np.array(leaving, np.bool_))


def _known(log: Log, *, going_on: NDArray[np.float64], leaving: NDArray[np.bool_]) -> Simulated:
    """What could be known before each event.

    Args:
        log: What happened.
        going_on: (n,) how likely the user was to go on.
        leaving: (n,) whether that was to leave, the routine being done.
    """
    # Whoever has done nothing yet logs in.
    going_on = going_on.copy()
    going_on[np.unique(log.users, return_index=True)[1]] = 1.0
    rest = (1 - going_on) / 2
    # After the last step of a routine, going on and breaking off are the same.
    likeliest = np.column_stack([going_on + leaving * rest, ~leaving * rest, np.outer(rest, list(SIDE_TRIPS.values()))])
    asides = {name: place for place, name in enumerate(SIDE_TRIPS, start=2)}
    place = np.array([asides.get(name, int(name == BEGIN)) for name in log.names])[log.actions]
    chance = likeliest[np.arange(len(log)), np.where(leaving & (place == 1), 0, place)]
    likeliest = -np.sort(-likeliest, axis=1)
    return Simulated(
        log=log,
        chance=chance,
        best=likeliest[:, 0],
        best_3=likeliest[:, :3].sum(axis=1),
        entropy=-(likeliest * np.log(np.maximum(likeliest, 1e-300))).sum(axis=1),
    )


def regularity_of(mean: float | None, chance: np.random.Generator) -> float:
    """A user's own: out of turn half to one and a half times as often as the population; see :func:`simulate`."""
    if mean is None:
        return float(1 - 0.5 * chance.random() ** 2)
    return float(1 - (1 - mean) * chance.uniform(0.5, 1.5))


def user_of(name: str, regularity: float | None, chance: np.random.Generator) -> User:
    """Somebody new."""
    job = list(JOBS.values())[chance.integers(len(JOBS))]
    return User(
        name=name,
        routines=tuple(_with_own_step(routine, chance) for routine in job),
        hours=tuple(hour + 0.4 * chance.standard_normal() for hour in HOURS),
        regularity=regularity_of(regularity, chance),
        zone_h=ZONES_H[chance.integers(len(ZONES_H))],
    )


def _with_own_step(routine: Sequence[str], chance: np.random.Generator) -> tuple[str, ...]:
    if chance.random() >= OWN_STEP:
        return tuple(routine)
    steps = list(routine)
    place = int(chance.integers(len(steps)))
    match chance.integers(3):
        case 0 if len(steps) > 1:
            del steps[place]
        case 1:
            steps.insert(place, steps[place])
        case _:
            steps.insert(place, STEPS[chance.integers(len(STEPS))])
    return tuple(steps)


def _days_of(user: User, days: range, chance: np.random.Generator) -> Iterator[Event]:
    midnight = FIRST_DAY.timestamp() - user.zone_h * 3600
    done = True
    for day in days:
        weekend = day % 7 >= 5
        for routine, hour, present in zip(user.routines, user.hours, PRESENT, strict=True):
            if chance.random() < present * (0.5 if weekend else 1.0):
                begins = midnight + day * _DAY_S + 3600 * (hour + 0.3 * chance.standard_normal())
                yield begins, BEGIN, done
                done = yield from _visit(user, routine, begins, chance)


def _visit(user: User, routine: Sequence[str], at: float, chance: np.random.Generator) -> Generator[Event, None, bool]:
    """What follows a login; whether the routine was done in the end."""
    names, shares = list(SIDE_TRIPS), list(SIDE_TRIPS.values())
    ahead = list(routine)
    while True:
        at += float(chance.lognormal(np.log(40), 0.6))
        done = not ahead
        if chance.random() < user.regularity:
            if done:
                return True
            yield at, ahead.pop(0), False
        elif chance.random() < BROKEN_OFF:
            return done
        else:
            yield at, names[chance.choice(len(names), p=shares)], done
            ahead.clear()
