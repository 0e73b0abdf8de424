"""What Flower is told of messages that are published goes out in parcels, as workers send what they tell of tasks."""

import os
from functools import cached_property
from typing import Any

from celery import Celery
from celery.events import Event, EventDispatcher
from celery.utils.time import utcoffset

ROUTING_KEY = "task.multi"
"""By which Celery's own workers send theirs."""

MOST_EVENTS = 100
"""In one parcel: 40 kB."""


class SentEvents:
    """Makes parcels.

    One by one, Celery's events are as much work as the messages themselves: a quarter of what publishing two takes.

    Args:
        app: Whose messages.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app

    def parcel(self, producer: Any) -> "Parcel":
        """An empty one, to be sent through ``producer``."""
        return Parcel(self._told_by, producer)

    @cached_property
    def _told_by(self) -> EventDispatcher:
        # It says who tells, and where; what it would send with is given to it with each message.
        return self._app.events.Dispatcher(enabled=False)


class Parcel:
    """Takes the place of Celery's event dispatcher while messages are published.

    Args:
        told_by: Who tells, and where.
        producer: To send it through.
    """

    def __init__(self, told_by: EventDispatcher, producer: Any) -> None:
        self._told_by = told_by
        self._producer = producer
        self._events: list[dict[str, Any]] = []

    def publish(self, kind: str, fields: dict[str, Any], *_: Any, **__: Any) -> None:
        """Take on what happened; as Celery calls it."""
        by = self._told_by
        here = {"hostname": by.hostname, "utcoffset": utcoffset(), "pid": os.getpid(), "clock": by.clock.forward()}
        self._events.append(Event(kind, **here, **fields))
        if len(self._events) >= MOST_EVENTS:
            self.send()

    def send(self) -> None:
        """Publish what was taken on, if there is anything."""
        events, self._events = self._events, []
        if events:
            by = self._told_by
            self._producer.publish(
                events,
                routing_key=ROUTING_KEY,
                exchange=by.exchange.name,
                declare=[by.exchange],
                serializer=by.serializer,
                headers=by.headers,
                delivery_mode=by.delivery_mode,
                retry=False,
            )
