"""Task types that cost nothing and misbehave on purpose; named in PRECOMPUTE_PLUGINS of the workers under test.

They keep account of themselves on the cache's server: ``test:runs:<name>:<user>`` counts executions,
``test:pid:<name>:<user>`` lists their processes, ``test:go:<user>`` is a list that lets a slow one go on.
"""

import os
import signal
from collections.abc import Mapping
from typing import Any

import redis
from login_rows import login_row

from precompute.errors import SourceUnavailable, UnusableSource
from precompute.job import Job
from workers.binding import computes

QUICK = login_row("quick")
SLOW = login_row("slow")
FOLLOWER = login_row("follower", QUICK, SLOW)
LAST = login_row("last", FOLLOWER)
UNUSABLE = login_row("unusable")
AFTER_UNUSABLE = login_row("after_unusable", QUICK, UNUSABLE)
SHAKY = login_row("shaky")
BROKEN = login_row("broken")
DEADLY = login_row("deadly")
MORTAL = login_row("mortal")
# Long enough to be within the computation where a machine has much to do.
ENDLESS = login_row("endless", seconds=4)
GLANCE = login_row("glance", needed_for=("glance",))


@computes(QUICK)
def quick(*, job: Job) -> Mapping[str, Any]:
    """A sum."""
    return {"sum": sum(job.event.data.get("numbers", [])), "run": _count("quick", job)}


@computes(SLOW)
def slow(*, job: Job) -> Mapping[str, Any]:
    """Takes as long as the test likes."""
    run = _count("slow", job)
    _client(job).blpop(f"test:go:{job.event.subject_id}", timeout=60)
    return {"run": run}


@computes(FOLLOWER)
def follower(quick: Mapping[str, Any], slow: Mapping[str, Any], *, job: Job) -> Mapping[str, Any]:
    """Needs both."""
    return {"sum": quick["sum"], "slow_run": slow["run"], "run": _count("follower", job)}


@computes(LAST)
def last(follower: Mapping[str, Any], *, job: Job) -> Mapping[str, Any]:
    """The end of the chain."""
    return {"sum": follower["sum"], "run": _count("last", job)}


@computes(UNUSABLE)
def unusable(*, job: Job) -> Mapping[str, Any]:
    """Will never do."""
    _count("unusable", job)
    raise UnusableSource("that is not a video", code="not_a_video")


@computes(AFTER_UNUSABLE)
def after_unusable(quick: Mapping[str, Any], unusable: Mapping[str, Any]) -> Mapping[str, Any]:
    """Never gets to run."""
    return {"sum": quick["sum"], **unusable}


@computes(SHAKY)
def shaky(*, job: Job) -> Mapping[str, Any]:
    """Works at the third try."""
    run = _count("shaky", job)
    if run < 3:
        raise SourceUnavailable("the source does not answer")
    return {"run": run}


@computes(BROKEN)
def broken(*, job: Job) -> Mapping[str, Any]:
    """A mistake of its author's."""
    return {"share": _count("broken", job) / 0}


@computes(DEADLY)
def deadly(*, job: Job) -> Mapping[str, Any]:
    """Ends its process every time, as native code does that runs out of memory."""
    _count("deadly", job)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@computes(MORTAL)
def mortal(*, job: Job) -> Mapping[str, Any]:
    """Ends its process the first time."""
    run = _count("mortal", job)
    if run == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"run": run}


@computes(ENDLESS)
def endless(*, job: Job) -> Mapping[str, Any]:
    """Goes on beyond its limit, in small steps as Python code does."""
    _count("endless", job)
    while True:
        _client(job).blpop("test:never", timeout=1)


@computes(GLANCE)
def glance(*, job: Job) -> Mapping[str, Any]:
    """What somebody looks at who does "glance"."""
    return {"run": _count("glance", job)}


def _count(name: str, job: Job) -> int:
    # In one step: a test that has seen the process may kill it at once, and the run must be counted by then.
    with _client(job) as client, client.pipeline(transaction=True) as pipe:
        pipe.rpush("test:order", f"{name}:{job.event.subject_id}")
        pipe.rpush(f"test:pid:{name}:{job.event.subject_id}", os.getpid())
        pipe.incr(f"test:runs:{name}:{job.event.subject_id}")
        run: Any = pipe.execute()[-1]
    return int(run)


def _client(job: Job) -> "redis.Redis":
    return redis.Redis.from_url(job.settings.redis_url, socket_timeout=None, retry=None)
