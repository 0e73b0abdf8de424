"""What a callback says, and one try to send it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import monotonic
from typing import Any

import httpx2
import orjson

from precompute.addresses import Network
from precompute.callbacks import Callback
from precompute.clock import Clock, iso, system_clock
from precompute.correlation import HEADER
from precompute.errors import PrecomputeError
from precompute.ledger import TaskRecord
from precompute.progress import status_of
from precompute.signing import signed_headers
from workers.outward import Resolve, looked_up, outward_client

LONGEST_ANSWER = timedelta(seconds=10)
"""From looking the name up to the status; a receiver that has work to do answers first."""

_GONE = 410
_HEADERS = {
    "User-Agent": "predictive-precompute",
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Outcome(StrEnum):
    """What became of one try."""

    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a receiver answered.

    Attributes:
        outcome: Refused means that another try cannot help.
        reason: For the log, without the query of the address.
    """

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends callbacks.

    Attributes:
        secrets: Each signs.
        allowed: Addresses that may be called though they are not public.
        clock: The instant that is signed.
        resolve: Looks names up.
    """

    secrets: Sequence[str]
    allowed: Sequence[Network] = ()
    clock: Clock = system_clock
    resolve: Resolve = looked_up

    def send(self, callback: Callback) -> Answer:
        """Post the callback's body, signed; redirects are not followed."""
        deadline = monotonic() + LONGEST_ANSWER.total_seconds()
        signed = signed_headers(callback.body, id=callback.id, at=self.clock(), secrets=self.secrets)
        told = {HEADER: callback.request_id} if callback.request_id else {}
        opened = outward_client(
            allowed=self.allowed,
            seconds_left=lambda: deadline - monotonic(),
            headers={**_HEADERS, **signed, **told},
            resolve=self.resolve,
        )
        try:
            with opened as client:
                request = client.build_request("POST", callback.url, content=callback.body)
                # Of the answer only the status counts; whatever else it holds is not read.
                with closing(client.send(request, stream=True)) as response:
                    return _answer(response.status_code)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError):
            return Answer(outcome=Outcome.REFUSED, reason="not an address")
        except httpx2.TimeoutException:
            return Answer(outcome=Outcome.FAILED, reason="no answer in time")
        except httpx2.HTTPError as problem:
            return Answer(outcome=Outcome.FAILED, reason=f"no answer ({type(problem).__name__})")
        except PrecomputeError as problem:
            return Answer(outcome=Outcome.REFUSED, reason=problem.message)


def body_of(callback: Callback, records: Sequence[TaskRecord]) -> bytes:
    """What is sent, JSON: the subject, how it ended, and every task of the trigger."""
    return orjson.dumps(
        {
            "id": callback.id,
            "event": callback.event,
            "subject": callback.ref.subject,
            "subject_id": callback.ref.id,
            "status": status_of(records),
            "tasks": {record.key.task_type: _task(record) for record in records},
            "request_id": callback.request_id or None,
            "asked_at": iso(callback.asked_at),
        }
    )


def _answer(status: int) -> Answer:
    if httpx2.codes.is_success(status):
        return Answer(outcome=Outcome.DELIVERED, reason=f"status {status}")
    outcome = Outcome.REFUSED if status == _GONE else Outcome.FAILED
    return Answer(outcome=outcome, reason=f"status {status}")


def _task(record: TaskRecord) -> dict[str, Any]:
    failure = record.failure
    return {
        "state": record.state,
        "cache_key": str(record.key),
        "task_id": record.task_id,
        "finished_at": None if record.finished_at is None else iso(record.finished_at),
        "error": None if failure is None else {"code": failure.code, "message": failure.message},
    }
