"""What a trigger started and what is predicted, as they are answered."""

from typing import Any

from precompute.admission import Receipt
from precompute.clock import iso
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


def with_model(prediction: Prediction) -> dict[str, Any]:
    """The same, and the model that says so."""
    trained_at = prediction.trained_at
    model = {"version": prediction.model_version, "trained_at": None if trained_at is None else iso(trained_at)}
    return {**predicted(prediction), "model": model}
