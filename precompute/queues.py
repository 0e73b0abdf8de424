"""The named queues, in the order in which workers drain them."""

from enum import Enum


class Queue(Enum):
    """A named queue; its value is the API's priority, 1 (last) to 10 (first).

    Inside the code a priority is always a member, never a number: Redis and RabbitMQ count in opposite directions.
    """

    CRITICAL = 10
    CAMPAIGN = 9
    VIDEO = 8
    LOGIN = 7
    GENERAL = 5
    REFRESH = 3
    BACKGROUND = 1

    @property
    def label(self) -> str:
        """The name on the broker, in metrics and on ``celery worker -Q``."""
        return self.name.lower()

    @property
    def ahead(self) -> "Queue":
        """The first of those that the same workers drain: for what they have begun."""
        return Queue.REFRESH if self in (Queue.REFRESH, Queue.BACKGROUND) else Queue.CRITICAL

    @classmethod
    def labelled(cls, label: str) -> "Queue":
        """The queue of that label."""
        return cls[label.upper()]

    @classmethod
    def for_priority(cls, priority: int) -> "Queue":
        """The highest queue that is not above ``priority`` (1 to 10)."""
        return max((queue for queue in cls if queue.value <= priority), key=lambda queue: queue.value)


IN_DRAIN_ORDER = tuple(sorted(Queue, key=lambda queue: -queue.value))
"""Most urgent first."""
