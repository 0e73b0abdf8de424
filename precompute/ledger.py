"""The tasks: which are wanted, waiting, running, done or failed, and who may write a result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import orjson

from precompute.cache import Cache
from precompute.clock import from_ms, to_ms
from precompute.durations import in_ms
from precompute.entry import STATES, Failure, State, is_readable
from precompute.message import Message
from precompute.planner import Plan, PlannedTask
from precompute.queues import Queue
from precompute.resumption import Readiness, Resumption
from precompute.scripts import reaching_cache
from precompute.subjects import CacheKey
from precompute.task_type import TaskType

KEPT = timedelta(hours=24)
"""How long a finished task can be asked about."""

FIRST_REST = timedelta(minutes=1)
"""What failed is left alone this long, and twice as long after each further failure: else every reader and every
repeated trigger of a broken video would have it tried again. Another input, an invalidation or whoever insists has it
tried at once."""

LONGEST_REST = timedelta(hours=1)
"""The rest grows no longer than this: what was mended at its source is found to be so within the hour."""

MOST_DELIVERIES = 3
"""A task that ends its worker this often is set aside (docs/decisions/2026-11-22-foundations.md, 4)."""


class Verdict(StrEnum):
    """What admission made of a planned task."""

    FRESH = "fresh"
    JOINED = "joined"
    QUEUED = "queued"
    WAITING = "waiting"
    UNNEEDED = "unneeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A planned task and what became of it.

    Attributes:
        task: As it was planned.
        verdict: What became of it.
        task_id: Of the task that is on its way or has failed, whoever asked for it.
        expires_at: Not begun by then, it is dropped; None for never.
    """

    task: PlannedTask
    verdict: Verdict
    task_id: str
    expires_at: datetime | None = None


