"""Keeps programs running together, and ends every one of them on the way out."""

import signal
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import Any, Self

from api.stack.child import Child, Program
from api.stack.errors import CannotStart
from api.stack.output import SYSTEM, Output
from api.stack.watchdog import Watchdog

GRACE = timedelta(seconds=15)
"""Between asking the programs to end and killing them. The soft shutdown of the workers
(``worker_soft_shutdown_timeout``) must be a good deal shorter, for they give back what is left only then."""

SETTLED = timedelta(seconds=10)
"""A program that ends sooner than this after its first start would only do so again: the stack gives up. One that has
run longer before is started again each time, for what ends it may pass: a broker that is away, a full disk."""

PAUSE = timedelta(seconds=2)
"""Before a program is started again that ended just after its start."""

ONE_WISH = timedelta(seconds=1)
"""Signals this close together are one wish to stop: make passes on a SIGTERM that the whole group had already."""

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK_SECONDS = 0.1


class Supervisor:
    """Programs that live and end together. A context manager: leaving it leaves no process behind.

    The programs that were started first end last, for the others need them. A signal asks the stack to stop; another
    one cuts the grace short.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        output: Output,
        watchdog: Watchdog,
        grace: timedelta = GRACE,
        settled: timedelta = SETTLED,
        pause: timedelta = PAUSE,
    ) -> None:
        self._grace = grace
        self._settled = settled
        self._pause = pause
        self._environ = environ
        self._output = output
        self._watchdog = watchdog
        self._children: list[list[Child]] = []
        self._proven: set[str] = set()
        self._due_at: dict[Child, float] = {}
        self._events: SimpleQueue[Child | int] = SimpleQueue()
        self._asked_at: float | None = None
        self._hurried = False
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._former = {number: signal.signal(number, self._on_signal) for number in _STOPPING}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for stage in reversed(self._children):
            self._end(stage)
        self._watchdog.dismiss()
        for number, handler in self._former.items():
            signal.signal(number, handler)

    @property
    def asked_to_stop(self) -> bool:
        """Whether a signal came."""
        return self._asked_at is not None

    def start(self, *programs: Program) -> None:
        """Start programs that may need those started before, and are needed by those started later.

        Raises:
            CannotStart: A command is not to be had.
        """
        stage: list[Child] = []
        self._children.append(stage)
        for program in programs:
            stage.append(self._run(program))

    def keep_until(self, done: Callable[[], bool], *, within: timedelta | None = None) -> bool:
        """Keep the programs running until ``done()``.

        Returns:
            What ``done()`` said last: False when a signal came first, or the time was up.

        Raises:
            CannotStart: A program ended just after its first start; the message holds its last lines.
        """
        deadline = None if within is None else time.monotonic() + within.total_seconds()
        while not (finished := done()) and not self.asked_to_stop:
            if deadline is not None and time.monotonic() > deadline:
                break
            event = self._next_event()
            if isinstance(event, Child):
                self._replace(event)
            self._start_what_is_due()
        return finished

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # SimpleQueue.put may be called from a signal handler; a lock-based queue might wait for itself.
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif now - self._asked_at > ONE_WISH.total_seconds():
            self._hurried = True
        self._events.put(number)

    def _next_event(self) -> Child | int | None:
        try:
            return self._events.get(timeout=_TICK_SECONDS)
        except Empty:
            return None

    def _run(self, program: Program) -> Child:
        try:
            child = Child(program, environ=self._environ, on_line=self._output.line, on_end=self._events.put)
        except OSError as problem:
            raise CannotStart(f"{program.name} cannot be started: {problem}") from problem
        self._watchdog.tell(f"start {child.group}")
        return child

    def _replace(self, child: Child) -> None:
        how = _how_it_ended(child)
        lived_seconds = child.age_seconds
        self._bury(child)
        settled = lived_seconds >= self._settled.total_seconds()
        if settled:
            self._proven.add(child.program.name)
        elif child.program.name not in self._proven:
            tail = b"\n  ".join(child.last_lines).decode(errors="replace")
            raise CannotStart(f"{how}, just after its start. Its last lines:\n  {tail or '(none)'}")
        self._output.line(SYSTEM, f"{how}; it is started again")
        self._due_at[child] = time.monotonic() + (0 if settled else self._pause.total_seconds())

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for child in [one for one, due_at in self._due_at.items() if due_at <= now]:
            del self._due_at[child]
            for stage in self._children:
                if child in stage:
                    stage[stage.index(child)] = self._run(child.program)

    def _end(self, children: list[Child]) -> None:
        deadline = time.monotonic() + self._grace.total_seconds()
        self._hurried = False
        children = [child for child in children if child not in self._due_at]
        while any(not child.gone for child in children) and time.monotonic() < deadline and not self._hurried:
            for child in children:
                child.ask_to_end()
            self._next_event()
        for child in children:
            if not child.gone:
                self._output.line(SYSTEM, f"{child.program.name} did not end by itself and is killed")
            self._bury(child)

    def _bury(self, child: Child) -> None:
        child.kill()
        self._watchdog.tell(f"end {child.group}")


def _how_it_ended(child: Child) -> str:
    code = child.returncode or 0
    ending = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"{child.program.name} {ending}"
