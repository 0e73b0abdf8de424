"""Celery by the clock that all processes share: when messages lapse, when they are tried again, when beat sends.

By Celery itself each machine goes by its own. A worker whose clock is ahead would drop beat's sweeps as lapsed, and one
whose clock is behind would wait an hour before it tries something again.
"""

from datetime import UTC, datetime

from celery import Celery
from celery.app.task import Task

from precompute.clock import Clock, system_clock


class SharedTimeTask(Task):  # type: ignore[misc]
    """One whose messages are read so."""

    Request = "workers.timed_request:TimedRequest"


class SharedTimeCelery(Celery):  # type: ignore[misc]
    """A Celery app that goes by ``shared_clock``; without one by its machine's."""

    task_cls = SharedTimeTask
    shared_clock: Clock | None = None

    def now(self) -> datetime:
        """The instant from which Celery counts what is to lapse or to begin in some seconds, and beat its schedule."""
        clock = self.shared_clock or system_clock
        return clock().astimezone(self.timezone or UTC)
