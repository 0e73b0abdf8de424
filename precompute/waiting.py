"""What a reader waits for a result that is gone: for what it is computed from first, as far as that is never kept."""

from collections.abc import Callable

from precompute.task_type import TaskType


def wait_before(row: TaskType, wait_of: Callable[[TaskType], float]) -> float:
    """Seconds until the transient inputs of ``row`` are there, when all has to be computed and workers are free.

    They are computed side by side, so the longest counts; inputs that readers ask for as well are kept for them.

    Args:
        row: What is computed.
        wait_of: Seconds until one of its inputs is there, after that one's own inputs.
    """
    return max((wait_of(needed) for needed in row.inputs if needed.transient), default=0.0)
