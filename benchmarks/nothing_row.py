"""A task type that does nothing, for benchmarks; named in ``PRECOMPUTE_PLUGINS``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from precompute.events import UserLoggedIn
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes

NOTHING = TaskType(
    name="nothing",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=60),
)


@computes(NOTHING)
def nothing() -> Mapping[str, Any]:
    """Nothing."""
    return {}
