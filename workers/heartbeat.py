"""Signs of life of a computation, while native code keeps its main thread busy."""

import logging
import threading
import time
from datetime import timedelta
from functools import cache
from types import TracebackType

from precompute.errors import StoreUnavailable
from precompute.ledger import Ledger
from precompute.subjects import CacheKey
from precompute.trouble import Trouble

_log = logging.getLogger(__name__)

_TICK_S = 0.25
"""Progress is passed on at most this often."""


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
        self._every_s = lease.total_seconds() / 3
        self._progress: float | None = None
        self._told: float | None = None
        self._told_at = 0.0
        self._trouble = Trouble(_log, "Sign of life failed", action="heartbeat_broke", key=str(key))

    def report(self, share: float) -> None:
        """Note how much is done, 0 to 1; cheap enough for every frame."""
        self._progress = min(max(share, 0.0), 1.0)

    def __enter__(self) -> "Heartbeat":
        self._told_at = time.monotonic()
        _pulse().add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What it may be about to extend belongs to its owner alone; there is nothing to wait for.
        _pulse().remove(self)

    def beat(self) -> bool:
        """Give a sign of life if it is time for one; False when the lease is lost, and none is wanted any more."""
        progress = self._progress
        if progress == self._told and time.monotonic() - self._told_at < self._every_s:
            return True
        held = True
        try:
            held = self._ledger.extend(self._key, owner=self._owner, lease=self._lease, progress=progress)
            self._trouble.over()
        except StoreUnavailable:
            # The lease may outlast the cache's absence; if not, storing will find out.
            _log.warning("Sign of life not delivered", extra={"action": "heartbeat_failed", "key": str(self._key)})
        except Exception as problem:  # noqa: BLE001 - a thread that must not end
            # Without signs of life the lease is lost, and the work of minutes with it.
            self._trouble.met(problem)
        self._told, self._told_at = progress, time.monotonic()
        return held


class _Pulse:
    """One thread for all computations of a process; it sleeps while there are none.

    A thread woken by each task cost 0.2 ms of the 0.9 ms that a task took of its process, as the two took turns on
    Python's lock.
    """

    def __init__(self) -> None:
        self._beating: set[Heartbeat] = set()
        self._wanted = threading.Event()
        threading.Thread(target=self._run, name="precompute-heartbeat", daemon=True).start()

    def add(self, heartbeat: Heartbeat) -> None:
        self._beating.add(heartbeat)
        if not self._wanted.is_set():
            self._wanted.set()

    def remove(self, heartbeat: Heartbeat) -> None:
        self._beating.discard(heartbeat)

    def _run(self) -> None:
        while True:
            time.sleep(_TICK_S)
            # Copied at one go: computations come and go meanwhile.
            for heartbeat in tuple(self._beating):
                if not heartbeat.beat():
                    self._beating.discard(heartbeat)
            if not self._beating:
                self._wanted.clear()
                # One may have come just before.
                if not self._beating:
                    self._wanted.wait()


@cache
def _pulse() -> _Pulse:
    return _Pulse()
