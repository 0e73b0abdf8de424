"""A task type that waits for a server, as whatever asks another service does; named in ``PRECOMPUTE_PLUGINS``."""

import os
from collections.abc import Mapping
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

from precompute.events import UserLoggedIn
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes

WAITING = TaskType(
    name="waiting_for_a_server",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=60),
)


@computes(WAITING)
def waiting_for_a_server() -> Mapping[str, Any]:
    """What the server at ``SLOW_SERVER`` says."""
    connection = HTTPConnection(os.environ["SLOW_SERVER"], timeout=30)
    try:
        connection.request("GET", "/")
        return {"said": connection.getresponse().read().decode()}
    finally:
        connection.close()
