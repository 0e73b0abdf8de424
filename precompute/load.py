"""How much waits, read often and cheaply: every trigger and every prediction asks."""

import threading
from datetime import datetime, timedelta

from precompute.admission import Bounds, Load, may_queue
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.errors import Backlogged
from precompute.measures import waiting_tasks
from precompute.planner import Cause
from precompute.queues import Queue

TRUSTED_FOR = timedelta(seconds=0.5)
"""A look at the queues serves this long; what this process queued meanwhile is added."""


class Backlog:
    """The tasks that have not begun, as one process sees them.

    Args:
        cache: Where they are counted; its clock says how old a look is.
        catalogue: The task types in force; as in ``/queue``, what only feeds others is not counted.
    """

    def __init__(self, cache: Cache, catalogue: Catalogue) -> None:
        self._cache = cache
        self._catalogue = Catalogue(catalogue.served())
        self._lock = threading.Lock()
        self._waiting: dict[Queue, int] = {}
        self._looked_at: datetime | None = None

    def before(self, queue: Queue) -> Load:
        """What is taken up before a task that is put on ``queue`` now: what waits there and on more urgent queues.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        self._look()
        with self._lock:
            return Load(waiting=sum(count for other, count in self._waiting.items() if other.value >= queue.value))

    def on(self, queue: Queue) -> int:
        """What waits on one queue.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        self._look()
        with self._lock:
            return self._waiting.get(queue, 0)

    def added(self, queue: Queue, count: int) -> None:
        """Say that this process has just queued ``count`` tasks."""
        with self._lock:
            self._waiting[queue] = self._waiting.get(queue, 0) + count

    def _look(self) -> None:
        now = self._cache.clock()
        with self._lock:
            if self._looked_at is not None and timedelta(0) <= now - self._looked_at < TRUSTED_FOR:
                return
            # Whoever comes meanwhile is served from the look before: one asks for all.
            self._looked_at = now
        counts = waiting_tasks(self._cache, self._catalogue)
        with self._lock:
            self._waiting = {queue: sum(names.values()) for queue, names in counts.items()}


def check_room(backlog: Backlog, queue: Queue, *, bounds: Bounds) -> None:
    """Do nothing, if there is room for what an event brings.

    Raises:
        Backlogged: There is not.
        StoreUnavailable: The cache cannot be reached.
    """
    waiting = backlog.before(queue)
    if not may_queue(Cause.EVENT, waiting, bounds=bounds):
        raise Backlogged(
            f"{waiting.waiting} tasks wait on the queue {queue.label} and more urgent ones; nothing was queued"
        )
