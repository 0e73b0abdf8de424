"""What a process that computes may take of the machine, and of time."""

import ctypes
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

from celery import signals
from celery.exceptions import SoftTimeLimitExceeded

from precompute.settings import Settings

_log = logging.getLogger(__name__)

_BYTES = 1_000_000

SOFT_LIMIT = signal.SIGUSR1
"""What a worker sends to a child of which a task has reached its soft time limit."""


def bound_memory(megabytes: int) -> bool:
    """Have this process refused memory beyond so much; whether that is so from now on.

    Counted is what it may write to and shares with nobody (``RLIMIT_DATA``), which the kernel counts as it is asked for
    it: a runaway is refused at once, while Celery's own limit looks between tasks only. The address space
    (``RLIMIT_AS``) would be several times as large as what is used, as libraries reserve without using. Whoever is
    refused gets a :class:`MemoryError`, or in native code whatever its author makes of it, and may end the process.

    Args:
        megabytes: 0 for no bound.
    """
    # Only Linux counts more than the heap proper.
    if not megabytes or not sys.platform.startswith("linux"):
        return False
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * _BYTES
    # Somebody outside may have set a lower bound, which cannot be raised.
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    return True


def give_memory_back() -> bool:
    """Return to the machine what this process has freed but keeps for later; whether the C library can (glibc does).

    After ten videos 385 to 420 MB are left of 500 to 700, as threads that decode leave holes in heaps of their own. It
    takes 1 to 14 ms.
    """
    trim = _trim()
    return trim is not None and bool(trim(0))


@cache
def _trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


@contextmanager
def time_limit_told() -> Iterator[None]:
    """Ends as out of time when the soft limit struck within, whatever became of it there.

    Celery raises it in the midst of whatever runs. A library that catches everything there makes it a failure of its
    own, or goes on without the piece it was at: that must be stored neither as a result nor as the fault of a video.
    Native code that hears nothing, and what goes on all the same, meets the hard limit.

    Raises:
        SoftTimeLimitExceeded: The limit struck; instead of whatever else was raised.
    """
    if threading.current_thread() is not threading.main_thread():
        # Signals reach the main thread alone; no worker of ours computes elsewhere.
        yield
        return
    struck = False

    def strike(number: int, frame: FrameType | None) -> None:
        nonlocal struck
        struck = True
        raise SoftTimeLimitExceeded

    before = signal.signal(SOFT_LIMIT, strike)
    try:
        yield
    finally:
        signal.signal(SOFT_LIMIT, before)
        if struck:
            raise SoftTimeLimitExceeded


def connect() -> None:
    """Bound every child that starts in this worker."""

    def started(**_: Any) -> None:
        bound_memory(Settings.from_environ(os.environ).child_memory_mb)

    signals.worker_process_init.connect(started, weak=False)
