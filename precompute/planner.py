"""Event plus catalogue: the tasks it takes, before anyone looks at what is there already."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from precompute.ages import patience_of
from precompute.catalogue import Catalogue
from precompute.events import Event
from precompute.queues import Queue
from precompute.subjects import CacheKey
from precompute.task_type import TaskType


class Cause(StrEnum):
    """Why something is computed."""

    EVENT = "event"
    PREDICTION = "prediction"
    REFRESH = "refresh"
    WARM_UP = "warm_up"


_NO_SOONER_THAN = {
    Cause.EVENT: Queue.CRITICAL,
    Cause.PREDICTION: Queue.GENERAL,
    Cause.REFRESH: Queue.REFRESH,
    Cause.WARM_UP: Queue.BACKGROUND,
}
"""What somebody asks for goes first, then what somebody will probably ask for, then what only keeps results fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """One result that an event calls for.

    Attributes:
        key: Where the result will be kept.
        row: Its line of the catalogue.
        task_id: What the task will be called if it is admitted.
        queue: Where it will wait.
        wanted: Asked for by itself; else only if something wanted is computed from it.
        force: Compute it though it is fresh.
    """

    key: CacheKey
    row: TaskType
    task_id: str
    queue: Queue
    wanted: bool
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The tasks for one event, each after the ones it needs.

    Attributes:
        event: What happened.
        cause: Why they are wanted.
        tasks: In the order in which they can be computed.
        insist: Also try what failed a moment ago.
        seen_at: When the result was stored that a forced task is to replace: one that was stored later is new enough.
            None: Whatever is there is replaced.
        expires_in: A task that has not begun by then is dropped. None: It waits for as long as it takes.
    """

    event: Event
    cause: Cause
    tasks: tuple[PlannedTask, ...]
    insist: bool = False
    seen_at: datetime | None = None
    expires_in: timedelta | None = None


def plan(
    event: Event,
    *,
    catalogue: Catalogue,
    rows: Iterable[TaskType],
    priority: int | None = None,
    cause: Cause = Cause.EVENT,
    force: bool = False,
    insist: bool = False,
    seen_at: datetime | None = None,
) -> Plan:
    """What it takes to have the results ``rows`` about the subject of ``event``.

    Args:
        event: What happened.
        catalogue: The rows in force.
        rows: The results wanted.
        priority: 1 to 10; moves the tasks to the highest queue that is not above it. None: each row's own.
        cause: Why they are wanted.
        force: Compute ``rows`` though they are fresh; what they need is still taken from the cache.
        insist: Also try what failed a moment ago.
        seen_at: When the results were stored that ``force`` is to replace; None for whatever is there.
    """
    rows = tuple(rows)
    wanted = {row.name for row in rows}
    needed = _with_inputs(catalogue, wanted)
    planned = [row for row in catalogue if row.name in needed]

    def task(row: TaskType, task_id: str) -> PlannedTask:
        queue, is_wanted = _queue_for(row, cause=cause, priority=priority), row.name in wanted
        key = CacheKey(task_type=row.name, ref=ref)
        return PlannedTask(key=key, row=row, task_id=task_id, queue=queue, wanted=is_wanted, force=force and is_wanted)

    ref = event.ref
    tasks = tuple(map(task, planned, _new_ids(len(planned))))
    # Only a refresh is of no use any more some day; what was asked for is waited for.
    expires_in = max(map(patience_of, rows), default=None) if cause is Cause.REFRESH else None
    return Plan(event=event, cause=cause, tasks=tasks, insist=insist, seen_at=seen_at, expires_in=expires_in)


def _new_ids(count: int) -> list[str]:
    """UUIDs of version 4 (RFC 9562), of randomness that the system is asked for once.

    Ten of Python's own are 0.08 of the 2.2 ms of the processor that a trigger for a video took; these are 0.01.
    """
    random = os.urandom(16 * count).hex()
    return [_uuid4(random[at : at + 32]) for at in range(0, len(random), 32)]


def _uuid4(random: str) -> str:
    variant = "89ab"[int(random[16], 16) & 3]
    return f"{random[:8]}-{random[8:12]}-4{random[13:16]}-{variant}{random[17:20]}-{random[20:]}"


def _queue_for(row: TaskType, *, cause: Cause, priority: int | None) -> Queue:
    if priority is not None:
        return Queue.for_priority(priority)
    return min(row.queue, _NO_SOONER_THAN[cause], key=lambda queue: queue.value)


def _with_inputs(catalogue: Catalogue, names: set[str]) -> set[str]:
    needed = set(names)
    for row in reversed(catalogue.rows):
        if row.name in needed:
            needed |= {other.name for other in row.inputs}
    return needed
