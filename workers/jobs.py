"""What a compute function and its sources are given: the event, what is known, and where to look."""

from collections.abc import Callable, Mapping
from typing import Any

from precompute.errors import InputGone, SourceUnavailable
from precompute.events import Event
from precompute.job import Job
from precompute.recent import RecentActions
from precompute.subjects import CacheKey
from workers.binding import Binding
from workers.wiring import Engine


def job_of(event: Event, *, engine: Engine, report: Callable[[float], None]) -> Job:
    """The job of computing something for ``event`` now.

    Args:
        event: What it is computed for.
        engine: Of this process.
        report: Takes the share done, 0 to 1.
    """
    return Job(
        event=event,
        settings=engine.settings,
        at=engine.cache.clock(),
        facts=engine.facts,
        recent=RecentActions(engine.cache.client).history,
        predict=engine.predict,
        peek=lambda key: _peek(key, engine=engine),
        states=engine.ledger.records,
        report=report,
    )


def read_by(binding: Binding, job: Job) -> tuple[str, ...]:
    """What the sources of a row say now; an empty text stands for what is not declared or cannot be told now."""
    if binding.reads is None:
        return ("",)
    try:
        return tuple(source(job) for source in binding.reads)
    except SourceUnavailable:
        return ("",)


def _peek(key: CacheKey, *, engine: Engine) -> Mapping[str, Any] | None:
    try:
        return engine.cache.stored(key).value
    except InputGone:
        return None