class Beginning(StrEnum):
    """What a worker is to do with a message."""

    RUN = "run"
    DONE = "done"
    BUSY = "busy"
    SUPERSEDED = "superseded"
    SET_ASIDE = "set_aside"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """A task that nobody has looked after.

    Attributes:
        key: What it computes.
        task_id: Its id.
        was: Its own state before: waiting, queued or running.
        queue: Label of its queue.
        queued_at: When it was asked for.
        sent_at: When its message was published last; when it was asked for, if it was not published again.
        resent: How often it was published again.
    """

    key: CacheKey
    task_id: str
    was: str
    queue: str
    queued_at: datetime
    sent_at: datetime
    resent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A task as its status is served."""

    key: CacheKey
    task_id: str | None
    state: State
    progress: float | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None


class Ledger:
    """The task records beside a cache's entries, on the same server so that one script can change both.

    Args:
        cache: The entries.
        watch: A task is looked after again when nothing has been heard of it for this long.
    """

    def __init__(self, cache: Cache, *, watch: timedelta) -> None:
        self.cache = cache
        self.watch_ms = in_ms(watch)
        self._run = cache.scripts.run

    def admit(self, plan: Plan) -> tuple[Admitted, ...]:
        """Record what has to be computed, once whoever asks and how often; in the order of the plan."""
        places = {task.row.name: place for place, task in enumerate(plan.tasks, start=1)}
        now = self.cache.now_ms()
        expires_ms = 0 if plan.expires_in is None else now + in_ms(plan.expires_in)
        body = {
            "fingerprint": plan.event.fingerprint,
            "event": plan.event.to_json(),
            "cause": plan.cause,
            "insist": plan.insist,
            "seen": 0 if plan.seen_at is None else to_ms(plan.seen_at),
            "expires_at": expires_ms,
            "keep_ms": in_ms(KEPT),
            "first_rest_ms": in_ms(FIRST_REST),
            "longest_rest_ms": in_ms(LONGEST_REST),
            "tasks": [
                {
                    "key": str(task.key),
                    "id": task.task_id,
                    "queue": task.queue.label,
                    "wanted": task.wanted,
                    "force": task.force,
                    "told_as": _told_as(task.row),
                    "inputs": [places[other.name] for other in task.row.inputs],
                }
                for task in plan.tasks
            ],
        }
        verdicts = self._run("admit", now, self.watch_ms, orjson.dumps(body))
        expires_at = from_ms(expires_ms) if expires_ms else None
        return tuple(
            Admitted(task=task, verdict=Verdict(verdict.decode()), task_id=task_id.decode(), expires_at=expires_at)
            for task, (verdict, task_id) in zip(plan.tasks, verdicts, strict=True)
        )

    def withdraw(self, admitted: Iterable[Admitted]) -> None:
        """Forget tasks that could not be published; what had failed before them still has."""
        flat = [text for one in admitted for text in (str(one.task.key), one.task_id)]
        if flat:
            self._run("withdraw", self.cache.now_ms(), in_ms(KEPT), *flat)

    def forget(self, key: CacheKey, *, task_id: str) -> None:
        """Forget a task that nobody will compute, unless another has taken its place."""
        self._run("withdraw", self.cache.now_ms(), in_ms(KEPT), str(key), task_id)

    def begin(self, message: Message, *, owner: str, lease: timedelta, fingerprint: str) -> tuple[Beginning, int]:
        """Take the lease for a computation, or learn why not; ``owner`` is a token nobody else uses.

        Returns:
            What to do, and how many tries have failed before.
        """
        verdict, failed_tries = self._run(
            "begin", str(message.key), message.task_id, owner, self.cache.now_ms(), in_ms(lease), MOST_DELIVERIES,
            message.queue, message.event, message.cause, fingerprint, in_ms(KEPT),
        )  # fmt: skip
        return Beginning(verdict.decode()), failed_tries

    def extend(self, key: CacheKey, *, owner: str, lease: timedelta, progress: float | None) -> bool:
        """Give a sign of life; False when the lease is no longer the owner's."""
        shown = "" if progress is None else f"{progress:.3f}"
        return bool(self._run("extend", str(key), owner, self.cache.now_ms(), in_ms(lease), shown))

    def fail(self, key: CacheKey, *, owner: str, failure: Failure, retry_in: timedelta | None) -> bool:
        """Record a failure, or that another try follows; False when the lease was lost."""
        watch_ms = 0 if retry_in is None else in_ms(retry_in) + self.watch_ms
        args = (failure.code, failure.message, in_ms(KEPT), watch_ms)
        return bool(self._run("fail", str(key), owner, self.cache.now_ms(), *args))

    def put_off(self, key: CacheKey, *, owner: str, within: timedelta) -> bool:
        """Queue a task again that cannot go on yet; False when the lease was lost.

        Args:
            key: What it computes.
            owner: Who has begun it.
            within: Its message comes again.
        """
        return bool(self._run("put_off", str(key), owner, self.cache.now_ms(), in_ms(within) + self.watch_ms))

    def resume(self, row: TaskType, key: CacheKey, *, task_id: str, again: bool = True) -> Resumption:
        """See whether a task's inputs are stored, and if so mark it queued; the caller publishes its message.

        Args:
            row: Its line of the catalogue.
            key: What it computes.
            task_id: Another task under this key is none of our business.
            again: Also look at one that was marked queued before, as its message may be lost. Without it, one caller
                of many at once gets to publish.
        """
        inputs = [text for other in row.inputs for text in (str(other.key_for(key.ref)), _told_as(other))]
        verdict, *rest = self._run("resume", str(key), task_id, self.cache.now_ms(), self.watch_ms, int(again), *inputs)
        readiness = Readiness(verdict.decode())
        detail = [text.decode() for text in rest]
        if readiness not in (Readiness.QUEUED, Readiness.MISSING):
            return Resumption(readiness=readiness)
        queue, event, cause, expires_ms, *missing = detail
        expires_at = from_ms(int(expires_ms)) if expires_ms else None
        message = Message(task_id=task_id, key=key, queue=queue, event=event, cause=cause, expires_at=expires_at)
        missing_input = CacheKey.parse(missing[0]) if missing else None
        return Resumption(readiness=readiness, message=message, missing_input=missing_input)

    def overdue(self, *, most: int = 200) -> list[Overdue]:
        """Up to ``most`` tasks that nothing was heard of; running ones are queued again."""
        found = self._run("overdue", self.cache.now_ms(), most, self.watch_ms, *(queue.label for queue in Queue))
        return [
            Overdue(
                key=CacheKey.parse(key.decode()),
                task_id=task_id.decode(),
                was=was.decode(),
                queue=queue.decode(),
                queued_at=from_ms(int(queued_at)),
                sent_at=from_ms(int(sent_at)),
                resent=int(resent),
            )
            for key, task_id, was, queue, queued_at, sent_at, resent in found
        ]

    def records(self, keys: Sequence[CacheKey]) -> list[TaskRecord]:
        """The latest task of each key, in order; ready ones whose entry is gone count as missing."""
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(f"pc:t:{key}", *_FIELDS)
                pipe.hmget(f"pc:e:{key}", "at", "go", "fv")
            answers = pipe.execute()
        now = self.cache.now_ms()
        pairs = zip(answers[::2], answers[1::2], strict=True)
        return [_record(key, task, entry, now) for key, (task, entry) in zip(keys, pairs, strict=True)]

    def key_of(self, task_id: str) -> CacheKey | None:
        """The key a task computes, or None when no such task is known."""
        with reaching_cache():
            key = self.cache.client.get(f"pc:i:{task_id}")
        return None if key is None else CacheKey.parse(key.decode())

    def unfinished(self, keys: Sequence[CacheKey]) -> list[tuple[CacheKey, str]]:
        """Those of ``keys`` whose tasks have not begun, with their task ids."""
        if not keys:
            return []
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(f"pc:t:{key}", "id", "state")
            answers = pipe.execute()
        waiting = zip(keys, answers, strict=True)
        return [(key, task[0].decode()) for key, task in waiting if task[1] in (b"waiting", b"queued")]


def _told_as(row: TaskType) -> str:
    # Callers do not know transient inputs, so what failed there is told as if it had failed here.
    return "" if row.transient else f"{row.name} failed: "


_FIELDS = ("id", "state", "progress", "queued_at", "started_at", "finished_at", "error_code", "error")


def _record(key: CacheKey, task: list[bytes | None], entry: list[bytes | None], now_ms: int) -> TaskRecord:
    task_id, own_state, progress, queued, started, finished, code, error = (
        None if value is None else value.decode() for value in task
    )
    stored = entry[0] is not None and is_readable(entry[2]) and now_ms < int(entry[1] or 0)
    state = STATES.get(own_state or "", State.READY if stored else State.MISSING)
    if state is State.READY and not stored:
        state = State.MISSING
    ended = finished or (entry[0] if state is State.READY else None)
    return TaskRecord(
        key=key,
        task_id=task_id,
        state=state,
        progress=None if progress is None else float(progress),
        queued_at=None if queued is None else from_ms(int(queued)),
        started_at=None if started is None else from_ms(int(started)),
        finished_at=None if ended is None else from_ms(int(ended)),
        failure=Failure(code=code or "internal", message=error or "") if state is State.FAILED else None,
    )
