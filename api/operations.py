"""What the operations page shows, made once for all pages that are open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from typing import Any

import orjson

import precompute
from api.figures import metrics_figures
from api.progress import named_state
from api.readiness import checks
from api.sharing import Shared
from precompute.alerts import active_alerts
from precompute.catalogue import THUMBNAIL_GENERATION, Catalogue
from precompute.course import course
from precompute.entry import Entry
from precompute.errors import BadParameters, StoreUnavailable, UnknownPrecomputation
from precompute.events import event_if_known
from precompute.failures import Counts, Failure, failure_counts, failures_mark, latest_failures
from precompute.latest import Stored, latest
from precompute.precomputer import Precomputer
from precompute.queues import IN_DRAIN_ORDER
from precompute.sample import Sample, merged
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType

EVERY = timedelta(seconds=2)
"""How often an open page gets new figures."""

RANGES: Mapping[str, timedelta] = {
    "quarter": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
"""Stretches of the past that the page can show."""

COURSE_EVERY = timedelta(seconds=5)
"""How old the shown past may be: half of its finest step."""

_LISTED = 20
"""Failures and results that the page lists."""

_METRICS = (
    *("cache_hit_rate", "total_requests", "computations", "memory", "usefulness", "prediction_accuracy", "warm_up"),
    *("workers", "workers_running", "worker_utilisation", "oldest_waiting_seconds"),
)
_COLUMNS = ("hits", "stale_hits", "misses", "computations", "failures", "busy", "seconds")
_OF_TYPE = ("hits", "stale_hits", "misses", "computations", "failures", "used", "unused")


class Operations:
    """What is told to every open page of this process.

    Args:
        engine: Whose doings they are.
    """

    def __init__(self, engine: Precomputer) -> None:
        self._engine = engine
        counted = _Counted(engine)
        self.figures = Shared(lambda: _json(_figures(engine, counted)), every=EVERY)
        self._courses = {
            name: Shared(partial(_course_json, engine, since), every=COURSE_EVERY) for name, since in RANGES.items()
        }

    def first(self) -> bytes:
        """What a page shows as it opens: the figures now, and the last hour unless the cache is away."""
        figures = self.figures.now()
        try:
            hour = self._courses["hour"].now()
        except StoreUnavailable:
            hour = b"null"
        return b'{"figures":%b,"course":%b}' % (figures, hour)

    def course(self, name: str) -> bytes:
        """The past of that range, as columns for charts and sums by task type.

        Raises:
            BadParameters: There is no such range.
            StoreUnavailable: The cache cannot be reached.
        """
        if name not in self._courses:
            flaw = f"must be one of {', '.join(RANGES)}"
            raise BadParameters(f"range {flaw}", fields={"range": [flaw]})
        return self._courses[name].now()

    def results(self, ref: SubjectRef) -> bytes:
        """Everything there is about a subject; looking at it counts as no read.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        records = self._engine.status(ref)
        found = [self._engine.cache.read(record.key, counted=False) for record in records]
        tasks = [
            {**named_state(record), "entry": _entry(one) if isinstance(one, Entry) else None}
            for record, one in zip(records, found, strict=True)
        ]
        about = _about(self._engine, [one.key for one in found if isinstance(one, Entry)])
        return _json({"subject": ref.subject, "id": ref.id, "about": about, "tasks": tasks})

    def still(self, video_id: str, rank: str) -> bytes:
        """One of a video's stills as JPEG; looking at it counts as no read either.

        Raises:
            UnknownPrecomputation: There is none of that rank now.
            StoreUnavailable: The cache cannot be reached.
        """
        key = THUMBNAIL_GENERATION.key_for(SubjectRef(subject=Subject.VIDEO, id=video_id))
        image = self._engine.cache.read_part(key, f"{rank}.jpg")
        if image is None:
            raise UnknownPrecomputation(f"{key} has no still {rank} in the cache")
        return image


