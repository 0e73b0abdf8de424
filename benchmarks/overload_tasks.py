"""A task type that keeps a process of a worker busy without taking anything from the others on the machine."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from precompute.events import CampaignCreated
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes

TAKES_S = 0.5

BUSY = TaskType(
    name="overload_busy",
    subject=Subject.CAMPAIGN,
    on=CampaignCreated,
    queue=Queue.CAMPAIGN,
    ttl=timedelta(hours=1),
    inputs=(),
    time_limit=timedelta(seconds=60),
)


@computes(BUSY)
def busy() -> Mapping[str, Any]:
    """Takes its time."""
    time.sleep(TAKES_S)
    return {"slept": TAKES_S}
