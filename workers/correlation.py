"""The id of a request goes with every message that is published for it, and counts for whoever runs the message."""

from typing import Any

from celery import Task, signals

from precompute.correlation import CARRIED, REQUEST_ID, accepted


def connect() -> None:
    """Carry ids in this process from now on; however often it is called."""
    signals.before_task_publish.connect(_carry, dispatch_uid="precompute-carry-request-id")
    signals.task_prerun.connect(_take_up, dispatch_uid="precompute-take-up-request-id")


def _carry(*, headers: dict[str, Any], **_: Any) -> None:
    if request_id := REQUEST_ID.get():
        headers[CARRIED] = request_id


def _take_up(*, task: Task, **_: Any) -> None:
    # What this task releases is published for the same request; what beat asks for belongs to none.
    told = getattr(task.request, CARRIED, None)
    REQUEST_ID.set(accepted(told) if told else "")
