"""What a trigger started, and what is predicted beside it, as they are answered."""

from typing import Any

from precompute.admission import Receipt
from precompute.prediction import Prediction


def shown(receipt: Receipt) -> dict[str, Any]:
    """The part of a receipt that is the same for every trigger."""
    count = len(receipt.queued)
    return {
        "queued_tasks": {name: [task_id] for name, task_id in receipt.queued.items()},
        "cached": receipt.cached,
        "message": f"Queued {count} precomputation task{'' if count == 1 else 's'}",
        "status": "ready" if receipt.ready else "processing",
    }


def predicted(prediction: Prediction) -> dict[str, Any]:
    """What a user will probably do next."""
    return {"predicted_actions": prediction.actions}
