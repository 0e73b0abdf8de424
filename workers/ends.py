"""What a worker's main process does when a child of its ends in the middle of a task.

Without it nobody would know before the child's lease is over: another try would wait so long, and a task that the
worker itself had to end would look like one that crashed.
"""

import logging
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from billiard.exceptions import WorkerLostError  # type: ignore[import-untyped]
from celery.worker import state
from celery.worker.request import Request

from precompute.afterwards import Afterwards
from precompute.entry import Failure
from precompute.events import event_from_json
from precompute.process_end import process_ended
from precompute.subjects import CacheKey
from workers.owners import shown_with
from workers.timed_request import TimedRequest
from workers.wiring import Engine

_log = logging.getLogger(__name__)

_SAYS_IT_ENDS = (WorkerLostError, SystemExit, KeyboardInterrupt)
"""How Celery tells that a child has ended, or is about to since its task told it to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A task whose process has ended.

    Attributes:
        key: What it was to compute.
        task_id: Its id.
        event: What it was wanted for, as JSON.
        pid: Of the process.
        innocent: The worker itself was told to end, and took it along.
        how: As ``signal 11 (SIGSEGV)``; empty where nobody knows.
        limit_s: The hard limit beyond which the worker had to end it, seconds; None when it ended by itself.
    """

    key: CacheKey
    task_id: str
    event: str
    pid: int
    innocent: bool
    how: str
    limit_s: float | None

    @property
    def failure(self) -> Failure | None:
        """Why it has failed, where another try is of no use."""
        if self.limit_s is None:
            return None
        text = f"it did not end when its time was over, and its process was ended after {self.limit_s:.0f} seconds"
        return Failure(code="timed_out", message=text)


def owner_of(pid: int) -> str:
    """How the tokens begin with which a process of this machine takes leases."""
    return f"{socket.gethostname()}:{pid}:"


def see_to(ended: Sequence[Ended], *, engine: Engine) -> None:
    """Give leases back, count, and tell whoever waits for what has failed.

    Raises:
        BrokerUnavailable, StoreUnavailable: It is found out when the lease is over, as where a whole machine is lost.
    """
    for each in ended:
        known = process_ended(
            engine.ledger,
            each.key,
            task_id=each.task_id,
            owner=owner_of(each.pid),
            innocent=each.innocent,
            how=each.how,
            failure=each.failure,
        )
        extra = {
            "key": str(each.key),
            "task_id": each.task_id,
            "how": each.how,
            "innocent": each.innocent,
            "known": known,
        }
        _log.warning("Process ended in a task", extra={"action": "process_ended", "pid": each.pid, **extra})
        if known and each.failure is not None:
            _tell(each, engine=engine)


def request_class(engine: Callable[[], Engine]) -> type[Request]:
    """Celery's request, which sees in the main process how a task ends.

    Args:
        engine: Of this process, connected when first asked for.
    """
    # The main process must go on turning, whatever the cache does.
    afterwards = Afterwards[Ended](lambda ended: see_to(ended, engine=engine()), name="precompute-ends")

    class WatchedRequest(TimedRequest):
        """Sees when the process of a task ends."""

        def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
            """As Celery's own."""
            problem = getattr(exc_info.exception, "exc", exc_info.exception)
            if isinstance(problem, _SAYS_IT_ENDS):
                self._note(how=_how(problem))
            return super().on_failure(exc_info, *args, **kwargs)

        def on_timeout(self, soft: bool, timeout: float) -> Any:
            """As Celery's own."""
            if not soft:
                self._note(limit_s=timeout)
            return super().on_timeout(soft, timeout)

        def _note(self, *, how: str = "", limit_s: float | None = None) -> None:
            if self.worker_pid is not None and "key" in self.kwargs:
                afterwards.put([_ended(self, how=how, limit_s=limit_s)])

    return WatchedRequest


def _ended(request: Request, *, how: str, limit_s: float | None) -> Ended:
    # SIGTERM and SIGQUIT both set one of these; a child that ends then is not to blame.
    innocent = bool(state.should_stop is not None or state.should_terminate is not None)
    return Ended(
        key=CacheKey.parse(request.kwargs["key"]),
        task_id=request.id,
        event=request.kwargs["event"],
        pid=request.worker_pid,
        innocent=innocent,
        how=how,
        limit_s=None if innocent else limit_s,
    )


def _how(problem: BaseException) -> str:
    # billiard tells it in the sentence only: "Worker exited prematurely: signal 11 (SIGSEGV) Job: 5."
    found = re.search(r"signal \d+ \(\w+\)|exitcode \d+", str(problem))
    return found[0] if found else ""


def _tell(ended: Ended, *, engine: Engine) -> None:
    row = engine.catalogue.get(ended.key.task_type)
    engine.cache.outdate(shown_with(row, event_from_json(ended.event), catalogue=engine.catalogue))
    engine.dependants.release(row, ended.key)
