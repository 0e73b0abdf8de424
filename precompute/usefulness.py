"""Whether what was computed was read: by task type and by cause, from the counters that the entries keep."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from precompute.admission import DEFAULT, Bounds, share_read
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.planner import Cause
from precompute.reading_chance import Followed, chance_read, share_kept, turns
from precompute.scripts import reaching_cache
from precompute.task_type import TaskType

FORGOTTEN = "pc:m:forgotten"
"""Hash of counter to how much of it no longer counts for admission (:func:`forget_half`)."""

_FOLLOWED = "followed:"

TRUSTED_FOR = timedelta(seconds=5)
"""How long one look at the counters serves admission."""

PRIOR_SHARE_OF_LIMIT = 0.1
"""A type that never ran is taken to need this share of its time limit: limits are set for the longest input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usefulness:
    """What became of the results of one type that one cause had computed.

    Attributes:
        made: How many were stored.
        used: How many of them were read at least once.
        unused: How many were replaced or went away without having been read; the rest is still waiting for a reader.
        wasted_seconds: What the unused cost.
        saved_seconds: Waiting that readers of the used were spared: what each of them cost, once.

    A result costs what a reader would have waited for it (:mod:`precompute.waiting`). What several results of one
    subject were computed from counts with each, as each of them alone would have needed it.
    """

    made: int = 0
    used: int = 0
    unused: int = 0
    wasted_seconds: float = 0.0
    saved_seconds: float = 0.0

    @property
    def share_read(self) -> float | None:
        """Of those whose fate is known, the share that was read; None before the first."""
        known = self.used + self.unused
        return self.used / known if known else None


def usefulness(
    cache: Cache, catalogue: Catalogue, *, counters: Mapping[str, int] | None = None
) -> Mapping[str, Mapping[Cause, Usefulness]]:
    """By served task type and cause, since the counters began; only causes that had something computed.

    Args:
        cache: Where it is counted.
        catalogue: The task types in force.
        counters: As :func:`precompute.processes.counted` told them just now, where somebody asked already.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    if counters is None:
        counters = _counters(cache, "pc:m")
    return {row.name: dict(_by_cause(counters, row)) for row in catalogue.served()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What the counters teach admission."""

    costs_s: Mapping[str, float]
    read_shares: Mapping[str, float]
    turns: Mapping[str, float]

    def cost_s(self, row: TaskType) -> float:
        """What computing the row takes, seconds."""
        return self.costs_s[row.name]

    def read_share(self, row: TaskType) -> float:
        """Which share of its predicted results is read."""
        return self.read_shares[row.name]

    def chance_read(self, row: TaskType, *, probability: float, at_login: bool = False) -> float:
        """The chance that a result of the row is read which a user's next action reads with ``probability``."""
        return chance_read(probability, turns=self.turns[row.name], at_login=at_login)


class Experiences:
    """The experience of the service, looked up at most every few seconds.

    Args:
        cache: Where it is counted; its clock says how old a look is.
        catalogue: The task types in force.
        bounds: What the operator set.
    """

    def __init__(self, cache: Cache, catalogue: Catalogue, *, bounds: Bounds = DEFAULT) -> None:
        self._cache = cache
        self._catalogue = catalogue
        self._bounds = bounds
        self._lock = threading.Lock()
        self._known: tuple[datetime, Experience] | None = None

    def now(self) -> Experience:
        """What is known, a few seconds old at most.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        at = self._cache.clock()
        with self._lock:
            known = self._known
        if known is None or not timedelta(0) <= at - known[0] < TRUSTED_FOR:
            known = (at, experience(self._cache, self._catalogue, bounds=self._bounds))
            with self._lock:
                self._known = known
        return known[1]


def experience(cache: Cache, catalogue: Catalogue, *, bounds: Bounds = DEFAULT) -> Experience:
    """What the counters teach now; types never run and never read have priors.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    counters, forgotten = _counters(cache, "pc:m"), _counters(cache, FORGOTTEN)
    recent = _without(counters, forgotten)
    followed = {row.name: _followed(counters, forgotten, row) for row in catalogue}
    every = Followed.of(followed.values())
    predicted = {row.name: _of(recent, row, Cause.PREDICTION) for row in catalogue}
    return Experience(
        costs_s={row.name: _cost_s(counters, row) for row in catalogue},
        read_shares={
            name: share_read(made=seen.used + seen.unused, used=seen.used, bounds=bounds)
            for name, seen in predicted.items()
        },
        turns={name: turns(one, all_types=every, bounds=bounds) for name, one in followed.items()},
    )


