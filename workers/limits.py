"""What a process that computes may take of the machine."""

import logging
import os
import resource
import sys
from typing import Any

from celery import signals

from precompute.settings import Settings

_log = logging.getLogger(__name__)

_BYTES = 1_000_000


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


def connect() -> None:
    """Bound every child that starts in this worker."""

    def started(**_: Any) -> None:
        bound_memory(Settings.from_environ(os.environ).child_memory_mb)

    signals.worker_process_init.connect(started, weak=False)
