"""What is watched: readings of the queues, the reads, the workers and the rest, each from what is counted anyway."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.course import FINE_FOR, lately
from precompute.follow_up import DAY, accuracy
from precompute.hysteresis import Reading
from precompute.measures import REFRESHES, lost_workers, running_workers, waiting_tasks
from precompute.queues import IN_DRAIN_ORDER
from precompute.sample import Sample
from precompute.scripts import reaching_cache
from precompute.settings.watching import Watching

SLOW_SHARE = 0.95
"""A type is slow when more than one computation in twenty takes longer than its threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The memory of a server that evicts nothing, bytes."""

    used: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the engine cannot see by itself.

    Attributes:
        broker_answers: Whether it does.
        beat_runs: Whether it gave a sign of life lately; None when nobody can tell.
        memory: By server (``cache``, ``broker``), of those that evict nothing and have a limit.
    """

    broker_answers: bool
    beat_runs: bool | None
    memory: Mapping[str, Memory]


def readings(
    cache: Cache, catalogue: Catalogue, *, settings: Watching, surroundings: Surroundings
) -> Iterator[Reading]:
    """Everything that is watched, as it is now; the cost depends on the catalogue, not on what is stored.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    sample = lately(cache, within=settings.alert_window)
    yield _queue(cache, catalogue, settings)
    yield _hit_rate(sample, settings)
    for row in catalogue:
        yield _slow(sample, row.name, settings, threshold=row.slow)
        yield _failing(sample, row.name, settings)
    yield _set_aside(cache)
    yield _workers(cache, settings)
    yield _predictions(cache, settings)
    yield _overdue(cache, settings)
    yield _refused(sample, settings)
    yield _beat(surroundings)
    yield _broker(surroundings)
    yield from (_memory(server, memory, settings) for server, memory in surroundings.memory.items())


def _queue(cache: Cache, catalogue: Catalogue, settings: Watching) -> Reading:
    by_queue = {
        queue.label: sum(names.values()) for queue, names in waiting_tasks(cache, Catalogue(catalogue.served())).items()
    }
    waiting, limit = sum(by_queue.values()), settings.alert_queue
    fullest = max(by_queue, key=lambda label: by_queue[label])
    told = f"{waiting} tasks wait, {by_queue[fullest]} of them on the queue {fullest}; the limit is {limit}."
    return _reading("queue_backlog", waiting, limit, well=0.8 * limit, summary=told)


def _hit_rate(sample: Sample | None, settings: Watching) -> Reading:
    rate = None
    if sample is not None and sample.reads >= settings.alert_least_reads and sample.hit_rate is not None:
        rate = round(100 * sample.hit_rate, 2)
    limit = settings.alert_hit_rate
    reads = 0 if sample is None else sample.reads
    told = f"{_number(rate)} % of the last {reads} reads found a result; it should be {limit} %."
    well = limit + (100 - limit) / 4
    return _reading("low_hit_rate", rate, limit, well=well, summary=told, low=True)


def _slow(sample: Sample | None, name: str, settings: Watching, *, threshold: timedelta) -> Reading:
    seconds = None
    if sample is not None and _computed(sample, name) >= settings.alert_least_computations:
        seconds = sample.percentile_seconds(name, share=SLOW_SHARE)
    limit = threshold.total_seconds()
    told = f"One computation in twenty of {name} takes {_number(seconds)} s or longer; {_number(limit)} s is slow."
    seconds = None if seconds is None else round(seconds, 3)
    return _reading("slow_processing", seconds, limit, well=0.8 * limit, summary=told, task_type=name)


def _failing(sample: Sample | None, name: str, settings: Watching) -> Reading:
    failed = 0 if sample is None else sample.counts.get(name, {}).get("failures", 0)
    ended = failed + (0 if sample is None else _computed(sample, name))
    percent = round(100 * failed / ended, 2) if ended >= settings.alert_least_computations else None
    limit = settings.alert_failed
    told = (
        f"{failed} of the last {ended} tasks of {name} failed ({_number(percent)} %); more than {limit} % is too many."
    )
    return _reading("tasks_failing", percent, limit, well=limit / 2, summary=told, task_type=name)


def _set_aside(cache: Cache) -> Reading:
    with reaching_cache():
        count = int(cache.client.zcount("pc:aside", cache.now_ms(), "+inf"))
    told = f"{count} tasks ended their workers three times and are set aside; retry or drop them (precompute failed)."
    return _reading("tasks_set_aside", count, 0, well=0, summary=told)


def _workers(cache: Cache, settings: Watching) -> Reading:
    running, lost = running_workers(cache), lost_workers(cache)
    hour = lately(cache, within=FINE_FOR)
    most = len(running) if hour is None else max(hour.workers, len(running))
    # A container that was killed and replaced has another name: as many as before run, so none is missing.
    expected = settings.alert_workers or len(running) + min(len(lost), most - len(running))
    drained = {queue for worker in running for queue in worker["queues"]}
    left = [queue.label for queue in IN_DRAIN_ORDER if queue.label not in drained]
    if left:
        expected = max(expected, len(running) + 1)
    told = f"{len(running)} of {expected} workers run." if running else "No worker runs: nothing is computed."
    if len(running) < expected and lost:
        told += f" Not heard of lately: {', '.join(sorted(str(worker['name']) for worker in lost)[:5])}."
    if running and left:
        told += f" Nobody drains {', '.join(left)}."
    return _reading("workers_missing", len(running), expected, well=expected, summary=told, low=True)


def _predictions(cache: Cache, settings: Watching) -> Reading:
    """The model against the plain guess of the same actions.

    They differ on a quarter of the actions at most, as a rule; then two standard errors of the difference of their
    shares are ``2 * sqrt(1/4) / sqrt(n)``, and what is worse by more is no accident.
    """
    found = accuracy(cache, window=DAY).all
    known = found.followed >= settings.alert_least_followed and None not in (found.top_1, found.plain_top_1)
    right, plainly = round(100 * (found.top_1 or 0.0), 2), round(100 * (found.plain_top_1 or 0.0), 2)
    by_accident = 100 / found.followed**0.5 if known else 0.0
    told = (
        f"Of {found.followed} predictions of the last day {_number(right)} % were right; what each user did most often "
        f"so far would have been right in {_number(plainly)} %."
    )
    limit = round(plainly - by_accident, 2)
    return _reading("predictions_worse", right if known else None, limit, well=plainly, summary=told, low=True)


def _overdue(cache: Cache, settings: Watching) -> Reading:
    with reaching_cache():
        first: Any = cache.client.zrange("pc:due", 0, 0, withscores=True)
    seconds = round(max(0.0, (cache.now_ms() - first[0][1]) / 1000), 1) if first else 0.0
    limit = settings.alert_overdue.total_seconds()
    told = f"The refresh that has been due for longest is {_number(seconds)} s late; {_number(limit)} s are too many."
    return _reading("refreshes_behind", seconds, limit, well=limit / 2, summary=told, why="overdue")


def _refused(sample: Sample | None, settings: Watching) -> Reading:
    counts = {word: 0 if sample is None else sample.total(f"refresh:{word}") for word in REFRESHES}
    left = counts["refused"] + counts["expired"]
    asked = counts["queued"] + counts["refused"]
    known = asked >= settings.alert_least_computations
    percent = round(100 * min(1.0, left / asked), 2) if known else None
    limit = settings.alert_refused
    told = (
        f"{left} of {asked} refreshes were put off or dropped ({_number(percent)} %); more than {limit} % is too many."
    )
    return _reading("refreshes_behind", percent, limit, well=limit / 2, summary=told, why="refused")


def _beat(surroundings: Surroundings) -> Reading:
    silent = None if surroundings.beat_runs is None else float(not surroundings.beat_runs)
    told = (
        "Beat gives no sign of life: nothing is refreshed, swept, or written to the database."
        if silent
        else "Beat runs."
    )
    return _reading("beat_silent", silent, 0, well=0, summary=told)


def _broker(surroundings: Surroundings) -> Reading:
    away = not surroundings.broker_answers
    told = "The broker does not answer: nothing can be queued." if away else "The broker answers."
    return _reading("broker_down", float(away), 0, well=0, summary=told)


def _memory(server: str, memory: Memory, settings: Watching) -> Reading:
    percent, limit = round(100 * memory.used / memory.most, 2), settings.alert_memory
    told = (
        f"The server of the {server} has {_number(percent)} % of its memory in use and evicts nothing: "
        "once it is full, nothing more can be written."
    )
    return _reading("memory_full", percent, limit, well=max(0, limit - 5), summary=told, server=server)


def _computed(sample: Sample, name: str) -> int:
    return sample.counts.get(name, {}).get("computations", 0)


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _reading(
    name: str, value: float | None, limit: float, *, well: float, summary: str, low: bool = False, **labels: str
) -> Reading:
    return Reading(name=name, threshold=limit, well=well, value=value, summary=summary, labels=labels, low=low)
