"""Task types of the overload run: they keep a worker's process busy and take nothing from others on the machine."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from precompute.events import CampaignCreated, UserLoggedIn
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes

TAKES_S = 0.4

BUSY = TaskType(
    name="overload_busy",
    subject=Subject.CAMPAIGN,
    on=CampaignCreated,
    queue=Queue.CAMPAIGN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=60),
)
"""What events ask for."""

KEPT = TaskType(
    name="overload_kept",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(seconds=8),
    refresh_lead=timedelta(seconds=4),
    time_limit=timedelta(seconds=60),
)
"""What is read all the time, and goes stale within seconds."""

AHEAD = TaskType(
    name="overload_ahead",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=60),
    needed_for=("glance",),
)
"""What is predicted: users of the run always glance after they woke."""


@computes(BUSY)
def busy() -> Mapping[str, Any]:
    """Takes its time."""
    time.sleep(TAKES_S)
    return {"slept": TAKES_S}


@computes(KEPT)
def kept() -> Mapping[str, Any]:
    """Is there at once."""
    return {"kept": True}


@computes(AHEAD)
def ahead() -> Mapping[str, Any]:
    """Takes a moment: what takes none is not worth computing ahead."""
    time.sleep(0.05)
    return {"ahead": True}
