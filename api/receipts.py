"""What a trigger started, and what is predicted beside it, as they are answered."""

from typing import Any

from precompute.admission import Receipt
from precompute.prediction import Prediction


def shown(receipt: Receipt) -> dict[str, Any]:
    """The part of a receipt that is the same for every trigger.

    What failed a moment ago is not fresh either, so it is named with the task that failed: who looks at that one, as at
    any other, finds out why.
    """
    count = len(receipt.queued)
    message = f"Queued {count} precomputation task{'' if count == 1 else 's'}"
    answer = {
        "queued_tasks": {name: [task_id] for name, task_id in {**receipt.queued, **receipt.failed}.items()},
        "cached": receipt.cached,
        "message": message,
        "status": "ready" if receipt.ready else "processing",
    }
    if receipt.callback_id:
        answer["callback_id"] = receipt.callback_id
    if receipt.warnings:
        answer["warnings"] = list(receipt.warnings)
    if receipt.failed:
        answer["failed"] = list(receipt.failed)
        answer["message"] = f"{message}; {len(receipt.failed)} failed a moment ago and can be tried again later"
    return answer


def predicted(prediction: Prediction) -> dict[str, Any]:
    """What a user will probably do next."""
    return {"predicted_actions": prediction.actions}
