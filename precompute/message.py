"""A planned task on its way to a worker."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from precompute.revalidation import Revalidation
from precompute.subjects import CacheKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Everything a worker needs to compute one result, even if the cache has forgotten about the task.

    Attributes:
        task_id: Of our task and of the Celery task alike.
        key: Where the result goes.
        queue: Label of the queue.
        event: What it is computed for, as :meth:`precompute.events.Event.to_json` wrote it.
        cause: A :class:`precompute.planner.Cause`.
        expires_at: Not begun by then, it is dropped; None for never.
    """

    task_id: str
    key: CacheKey
    queue: str
    event: str
    cause: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A forced refresh of a whole task type, as far as it has come.

    Attributes:
        task_type: Which.
        began: What was computed since is new enough.
        cursor: Where it goes on.
        limit: How many entries it takes, soonest stale first; None for all.
    """

    task_type: str
    began: datetime
    cursor: int = 0
    limit: int | None = None


Publish = Callable[[Sequence[Message]], object]
"""Publishes every message, or raises ``BrokerUnavailable``."""


class Dispatch(Protocol):
    """Puts messages on their queues."""

    def __call__(self, messages: Iterable[Message], /, *, facts: Sequence[bytes] = ()) -> bool:
        """Publish every message.

        Args:
            messages: To publish.
            facts: As :func:`precompute.stream.lines_of` wrote them. Where they wait with the broker they are accepted
                together with the messages, all of it or nothing.

        Returns:
            Whether the facts were accepted; where they were not, that is still to be done.

        Raises:
            BrokerUnavailable: At least one could not be published, within a second.
        """

    def revalidate(self, revalidations: Iterable[Revalidation], /) -> None:
        """Publish every revalidation on the refresh queue.

        Raises:
            BrokerUnavailable: At least one could not be published, within a second.
        """

    def force(self, forced: Forced, /) -> None:
        """Have a worker go on with a forced refresh.

        Raises:
            BrokerUnavailable: It could not be published, within a second.
        """

    def ping(self) -> None:
        """Do nothing, if the broker answers.

        Raises:
            BrokerUnavailable: It does not.
        """
