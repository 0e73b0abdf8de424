"""Rows of the task types under test: all are about a user, and started by a login."""

from datetime import timedelta

from precompute.events import UserLoggedIn
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType


def login_row(name: str, *inputs: TaskType, seconds: int = 60, needed_for: tuple[str, ...] = ()) -> TaskType:
    """One that may take so many seconds."""
    return TaskType(
        name=name,
        subject=Subject.USER,
        on=UserLoggedIn,
        queue=Queue.LOGIN,
        ttl=timedelta(hours=1),
        inputs=inputs,
        time_limit=timedelta(seconds=seconds),
        needed_for=needed_for,
    )
