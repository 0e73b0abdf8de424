"""Two task types of a login, one computed from the other, that take as long as a worker needs to be caught at them."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from precompute.events import UserLoggedIn
from precompute.job import Job
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes

_TAKES_S = 0.2

GREETING = TaskType(
    name="greeting",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=60),
)
LETTER = TaskType(
    name="letter",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    inputs=(GREETING,),
    time_limit=timedelta(seconds=60),
)


@computes(GREETING)
def greeting(*, job: Job) -> Mapping[str, Any]:
    """For that user."""
    time.sleep(_TAKES_S)
    return {"text": f"Dear {job.event.subject_id}"}


@computes(LETTER)
def letter(greeting: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begins with the greeting."""
    time.sleep(_TAKES_S)
    return {"text": f"{greeting['text']}, well met"}
