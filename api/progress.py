"""Tasks in the shape in which the API gives them."""

from typing import Any

from precompute.ledger import TaskRecord


def task_state(record: TaskRecord) -> dict[str, Any]:
    """Where a task stands."""
    return {
        "state": record.state,
        "task_id": record.task_id,
        "progress": record.progress,
        "queued_at": record.queued_at,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "error": record.failure,
    }


def named_state(record: TaskRecord) -> dict[str, Any]:
    """Where a task stands, and which it is."""
    return {"task_type": record.key.task_type, "cache_key": str(record.key), **task_state(record)}
