"""The one task body: lease, inputs, compute, store, and what follows; or fail and say so."""

import logging
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from billiard.common import terminate_handler_fired  # type: ignore[import-untyped]
from celery.exceptions import SoftTimeLimitExceeded
from marshmallow import ValidationError

from precompute.cache import StoredEntry
from precompute.entry import Failure
from precompute.errors import (
    BrokerUnavailable,
    InputGone,
    LeaseLost,
    NotYet,
    PrecomputeError,
    SourceUnavailable,
    StoreUnavailable,
)
from precompute.events import Event, event_from_json
from precompute.job import Computed
from precompute.ledger import Beginning
from precompute.message import Message
from precompute.task_type import TaskType
from precompute.waiting import wait_before
from workers.binding import Binding
from workers.ends import owner_of
from workers.heartbeat import Heartbeat
from workers.jobs import job_of, read_by
from workers.limits import time_limit_told
from workers.mixing import outdate_mixed
from workers.owners import shown_with
from workers.sources import token_of
from workers.wiring import Engine

_log = logging.getLogger(__name__)

RETRY_IN = (timedelta(seconds=2), timedelta(seconds=10))
"""Pauses before the second and the third try, where trying again can help."""

LONGEST_PAUSE = timedelta(seconds=10)
"""What waits for what somebody else is making comes again after 1, 2, 4 and 8 s, and then each time after so long."""

STORE_AGAIN_S = 0.5
"""Pause before a result is stored again after the cache was away."""

WORTH_RETRYING = (SourceUnavailable,)
"""The only list of failures that another try can mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain(Exception):
    """The computation failed in a way that another try may mend.

    Attributes:
        after: When.
    """

    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A result before it is stored.

    Attributes:
        computed: As it is stored.
        source: Token of what it was computed from.
        waited: What a reader would have waited for its transient inputs.
    """

    computed: Computed
    source: str
    waited: timedelta


class PutOff(Exception):
    """The computation cannot go on yet, and has not failed; what has begun goes before what has not."""