def forget_half(cache: Cache, catalogue: Catalogue) -> None:
    """Let half of what admission has learned so far count no more.

    Called once a night, so that what was seen a week ago weighs under a hundredth: a type that nobody read and that
    people now come for gets its chance again. Of what tells how likely a result is read that the next action may read
    as much stays as :func:`precompute.reading_chance.share_kept` says. What the metrics tell is not touched.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    counters, forgotten = _counters(cache, "pc:m"), _counters(cache, FORGOTTEN)
    names = [f"{name}:{row.name}:{Cause.PREDICTION}" for row in catalogue for name in ("used", "unused")]
    left = _without(counters, forgotten)
    # Rounded up: what is left has to come to nothing some day.
    halved = {name: counters[name] - left[name] // 2 for name in names if counters.get(name)}
    for row in catalogue:
        gone = 1.0 - share_kept(_followed(counters, forgotten, row).settled)
        of_row = _without(counters, _unprefixed(forgotten))
        halved |= {
            _FOLLOWED + name: counters[name] - of_row[name] + round(of_row[name] * gone)
            for name in _names_followed(row)
            if gone and counters.get(name)
        }
    if halved:
        with reaching_cache():
            cache.client.hset(FORGOTTEN, mapping=halved)


def count_ahead(cache: Cache, told: Iterable[tuple[TaskType, float]]) -> None:
    """Count results that are computed ahead, with the probability of the next action that was told of each.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache(), cache.client.pipeline(transaction=False) as pipe:
        for row, probability in told:
            pipe.hincrby("pc:m", f"ahead:{row.name}", 1)
            pipe.hincrby("pc:m", f"ahead_ppm:{row.name}", round(probability * 1_000_000))
        pipe.execute()


def _counters(cache: Cache, key: str) -> Mapping[str, int]:
    with reaching_cache():
        return {name.decode(): int(value) for name, value in cache.client.hgetall(key).items()}


def _without(counters: Mapping[str, int], forgotten: Mapping[str, int]) -> Mapping[str, int]:
    # The counters may have been evicted and have begun anew: then nothing of them was forgotten yet.
    return {
        name: count - forgotten.get(name, 0) if forgotten.get(name, 0) <= count else count
        for name, count in counters.items()
    }


def _names_followed(row: TaskType) -> tuple[str, str, str, str]:
    prediction = f"{row.name}:{Cause.PREDICTION}"
    return f"used:{prediction}", f"unused:{prediction}", f"ahead:{row.name}", f"ahead_ppm:{row.name}"


def _followed(counters: Mapping[str, int], forgotten: Mapping[str, int], row: TaskType) -> Followed:
    """What became of a type's results that were computed ahead; those still waiting are taken to be like the others."""
    left = _without(counters, _unprefixed(forgotten))
    used, unused, ahead, ppm = (left.get(name, 0) for name in _names_followed(row))
    if not ahead:
        return Followed()
    return Followed(settled=used + unused, used=used, told=(used + unused) * ppm / ahead / 1_000_000)


def _unprefixed(forgotten: Mapping[str, int]) -> Mapping[str, int]:
    """What is forgotten of how results were followed up; that of admission's share read is another's."""
    return {name.removeprefix(_FOLLOWED): count for name, count in forgotten.items() if name.startswith(_FOLLOWED)}


def _by_cause(counters: Mapping[str, int], row: TaskType) -> list[tuple[Cause, Usefulness]]:
    found = [(cause, _of(counters, row, cause)) for cause in Cause]
    return [(cause, seen) for cause, seen in found if seen != Usefulness()]


def _of(counters: Mapping[str, int], row: TaskType, cause: Cause) -> Usefulness:
    def count(name: str) -> int:
        return counters.get(f"{name}:{row.name}:{cause}", 0)

    return Usefulness(
        made=count("made"),
        used=count("used"),
        unused=count("unused"),
        wasted_seconds=count("wasted_ms") / 1000,
        saved_seconds=count("saved_ms") / 1000,
    )


def _cost_s(counters: Mapping[str, int], row: TaskType) -> float:
    prior = PRIOR_SHARE_OF_LIMIT * row.time_limit.total_seconds()
    runs, ms = counters.get(f"runs:{row.name}", 0), counters.get(f"ms:{row.name}", 0)
    return ms / runs / 1000 if runs else prior
