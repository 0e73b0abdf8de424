"""How far the tasks of a subject are, in one word."""

from collections.abc import Sequence

from precompute.entry import State
from precompute.ledger import TaskRecord


def status_of(records: Sequence[TaskRecord]) -> str:
    """Where a subject stands in one word: ``processing`` until nothing is on its way any more, then how that ended."""
    states = {record.state for record in records}
    if any(state.on_its_way for state in states):
        return "processing"
    ends = (State.FAILED, State.MISSING) if len(states) > 1 else tuple(states)
    return next((end.value for end in ends if end in states), State.MISSING.value)
