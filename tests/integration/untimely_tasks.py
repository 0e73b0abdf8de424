"""Task types that make nothing of their time limit, each in its way; named in PRECOMPUTE_PLUGINS of the worker."""

import contextlib
import itertools
import os
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from precompute.errors import UnusableSource
from precompute.events import UserLoggedIn
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes

_LONGER = 60


def _row(name: str) -> TaskType:
    return TaskType(
        name=name,
        subject=Subject.USER,
        on=UserLoggedIn,
        queue=Queue.LOGIN,
        ttl=timedelta(hours=1),
        # Long enough to strike within the computation, though on a busy machine a child takes seconds to get there.
        time_limit=timedelta(seconds=10),
    )


SWALLOWS = _row("swallows")
RENAMES = _row("renames")
COUNTS_NATIVELY = _row("counts_natively")

UNTIMELY = (COUNTS_NATIVELY, SWALLOWS, RENAMES)


@computes(SWALLOWS)
def swallows() -> Mapping[str, Any]:
    """Leaves out what it was at, as libraries do that go on whatever happens, and has half a result."""
    with contextlib.suppress(Exception):
        time.sleep(_LONGER)
    return {"whole": False}


@computes(RENAMES)
def renames() -> Mapping[str, Any]:
    """Takes whatever happens for the fault of what it reads."""
    try:
        time.sleep(_LONGER)
    except Exception as problem:
        raise UnusableSource("the video is broken", code="video_broken") from problem
    return {}


@computes(COUNTS_NATIVELY)
def counts_natively() -> Mapping[str, Any]:
    """For ever in C, and holds the interpreter: no signal, no heartbeat and no other thread has its turn."""
    os.nice(10)  # beside other tests; but a process that is killed needs its turn to end
    return {"sum": sum(itertools.repeat(0))}
