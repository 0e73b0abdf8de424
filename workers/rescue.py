"""Looking after tasks that nothing was heard of: their worker died, or their message was lost."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from precompute.ledger import Overdue
from workers.wiring import Engine

_log = logging.getLogger(__name__)

_MOST_BATCHES = 50
"""In one sweep, of 200 tasks each: a dead worker's task must not be found late for all those that just wait."""

SURELY_LOST = timedelta(minutes=5)
"""A task whose queue holds messages all this time is published again: its own may be lost nevertheless."""

FORGOTTEN_AFTER = timedelta(hours=1)
"""Tasks of a type that this process does not know are forgotten after this long: another worker, of a newer version,
may know it and come to it."""

_MOST_DOUBLINGS = 5


def rescue(engine: Engine) -> int:
    """Publish again what was lost, and move on what waits for inputs; how many tasks that were.

    A task that is queued is left alone while its queue holds messages, as its own may be among them, but not for longer
    than :data:`SURELY_LOST`, and after that for twice as long each time: a long backlog is not to be made up of copies.
    One message too many does no harm, as a computation that is done or running is not begun again.

    Raises:
        BrokerUnavailable: Something could not be published; the next sweep goes on.
    """
    rows = {row.name: row for row in engine.catalogue}
    depths: dict[str, int] = {}
    rescued = 0
    for task in _overdue(engine):
        row = rows.get(task.key.task_type)
        if row is None:
            _leave(engine, task)
            continue
        if task.was == "queued" and _may_wait_its_turn(engine, task) and _depth(engine, task, depths):
            continue
        if engine.dependants.advance(row, task.key, task_id=task.task_id):
            rescued += 1
            _log.warning("Task rescued", extra={"action": "task_rescued", "key": str(task.key), "was": task.was})
    return rescued


def _leave(engine: Engine, task: Overdue) -> None:
    """Of a plug-in that is no longer loaded: it must not keep others from being looked after, nor stay for ever."""
    forgotten = engine.cache.clock() - task.sent_at >= FORGOTTEN_AFTER
    if forgotten:
        engine.ledger.forget(task.key, task_id=task.task_id)
    extra = {"action": "task_forgotten" if forgotten else "task_unknown", "key": str(task.key)}
    _log.warning("Task of an unknown type", extra=extra)


def _overdue(engine: Engine) -> Iterator[Overdue]:
    for _ in range(_MOST_BATCHES):
        batch = engine.ledger.overdue()
        if not batch:
            return
        yield from batch


def _may_wait_its_turn(engine: Engine, task: Overdue) -> bool:
    patience = SURELY_LOST * int(2 ** min(task.resent, _MOST_DOUBLINGS))
    return engine.cache.clock() - task.sent_at < patience


def _depth(engine: Engine, task: Overdue, depths: dict[str, int]) -> int:
    if task.queue not in depths:
        depths[task.queue] = engine.dispatch.waiting_on(task.queue)
    return depths[task.queue]
