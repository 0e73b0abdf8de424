"""The task types of the chaos run: what each must give is known beforehand (benchmarks/chaos_truth.py).

They keep account of themselves on the cache's server: ``chaos:runs:<row>:<user>:<generation>`` counts executions.
"""

import os
import signal
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import redis

from precompute.errors import SourceUnavailable, UnusableSource
from precompute.events import UserLoggedIn
from precompute.job import Computed, Job
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes


def _row(name: str, *inputs: TaskType, queue: Queue = Queue.LOGIN, transient: bool = False) -> TaskType:
    return TaskType(
        name=f"chaos_{name}",
        subject=Subject.USER,
        on=None if transient else UserLoggedIn,
        queue=queue,
        ttl=timedelta(hours=2),
        inputs=inputs,
        time_limit=timedelta(seconds=60),
        transient=transient,
    )


QUICK = _row("quick")
RAW = _row("raw", queue=Queue.GENERAL, transient=True)
TOTAL = _row("total", QUICK, RAW, queue=Queue.VIDEO)
LAST = _row("last", TOTAL, queue=Queue.CAMPAIGN)
SLOW = _row("slow", queue=Queue.GENERAL)
SHAKY = _row("shaky", queue=Queue.BACKGROUND)
FAILING = _row("failing", queue=Queue.REFRESH)
AFTER_FAILING = _row("after_failing", FAILING)
POISON = _row("poison", queue=Queue.GENERAL)


@computes(QUICK)
def quick(*, job: Job) -> Mapping[str, Any]:
    """Twice the number."""
    _count(QUICK, job)
    return {"twice": 2 * _number(job), "generation": _generation(job)}


@computes(RAW)
def raw(*, job: Job) -> Computed:
    """Bytes that only the total reads."""
    _count(RAW, job)
    number = _number(job)
    return Computed(value={"number": number, "generation": _generation(job)}, parts={"numbers": bytes(number % 200)})


@computes(TOTAL)
def total(quick: Mapping[str, Any], raw: Mapping[str, Any], *, job: Job) -> Mapping[str, Any]:
    """Of both inputs; says of which generation each was."""
    _count(TOTAL, job)
    of = [quick["generation"], raw["generation"], _generation(job)]
    return {"total": quick["twice"] + raw["number"], "of": of}


@computes(LAST)
def last(total: Mapping[str, Any], *, job: Job) -> Mapping[str, Any]:
    """The end of the chain."""
    _count(LAST, job)
    return {"last": total["total"] + 1, "of": [*total["of"], _generation(job)]}


@computes(SLOW)
def slow(*, job: Job) -> Mapping[str, Any]:
    """Long enough to be killed in the middle."""
    _count(SLOW, job)
    time.sleep(0.2 + _number(job) % 7 / 10)
    return {"slow": _number(job), "generation": _generation(job)}


@computes(SHAKY)
def shaky(*, job: Job) -> Mapping[str, Any]:
    """Works at the second try."""
    if _count(SHAKY, job) < 2:
        raise SourceUnavailable("the source does not answer")
    return {"shaky": _number(job), "generation": _generation(job)}


@computes(FAILING)
def failing(*, job: Job) -> Mapping[str, Any]:
    """Cannot be had."""
    _count(FAILING, job)
    raise UnusableSource(f"there is no number {_number(job)}", code="no_such_number")


@computes(AFTER_FAILING)
def after_failing(failing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Never gets to run."""
    return dict(failing)


@computes(POISON)
def poison(*, job: Job) -> Mapping[str, Any]:
    """Ends its process every time."""
    _count(POISON, job)
    if _number(job):
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def runs_key(row: TaskType, *, user: str, generation: int) -> str:
    """Where it is counted how often a function was called."""
    return f"chaos:runs:{row.name}:{user}:{generation}"


def _number(job: Job) -> int:
    # What the service computes ahead of its own accord, when it warms up, knows of no number.
    return int(job.event.data.get("number", 0))


def _generation(job: Job) -> int:
    return int(job.event.data.get("generation", 0))


def _count(row: TaskType, job: Job) -> int:
    name = runs_key(row, user=job.event.subject_id, generation=_generation(job))
    try:
        with redis.Redis.from_url(job.settings.redis_url, socket_timeout=5) as client:
            count: Any = client.incr(name)
    except redis.RedisError as problem:
        raise SourceUnavailable("the account cannot be kept now") from problem
    return int(count)
