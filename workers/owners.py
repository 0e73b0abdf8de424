"""Which results about a user show a result about something that is theirs."""

from precompute.catalogue import Catalogue
from precompute.events import Event
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType


def shown_with(row: TaskType, event: Event, *, catalogue: Catalogue) -> list[CacheKey]:
    """Keys that go stale when ``row`` was computed for ``event``, or failed: they show it, or that it is on its way."""
    if row.transient:
        return []
    owner = SubjectRef(subject=Subject.USER, id=event.user_id)
    return [shown.key_for(owner) for shown in catalogue.showing(row.subject)]
