"""Computing every live entry of a task type anew: the first at once, the others by workers, some at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from precompute.admission import Receipt, admit_all
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.due import DueEntries, DueEntry
from precompute.ledger import Ledger
from precompute.message import Dispatch, Forced
from precompute.planner import Plan
from precompute.refresh_plan import refresh_plan
from precompute.task_type import TaskType

AT_ONCE = 500
"""Entries that are queued before a caller is answered, and by one message after that: about a third of a second."""


MOST_LOOKED_AT = 10_000
"""Entries looked at meanwhile, where most are on their way already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        queued: Entries that were queued.
        skipped: Entries that were due but not worth it, or on their way already.
        left: Entries that a worker goes on with: they are not among the others.
    """

    queued: int
    skipped: int
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forcing:
    """Has entries of a type computed anew, whether anything has changed or not.

    Attributes:
        catalogue: The task types in force.
        cache: The entries.
        ledger: The tasks.
        dispatch: Puts messages on their queues.
    """

    catalogue: Catalogue
    cache: Cache
    ledger: Ledger
    dispatch: Dispatch

    def begin(self, row: TaskType, *, limit: int | None) -> Refreshed:
        """Queue the first entries, and hand the others to a worker.

        Args:
            row: Which type.
            limit: At most so many, soonest stale first; None for all there are.

        Raises:
            BrokerUnavailable: The broker went away on the way; what was queued before stays queued.
            StoreUnavailable: The cache cannot be reached.
        """
        there = DueEntries(self.cache).size(row)
        return self._go_on(row, Forced(task_type=row.name, began=self.cache.clock(), limit=limit), there=there)

    def go_on(self, forced: Forced) -> Refreshed:
        """Queue the next entries, and hand the rest to another message.

        What was computed since it began is new enough, so that a message that comes twice does no harm.

        Raises:
            UnknownPrecomputation: The type is not loaded any more.
            BrokerUnavailable, StoreUnavailable: Not done; the same again is right.
        """
        row = self.catalogue.get(forced.task_type)
        return self._go_on(row, forced, there=DueEntries(self.cache).size(row))

    def _go_on(self, row: TaskType, forced: Forced, *, there: int) -> Refreshed:
        queued = looked = 0
        most = AT_ONCE if forced.limit is None else min(AT_ONCE, forced.limit)
        cursor: int | None = forced.cursor
        for page, after in self._pages(row, forced):
            cursor = after
            idle = [entry for entry in page if not entry.on_its_way and entry.computed_at <= forced.began]
            chosen = idle if forced.limit is None else idle[: most - queued]
            queued += self._queue(row, chosen, forced=forced)
            looked += len(page) if chosen == idle else page.index(chosen[-1]) + 1
            if queued >= most or (forced.limit is None and looked >= MOST_LOOKED_AT):
                break
        DueEntries(self.cache).count({f"refresh:forced:{row.name}": queued})
        limit = None if forced.limit is None else forced.limit - queued
        done = cursor is None or limit == 0
        left = 0 if done else max(0, there - looked) if limit is None else min(limit, max(0, there - looked))
        if left:
            self.dispatch.force(replace(forced, cursor=cursor or 0, limit=limit))
        return Refreshed(queued=queued, skipped=looked - queued, left=left)

    def _pages(self, row: TaskType, forced: Forced) -> Iterator[tuple[list[DueEntry], int | None]]:
        """Entries, and where to go on behind them; None behind the last."""
        due = DueEntries(self.cache)
        if forced.limit is not None:
            # In their order, from the first on: those that were queued before are on their way, or new.
            yield from ((page, 0) for page in due.soonest(row, within=None))
            yield [], None
            return
        cursor: int | None = forced.cursor
        while cursor is not None:
            page, cursor = due.page(row, cursor)
            yield page, cursor

    def _queue(self, row: TaskType, entries: Sequence[DueEntry], *, forced: Forced) -> int:
        events = DueEntries(self.cache).events(entry.key for entry in entries)
        planned = [self._insisting(row, event, seen_at=forced.began) for event in events]
        # Without a plan is what is gone, and what another version of the service had computed.
        plans = [one for one in planned if one is not None]
        receipts = admit_all(plans, ledger=self.ledger, dispatch=self.dispatch)
        return sum(_started(one, receipt) for one, receipt in zip(plans, receipts, strict=True))

    def _insisting(self, row: TaskType, event: str, *, seen_at: datetime) -> Plan | None:
        return refresh_plan(row, event, catalogue=self.catalogue, seen_at=seen_at, force=True, insist=True)


def _started(planned: Plan, receipt: Receipt) -> bool:
    """Whether it was this plan that had the result computed, not one before it."""
    return any(task.wanted and task.task_id == receipt.queued.get(task.row.name) for task in planned.tasks)
