"""What the engine counts about itself, read from counters and list lengths; never by asking the workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.processes import counted, forget_lost_processes
from precompute.queues import Queue
from precompute.scripts import reaching_cache
from precompute.subjects import Subject

WORKERS_KEY = "pc:workers"
"""Hash of worker name to its latest report as JSON."""

REPORT_EVERY_S = 5
"""A worker reports this often; one that missed three reports does not count as running."""

LOST_AFTER = timedelta(hours=1)
"""A worker that has not reported for this long is forgotten; should it live, its next report names it again."""

REFRESHES = ("queued", "unchanged", "changed", "unreachable", "expired", "parked", "refused", "forced")
"""What becomes of refreshes: handed to workers, who found nothing changed, or something, or could not ask, or got to it
too late; and not handed to them, since nobody read the result or there was no room; or computed without asking."""

CALLBACKS = ("delivered", "failed", "refused", "given_up")
"""What became of the tries to send callbacks; given up are those that are not tried again, and were not delivered."""

CLASSES_PER_DOUBLING = 4
"""Durations are counted in classes (``lua/store.lua``), so that percentiles cost a few dozen counters a type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMeasures:
    """Counts of one task type since the counters began.

    Attributes:
        durations: Computations by class of duration: class *n* is from ``2 ** (n / 4)`` ms on, up to the next.
        rescued: Leases that ended since their worker gave no sign of life; the tasks were queued again.
        leases_lost: Computations whose result came too late: it was invalidated, or somebody else's turn, meanwhile.
        expired: Tasks that no worker took up in time, and that were dropped.
        refreshes: Counts by the words of :data:`REFRESHES`.
    """

    hits: int
    stale_hits: int
    misses: int
    computations: int
    failures: int
    rescued: int
    leases_lost: int
    expired: int
    total_ms: int
    durations: Mapping[int, int]
    refreshes: Mapping[str, int]

    @property
    def average_seconds(self) -> float | None:
        """Mean time of a computation, or None before the first."""
        return self.total_ms / self.computations / 1000 if self.computations else None

    def percentile_seconds(self, share: float) -> float | None:
        """The time that ``share`` of the computations took at most, or None before the first.

        Within a class of durations they are taken to be spread evenly in the logarithm: off by a fifth at most, by a
        tenth as a rule.
        """
        return percentile_seconds(self.durations, share=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """For how long the tasks of one queue waited, for their inputs or a worker, before they began.

    Attributes:
        classes: Tasks by class of duration, as :attr:`TypeMeasures.durations`.
        total_ms: Of all of them.
    """

    classes: Mapping[int, int]
    total_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """How often refreshes looked whether anything had changed, and the time that took in all, milliseconds."""

    count: int
    total_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Counts by task type and of callbacks, tasks that have not begun, and the workers that reported lately."""

    by_type: Mapping[str, TypeMeasures]
    checks: Mapping[Subject, Checks]
    waits: Mapping[Queue, Waits]
    waiting: Mapping[Queue, Mapping[str, int]]
    oldest_waiting_seconds: Mapping[Queue, float]
    workers: tuple[Mapping[str, Any], ...]
    callbacks: Mapping[str, int]

    @property
    def hit_rate_percent(self) -> float:
        """Share of reads answered from the cache, fresh or stale; 0 before the first read."""
        answered = sum(each.hits + each.stale_hits for each in self.by_type.values())
        reads = answered + sum(each.misses for each in self.by_type.values())
        return 100 * answered / reads if reads else 0.0

    @property
    def utilisation(self) -> float | None:
        """Share of the time of all workers' processes that was spent on tasks lately; None before a worker reported."""
        told = [worker for worker in self.workers if worker.get("busy") is not None]
        processes = sum(int(worker["processes"]) for worker in told)
        return sum(worker["busy"] * worker["processes"] for worker in told) / processes if processes else None

    @property
    def total_requests(self) -> int:
        """Reads of all types."""
        return sum(each.hits + each.stale_hits + each.misses for each in self.by_type.values())


def percentile_seconds(durations: Mapping[int, int], *, share: float) -> float | None:
    """The time that ``share`` of the computations took at most, from their counts by class; None without any."""
    rank = share * sum(durations.values())
    before = 0
    for number, count in sorted(durations.items()):
        if before + count >= rank and count:
            return float(2 ** ((number + (rank - before) / count) / CLASSES_PER_DOUBLING)) / 1000
        before += count
    return None


def waiting_tasks(cache: Cache, catalogue: Catalogue) -> Mapping[Queue, Mapping[str, int]]:
    """How many tasks have not begun, by queue and task type; only what is there."""
    pairs = [(queue, row.name) for queue in Queue for row in catalogue]
    with reaching_cache(), cache.client.pipeline(transaction=False) as pipe:
        for queue, name in pairs:
            pipe.zcard(f"pc:q:{queue.label}:{name}")
        counts = pipe.execute()
    waiting: dict[Queue, dict[str, int]] = {queue: {} for queue in Queue}
    for (queue, name), count in zip(pairs, counts, strict=True):
        if count:
            waiting[queue][name] = count
    return waiting


def measure(cache: Cache, catalogue: Catalogue, *, counters: Mapping[str, int] | None = None) -> Measures:
    """Everything at once; the cost depends on the catalogue, not on what is stored.

    Args:
        cache: Where it is counted.
        catalogue: The task types in force.
        counters: As :func:`precompute.processes.counted` told them just now, where somebody asked already.
    """
    if counters is None:
        counters = counted(cache)
    waiting = waiting_tasks(cache, catalogue)
    durations, waits = _classes(counters, "took"), _classes(counters, "waited")
    return Measures(
        by_type={row.name: _of_type(counters, row.name, durations.get(row.name, {})) for row in catalogue},
        checks={each: _checks(counters, each) for each in Subject},
        waits={
            each: Waits(classes=waits.get(each.label, {}), total_ms=counters.get(f"waited_ms:{each.label}", 0))
            for each in Queue
        },
        waiting=waiting,
        oldest_waiting_seconds=_oldest(cache, waiting),
        workers=running_workers(cache),
        callbacks={outcome: counters.get(f"callbacks:{outcome}", 0) for outcome in CALLBACKS},
    )


def running_workers(cache: Cache) -> tuple[Mapping[str, Any], ...]:
    """The latest reports of the workers that still report: ``{name, processes, queues, busy, at}``."""
    with reaching_cache():
        reports = [_read(report) for report in cache.client.hvals(WORKERS_KEY)]
    limit = cache.clock().timestamp() - 3 * REPORT_EVERY_S
    return tuple(sorted((r for r in reports if r["at"] >= limit), key=lambda r: str(r["name"])))


def lost_workers(cache: Cache) -> tuple[Mapping[str, Any], ...]:
    """The last reports of those that ended without a word within :data:`LOST_AFTER`."""
    with reaching_cache():
        reports = [_read(report) for report in cache.client.hvals(WORKERS_KEY)]
    now = cache.clock().timestamp()
    late, gone = now - 3 * REPORT_EVERY_S, now - LOST_AFTER.total_seconds()
    return tuple(report for report in reports if gone <= report["at"] < late)


def report_worker(cache: Cache, *, name: str, processes: int, queues: list[str], busy: float | None = None) -> None:
    """Say that a worker is running.

    Args:
        cache: Where it is said.
        name: Of the worker.
        processes: How many compute.
        queues: That it drains.
        busy: Share of its processes' time that was spent on tasks lately, 0 to 1; None when that is not known.
    """
    at = cache.clock().timestamp()
    report = {"name": name, "processes": processes, "queues": queues, "busy": busy, "at": at}
    with reaching_cache():
        cache.client.hset(WORKERS_KEY, name, orjson.dumps(report))


def _read(report: bytes) -> Mapping[str, Any]:
    """A report of this or another version: what that added is left out, what it lacks is unknown, as is its age."""
    told = orjson.loads(report)
    unknown = {"name": "", "processes": 0, "queues": [], "busy": None, "at": 0.0}
    return {name: told.get(name, default) for name, default in unknown.items()}


def forget_worker(cache: Cache, *, name: str) -> None:
    """Say that a worker has ended."""
    with reaching_cache():
        cache.client.hdel(WORKERS_KEY, name)


def forget_lost_workers(cache: Cache) -> int:
    """Forget workers that ended without a word, else each killed container's name would stay; how many there were."""
    limit = cache.clock().timestamp() - LOST_AFTER.total_seconds()
    with reaching_cache():
        reports = cache.client.hgetall(WORKERS_KEY)
        lost = [name for name, report in reports.items() if _read(report)["at"] < limit]
        if lost:
            cache.client.hdel(WORKERS_KEY, *lost)
    forget_lost_processes(cache)
    return len(lost)


def _classes(counters: Mapping[str, int], what: str) -> Mapping[str, Mapping[int, int]]:
    """Counts by class of duration, by what they are of."""
    by_name: dict[str, dict[int, int]] = {}
    for counter, count in counters.items():
        if counter.startswith(f"{what}:"):
            name, _, number = counter[len(what) + 1 :].rpartition(":")
            by_name.setdefault(name, {})[int(number)] = count
    return by_name


def _of_type(counters: Mapping[str, int], name: str, durations: Mapping[int, int]) -> TypeMeasures:
    return TypeMeasures(
        hits=counters.get(f"hit:{name}", 0),
        stale_hits=counters.get(f"stale:{name}", 0),
        misses=counters.get(f"miss:{name}", 0),
        computations=counters.get(f"runs:{name}", 0),
        failures=counters.get(f"failed:{name}", 0),
        rescued=counters.get(f"rescued:{name}", 0),
        leases_lost=counters.get(f"lease_lost:{name}", 0),
        expired=counters.get(f"expired:{name}", 0),
        total_ms=counters.get(f"ms:{name}", 0),
        durations=durations,
        refreshes={what: counters.get(f"refresh:{what}:{name}", 0) for what in REFRESHES},
    )


def _checks(counters: Mapping[str, int], subject: Subject) -> Checks:
    count, total_ms = (counters.get(f"refresh:{what}:{subject}", 0) for what in ("checks", "check_ms"))
    return Checks(count=count, total_ms=total_ms)


def _oldest(cache: Cache, waiting: Mapping[Queue, Mapping[str, int]]) -> Mapping[Queue, float]:
    now = cache.now_ms()
    pairs = [(queue, name) for queue, names in waiting.items() for name in names]
    with reaching_cache(), cache.client.pipeline(transaction=False) as pipe:
        for queue, name in pairs:
            pipe.zrange(f"pc:q:{queue.label}:{name}", 0, 0, withscores=True)
        firsts = pipe.execute()
    oldest: dict[Queue, float] = {}
    for (queue, _name), first in zip(pairs, firsts, strict=True):
        if first:
            oldest[queue] = max(oldest.get(queue, 0.0), (now - first[0][1]) / 1000)
    return oldest
