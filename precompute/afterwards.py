"""Work that nobody waits for: it is done after the answer, by one thread, and dropped where there is too much of it."""

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

from precompute.errors import PrecomputeError
from precompute.leaving import on_leaving

_log = logging.getLogger(__name__)

Item = TypeVar("Item")

MOST_WAITING = 10_000
"""Further items are dropped: seconds of work, and a few megabytes."""

AT_ONCE = 100
"""Items handed over together at most, so that a burst costs few round trips."""

ENDS_WITHIN = timedelta(seconds=2)
"""What waits when the process ends may take so long; the API is killed some seconds later."""


class Afterwards(Generic[Item]):
    """Hands items to ``work`` in the order in which they came, from a thread that starts with the first.

    Args:
        work: Takes some items. What it cannot do now (:class:`PrecomputeError`) is told in the log and not tried again.
        name: Of the thread, and in the log.
        gather: How long others may come that are handed over together with the first, where together they cost less.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], object], *, name: str, gather: timedelta = timedelta(0)
    ) -> None:
        self._work = work
        self._name = name
        self._gather_s = gather.total_seconds()
        self._waiting: queue.Queue[Item | None] = queue.Queue(MOST_WAITING)
        self._starting = threading.Lock()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._call_off: Callable[[], object] = lambda: None

    def put(self, items: Iterable[Item]) -> None:
        """Take items on; costs microseconds, and nothing fails."""
        dropped = 0
        for item in items:
            try:
                self._waiting.put_nowait(item)
            except queue.Full:
                dropped += 1
        if dropped:
            _log.warning("Work dropped", extra={"action": "afterwards_full", "what": self._name, "count": dropped})
        if not self._runs():
            self._start()

    def close(self, within: timedelta = ENDS_WITHIN) -> None:
        """Do what waits, and end the thread; an item that comes later starts another."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._call_off()
            self._hurry.set()
            self._waiting.put(None)
            thread.join(within.total_seconds())

    def _runs(self) -> bool:
        # Something that nobody foresaw ends the thread, once it is told on stderr: that must not end all work.
        return self._thread is not None and self._thread.is_alive()

    def _start(self) -> None:
        with self._starting:
            if not self._runs():
                # A daemon, since the interpreter waits for all others before it would ask this one to end.
                self._call_off()
                self._call_off = on_leaving(self.close)
                self._hurry = threading.Event()
                self._thread = threading.Thread(target=self._run, args=(self._hurry,), name=self._name, daemon=True)
                self._thread.start()

    def _run(self, hurry: threading.Event) -> None:
        ended = False
        while not ended:
            items = self._next(hurry)
            ended = None in items
            try:
                self._work([item for item in items if item is not None])
            except PrecomputeError as problem:
                extra = {"action": "afterwards_failed", "what": self._name, "code": problem.code, "count": len(items)}
                _log.warning("Work not done", extra=extra | {"reason": problem.message})

    def _next(self, hurry: threading.Event) -> list[Item | None]:
        items = [self._waiting.get()]
        if self._waiting.qsize() < AT_ONCE:
            # Not woken by each that comes: then this thread would ask for the interpreter, while callers are answered.
            hurry.wait(self._gather_s)
        while items[-1] is not None and len(items) < AT_ONCE:
            try:
                items.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return items