class _Counted:
    """How many tasks have failed, counted anew only when that has changed: up to ten thousand are looked at."""

    def __init__(self, engine: Precomputer) -> None:
        self._engine = engine
        self._mark: tuple[object, ...] | None = None
        self._counts: Mapping[str, Counts] = {}

    def now(self) -> Mapping[str, Counts]:
        """By task type.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        mark = failures_mark(self._engine.cache)
        if mark != self._mark:
            self._counts, self._mark = failure_counts(self._engine.cache, self._engine.catalogue), mark
        return self._counts


def in_order(catalogue: Catalogue) -> list[TaskType]:
    """The served task types as the page lists them: of videos, of campaigns, of users."""
    return sorted(catalogue.served(), key=lambda row: tuple(Subject).index(row.subject))


def _figures(engine: Precomputer, failed: _Counted) -> dict[str, Any]:
    told = {"at": engine.cache.clock(), "version": precompute.__version__}
    try:
        return {**told, "checks": checks(engine), **_counted(engine, failed)}
    except StoreUnavailable as outage:
        return {**told, "checks": {"cache": outage.message}}


def _counted(engine: Precomputer, failed: _Counted) -> dict[str, Any]:
    metrics = metrics_figures(engine)
    waiting, served = engine.measures().waiting, {row.name for row in engine.catalogue.served()}
    return {
        **{name: metrics[name] for name in _METRICS},
        "computations": {name: n for name, n in metrics["computations"].items() if name in served},
        "waiting": [
            {"queue": queue.label, "types": {name: n for name, n in waiting[queue].items() if name in served}}
            for queue in IN_DRAIN_ORDER
        ],
        "alerts": active_alerts(engine.cache),
        "failures": [_flat(one) for one in latest_failures(engine.cache, engine.catalogue, most=_LISTED)],
        "failure_counts": failed.now(),
        "latest": [_flat(one) for one in latest(engine.cache, most=_LISTED)],
    }


def _flat(one: Failure | Stored) -> dict[str, Any]:
    told = {field.name: getattr(one, field.name) for field in fields(one)}
    return {**told, "key": str(one.key), "subject": one.key.ref.subject, "id": one.key.ref.id}


def _course(engine: Precomputer, *, since: timedelta) -> dict[str, Any]:
    steps = _of_served(course(engine.cache, since=since), engine.catalogue)
    whole = merged(steps) if steps else Sample(at=engine.cache.clock(), seconds=0.0)
    return {
        "now": engine.cache.clock().timestamp(),
        "range_seconds": since.total_seconds(),
        "at": [step.at.timestamp() for step in steps],
        **{name: [getattr(step, name) for step in steps] for name in _COLUMNS},
        "waiting": {queue.label: [step.waiting.get(queue.label, 0) for step in steps] for queue in IN_DRAIN_ORDER},
        "types": [{"name": row.name, **_of_type(whole, row.name)} for row in in_order(engine.catalogue)],
    }


def _of_served(steps: Iterable[Sample], catalogue: Catalogue) -> list[Sample]:
    """Without what only feeds other results: people count six results of a video, not what it was taken apart into."""
    served = {row.name for row in catalogue.served()}
    return [replace(step, counts={name: of for name, of in step.counts.items() if name in served}) for step in steps]


def _course_json(engine: Precomputer, since: timedelta) -> bytes:
    return _json(_course(engine, since=since))


def _of_type(whole: Sample, name: str) -> dict[str, Any]:
    counts = whole.counts.get(name, {})
    return {
        **{word: counts.get(word, 0) for word in _OF_TYPE},
        "median": whole.percentile_seconds(name, share=0.5),
        "p95": whole.percentile_seconds(name, share=0.95),
    }


def _entry(found: Entry) -> dict[str, Any]:
    return {
        "result": orjson.Fragment(found.body),
        "etag": found.etag,
        "computed_at": found.computed_at,
        "stale": found.stale,
        "stale_at": None if found.stale else found.stale_at,
    }


def _about(engine: Precomputer, keys: Sequence[CacheKey]) -> dict[str, Any]:
    """Whose the subject is and what it is called, from what one of its results was computed for."""
    for key in keys:
        origin = engine.cache.origin(key)
        event = None if origin is None else event_if_known(origin.event)
        if event is not None and event.subject_id == key.ref.id:
            title = next((event.data[name] for name in ("title", "name") if event.data.get(name)), None)
            return {"user_id": event.user_id, "title": None if title is None else str(title)}
    return {"user_id": None, "title": None}


def _json(told: Mapping[str, Any]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_UTC_Z)
