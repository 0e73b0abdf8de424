"""What it takes to compute a stored result anew, told by the event that is kept beside it."""

from dataclasses import replace
from datetime import datetime

from precompute.catalogue import Catalogue
from precompute.events import event_if_known
from precompute.planner import Cause, Plan, plan
from precompute.task_type import TaskType


def refresh_plan(
    row: TaskType, event: str, *, catalogue: Catalogue, seen_at: datetime | None, force: bool, insist: bool = False
) -> Plan | None:
    """The plan of computing one result anew for the event it was computed for.

    Args:
        row: Of the result.
        event: As it is kept beside the result; empty where that is gone.
        catalogue: The rows in force.
        seen_at: What was computed later is new enough; None for whatever is there.
        force: Compute it though it is fresh.
        insist: Somebody who is put off neither by a failure a moment ago nor by a long queue.

    Returns:
        None where this version cannot read the event, since another one wrote it: the result is served as long as it
        lasts, and who wrote it refreshes it.
    """
    happened = event_if_known(event)
    if happened is None:
        return None
    planned = plan(
        happened, catalogue=catalogue, rows=[row], cause=Cause.REFRESH, force=force, insist=insist, seen_at=seen_at
    )
    return replace(planned, expires_in=None) if insist else planned