class AnalysisBroke(Exception):
    """An analysis raised what ends a process; it has been told as its failure, and the process goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Runs messages in one worker process."""

    engine: Engine
    bindings: Mapping[str, Binding]

    def run(self, message: Message) -> None:
        """Compute what the message asks for, unless it is done, being done, or not wanted any more.

        Raises:
            TryAgain, PutOff: The same message should come again later.
            BrokerUnavailable, StoreUnavailable: What follows could not be recorded; the message must come again.
            Exception: Whatever an analysis broke with, after its failure was recorded.
        """
        binding = self.bindings[message.key.task_type]
        owner = owner_of(os.getpid()) + uuid.uuid4().hex
        lease = self.engine.settings.lease
        event = self._event_of(message, owner=owner)
        if event is None:
            return
        beginning, failed_tries = self.engine.ledger.begin(
            message, owner=owner, lease=lease, fingerprint=event.fingerprint
        )
        extra = {"key": str(message.key), "task_id": message.task_id, "cause": message.cause}
        if beginning is Beginning.RUN:
            _log.info("Task started", extra={"action": "task_started", **extra})
            with Heartbeat(self.engine.ledger, key=message.key, owner=owner, lease=lease) as heartbeat:
                self._attempt(binding, message, event, owner=owner, failed_tries=failed_tries, heartbeat=heartbeat)
        else:
            _log.info("Message not run", extra={"action": "message_dropped", "why": beginning.value, **extra})
        if beginning not in (Beginning.BUSY, Beginning.EXPIRED):
            # A message that comes again may come because its worker died between storing and what follows.
            self._follow(binding, message, event, again=beginning is not Beginning.RUN)

    def _follow(self, binding: Binding, message: Message, event: Event, *, again: bool) -> None:
        """What shows this result, or stands beside it from another version, is outdated; what waits for it moves on."""
        outdate_mixed(self.engine, self.bindings, binding.row, event)
        self.engine.cache.outdate(shown_with(binding.row, event, catalogue=self.engine.catalogue))
        self.engine.dependants.release(binding.row, message.key, again=again)
        self._call_back(message)

    def _call_back(self, message: Message) -> None:
        """Have those told who wait for the subject to be done."""
        if not self.engine.settings.callback_secrets:
            return
        try:
            self.engine.callbacks.notice([message.key.ref])
        except (BrokerUnavailable, StoreUnavailable) as problem:
            extra = {"action": "callback_noticed_later", "key": str(message.key), "reason": problem.message}
            _log.warning("Callback noticed later", extra=extra)

    def _event_of(self, message: Message, *, owner: str) -> Event | None:
        """The event of the message; None when this version cannot read it, and then its task has failed."""
        try:
            return event_from_json(message.event)
        except (KeyError, TypeError, ValueError, PrecomputeError):
            self.engine.ledger.begin(message, owner=owner, lease=self.engine.settings.lease, fingerprint="")
            text = "its message was written by another version of this service and cannot be read by this one"
            self._failed(message, owner=owner, code="unknown_event", text=text)
            self.engine.dependants.release(self.bindings[message.key.task_type].row, message.key)
            return None

    def _attempt(
        self, binding: Binding, message: Message, event: Event, *, owner: str, failed_tries: int, heartbeat: Heartbeat
    ) -> None:
        try:
            self._compute_and_store(binding, message, event, owner=owner, heartbeat=heartbeat)
        except LeaseLost:
            # Invalidated or taken over meanwhile: the newer computation counts, and nothing was written.
            _log.info("Result not written", extra={"action": "lease_lost", "key": str(message.key)})
        except InputGone as problem:
            # Evicted, or dropped as unneeded just before this message came again: ask for it, and wait for it.
            again = RETRY_IN[0] if failed_tries < len(RETRY_IN) else None
            self._failed(message, owner=owner, code=problem.code, text=problem.message, retry_in=again)
            self.engine.dependants.advance(binding.row, message.key, task_id=message.task_id)
        except NotYet:
            self._put_off(message, owner=owner)
        except WORTH_RETRYING as problem:
            after = RETRY_IN[failed_tries] if failed_tries < len(RETRY_IN) else None
            self._failed(message, owner=owner, code=problem.code, text=problem.message, retry_in=after)
            if after is not None:
                raise TryAgain(after=after) from problem
        except StoreUnavailable:
            raise
        except PrecomputeError as problem:
            self._failed(message, owner=owner, code=problem.code, text=problem.message)
        except SoftTimeLimitExceeded:
            limit = binding.row.time_limit.total_seconds()
            self._failed(message, owner=owner, code="timed_out", text=f"it took longer than {limit:.0f} seconds")
        except MemoryError:
            # Raised on, it would end the worker itself.
            self._out_of_memory(message, owner=owner)
        except BaseException as problem:
            if terminate_handler_fired():
                # The worker is being ended, and takes its processes along: the message comes again elsewhere.
                raise
            self._broke(binding, message, event, owner=owner)
            if not isinstance(problem, Exception):
                raise AnalysisBroke(f"the analysis raised {type(problem).__name__}") from problem
            raise

    def _put_off(self, message: Message, *, owner: str) -> None:
        if self.engine.ledger.put_off(message.key, owner=owner, within=LONGEST_PAUSE):
            _log.info("Task put off", extra={"action": "task_put_off", "key": str(message.key)})
            raise PutOff
        _log.info("Not begun again", extra={"action": "lease_lost", "key": str(message.key)})

    def _out_of_memory(self, message: Message, *, owner: str) -> None:
        _log.exception("Memory ran out", extra={"action": "task_broke", "key": str(message.key)})
        bound = self.engine.settings.child_memory_mb
        allowed = f"the {bound} MB that a process may take" if bound else "what this machine has"
        self._failed(message, owner=owner, code="out_of_memory", text=f"it needs more memory than {allowed}")

    def _broke(self, binding: Binding, message: Message, event: Event, *, owner: str) -> None:
        # An analysis broke in a way nobody foresaw. Whatever that is: readers are told, whoever waits for the result is
        # told, the worker's log has the trace, and Celery counts the task as failed.
        _log.exception("Analysis broke", extra={"action": "task_broke", "key": str(message.key)})
        text = f"the analysis broke; the worker's log tells more about task {message.task_id}"
        self._failed(message, owner=owner, code="internal", text=text)
        self._follow(binding, message, event, again=False)

    def _compute_and_store(
        self, binding: Binding, message: Message, event: Event, *, owner: str, heartbeat: Heartbeat
    ) -> None:
        began = time.monotonic()
        with time_limit_told():
            made = self._compute(binding, message, event, heartbeat=heartbeat)
        step = timedelta(seconds=time.monotonic() - began)
        extra = {"key": str(message.key), "seconds": round(step.total_seconds(), 3)}
        _log.info("Result computed", extra={"action": "result_computed", **extra})
        self._store(binding.row, message, made, owner=owner, step=step)
        _log.info("Entry stored", extra={"action": "entry_stored", **extra})

    def _store(self, row: TaskType, message: Message, made: Made, *, owner: str, step: timedelta) -> None:
        """Store, and while the cache is away try again for as long as a lease lasts: the work is done already."""
        body = orjson.dumps(made.computed.value)
        about: dict[str, Any] = {"parts": made.computed.parts, "source": made.source}
        about |= {"cost": made.waited + step, "step": step}
        until = time.monotonic() + self.engine.settings.lease.total_seconds()
        while True:
            try:
                self.engine.cache.store(row, message.key, owner=owner, body=body, **about)
                return
            except StoreUnavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(STORE_AGAIN_S)

    def _compute(self, binding: Binding, message: Message, event: Event, *, heartbeat: Heartbeat) -> Made:
        ref = message.key.ref
        inputs = [self.engine.cache.stored(needed.key_for(ref), fresh=True) for needed in binding.row.inputs]
        job = job_of(event, engine=self.engine, report=heartbeat.report)
        # As it is before the function looks: what changes while it runs has to be seen by the next refresh.
        read = () if binding.tells_read else read_by(binding, job)
        opened = (self._opened(stored) for stored in inputs)
        answer = binding.function(*opened, **({"job": job} if binding.wants_job else {}))
        computed = answer if isinstance(answer, Computed) else Computed(value=answer)
        source = token_of(read if computed.read is None else computed.read, inputs=[one.source for one in inputs])
        fits = Computed(value=fitted(binding.row, computed.value), parts=computed.parts)
        costs = {one.key.task_type: one.cost.total_seconds() for one in inputs}
        waited = timedelta(seconds=wait_before(binding.row, lambda needed: costs[needed.name]))
        return Made(computed=fits, source=source, waited=waited)

    def _opened(self, stored: StoredEntry) -> Any:
        opened_by = self.bindings[stored.key.task_type].opened_by
        return stored.value if opened_by is None else opened_by(stored)

    def _failed(self, message: Message, *, owner: str, code: str, text: str, retry_in: timedelta | None = None) -> None:
        failure = Failure(code=code, message=text)
        self.engine.ledger.fail(message.key, owner=owner, failure=failure, retry_in=retry_in)
        extra = {"key": str(message.key), "code": code, "reason": text, "retried": retry_in is not None}
        _log.warning("Task failed", extra={"action": "task_failed", **extra})


def fitted(row: TaskType, value: Any) -> Mapping[str, Any]:
    """The value as the row's schema dumps it.

    Raises:
        ValidationError: It does not fit the schema; a mistake of the analysis.
    """
    if row.result is None:
        return dict(value)
    schema = row.result()
    dumped: dict[str, Any] = schema.dump(value)
    problems = schema.validate(dumped)
    if problems:
        raise ValidationError({row.name: problems})
    return dumped
