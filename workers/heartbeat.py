"""Signs of life of a computation, while native code keeps its main thread busy."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from types import TracebackType

from precompute.errors import StoreUnavailable
from precompute.ledger import Ledger
from precompute.subjects import CacheKey

_log = logging.getLogger(__name__)

MOST_AT_ONCE = 256
"""Computations of one process, should its pool be one of threads."""

_TICK_S = 0.25
"""Progress is passed on at most this often."""


@cache
def _threads() -> ThreadPoolExecutor:
    # One serves a process that computes one result at a time: to start a thread for each would cost 0.2 ms.
    return ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="precompute-heartbeat")


class Heartbeat:
    """Extends a lease three times within its length, and passes progress on; a context manager.

    Args:
        ledger: Where the lease is.
        key: Of the computation.
        owner: The token that holds the lease.
        lease: Its length.
    """

    def __init__(self, ledger: Ledger, *, key: CacheKey, owner: str, lease: timedelta) -> None:
        self._ledger = ledger
        self._key = key
        self._owner = owner
        self._lease = lease
        self._progress: float | None = None
        self._ended = threading.Event()

    def report(self, share: float) -> None:
        """Note how much is done, 0 to 1; cheap enough for every frame."""
        self._progress = min(max(share, 0.0), 1.0)

    def __enter__(self) -> "Heartbeat":
        _threads().submit(self._beat)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What it may be about to extend belongs to its owner alone; there is nothing to wait for.
        self._ended.set()

    def _beat(self) -> None:
        every = self._lease.total_seconds() / 3
        last = time.monotonic()
        shown: float | None = None
        while not self._ended.wait(_TICK_S):
            progress = self._progress
            if progress == shown and time.monotonic() - last < every:
                continue
            try:
                if not self._ledger.extend(self._key, owner=self._owner, lease=self._lease, progress=progress):
                    return
            except StoreUnavailable:
                # The lease may outlast the cache's absence; if not, storing will find out.
                _log.warning("Sign of life not delivered", extra={"action": "heartbeat_failed", "key": str(self._key)})
            except Exception:
                # Whatever it is: without signs of life the lease is lost, and the work of minutes with it.
                _log.exception("Sign of life failed", extra={"action": "heartbeat_broke", "key": str(self._key)})
            last, shown = time.monotonic(), progress
