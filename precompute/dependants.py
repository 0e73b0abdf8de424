"""What happens to the tasks that wait for a result, once it is stored or has failed."""

from dataclasses import dataclass

from precompute.admission import admit
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.events import event_if_known
from precompute.ledger import Ledger
from precompute.message import Dispatch
from precompute.planner import Cause, plan
from precompute.queues import Queue
from precompute.resumption import Readiness
from precompute.subjects import CacheKey
from precompute.task_type import TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependants:
    """Moves waiting tasks on. Every step may be repeated without harm, so a death between two steps strands nothing."""

    cache: Cache
    ledger: Ledger
    catalogue: Catalogue
    dispatch: Dispatch

    def release(self, row: TaskType, key: CacheKey, *, again: bool = False) -> None:
        """Move on every task that waits for ``key``, and drop the transient inputs that nobody needs any more.

        Args:
            row: The line of the catalogue of what is stored or has failed.
            key: Where.
            again: It may have been released before, in part: whoever did it died, or could not publish.

        Raises:
            BrokerUnavailable: A task that is ready could not be published; calling again later is right.
        """
        rows = {str(other.key_for(key.ref)): other for other in self.catalogue.dependants_of(row)}
        for waiting, task_id in self.ledger.unfinished([other.key_for(key.ref) for other in rows.values()]):
            self.advance(rows[str(waiting)], waiting, task_id=task_id, again=again)
        # The row itself too: whoever asked for it may be gone by the time it is stored.
        for needed in (row, *row.inputs):
            if needed.transient:
                readers = self.catalogue.dependants_of(needed)
                self.cache.drop_unneeded(needed, needed.key_for(key.ref), dependants=readers)

    def advance(self, row: TaskType, key: CacheKey, *, task_id: str, again: bool = True) -> bool:
        """Publish a task whose inputs are stored, ask for an input that nobody computes, or pass a failure on.

        Returns:
            Whether there was any of it to do; False for a task that just waits.

        Raises:
            BrokerUnavailable: Something could not be published; calling again later is right.
        """
        resumption = self.ledger.resume(row, key, task_id=task_id, again=again)
        message = resumption.message
        if resumption.readiness is Readiness.QUEUED and message is not None:
            self.dispatch([message])
        elif resumption.missing_input is not None and message is not None:
            needed = self.catalogue.get(resumption.missing_input.task_type)
            # As urgent as the task that needs it, and for the same reason.
            priority, cause = Queue.labelled(message.queue).value, Cause(message.cause)
            event = event_if_known(message.event)
            if event is None:
                # Of a version that this one cannot read. Whoever takes its message says so, and nobody stumbles again.
                self.dispatch([message])
                return True
            planned = plan(event, catalogue=self.catalogue, rows=[needed], priority=priority, cause=cause)
            admit(planned, ledger=self.ledger, dispatch=self.dispatch)
        elif resumption.readiness is Readiness.FAILED:
            self.release(row, key)
        return resumption.readiness not in (Readiness.WAITING, Readiness.GONE)
