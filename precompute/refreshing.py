"""Keeping results fresh: ahead of time by a sweep, when they are read, and on demand."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from precompute.admission import Bounds, admit, may_queue
from precompute.ages import lead_of
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.due import DueEntries, DueEntry
from precompute.entry import Entry
from precompute.errors import BrokerUnavailable, UnknownPrecomputation
from precompute.forcing import Forcing, Refreshed
from precompute.freshness import READ_LATELY, kept_up
from precompute.ledger import Ledger
from precompute.load import Backlog
from precompute.message import Dispatch
from precompute.planner import Cause
from precompute.queues import Queue
from precompute.refresh_order import refresh_order
from precompute.refresh_plan import refresh_plan
from precompute.revalidation import Revalidation
from precompute.settings import Settings
from precompute.subjects import SubjectRef
from precompute.task_type import TaskType

_log = logging.getLogger(__name__)

Asked = tuple[SubjectRef, tuple[str, ...]]
"""A subject with the names of the task types that are to be fresh."""

MOST_LOOKED_AT = 2000
"""Due entries that one sweep weighs against each other: some ten milliseconds of the server's time."""

MOST_HANDED_OUT = 200
"""Subjects that one sweep hands to the workers: some hundred milliseconds of publishing."""

MOST_ON_THEIR_WAY = 500
"""Revalidations that may wait for a worker at once; what is due beyond that stays due, best first."""

AGAIN_IN = timedelta(minutes=1)
"""What there was no room for is looked at again after this long, so that others get their turn meanwhile."""

BROKER_RESTS = timedelta(seconds=5)
"""After the broker could not be reached readers start no refresh for this long: each would wait for nothing, up to a
second where it is frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep made of the entries that were due.

    Attributes:
        queued: Handed to the workers.
        parked: Not read lately, so not refreshed until somebody reads them.
        refused: Without room for them; they stay due.
        on_their_way: Being computed anew already.
    """

    queued: int = 0
    parked: int = 0
    refused: int = 0
    on_their_way: int = 0


class Refreshing:
    """Starts refreshes. First of all a worker looks whether anything has changed (:mod:`workers.refreshing`).

    Args:
        settings: Of this process.
        catalogue: The task types in force.
        cache: The entries.
        ledger: The tasks.
        dispatch: Puts messages on their queues.
        backlog: What waits.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        catalogue: Catalogue,
        cache: Cache,
        ledger: Ledger,
        dispatch: Dispatch,
        backlog: Backlog,
    ) -> None:
        self._rows = {row.name: row for row in catalogue.served()}
        self._patience = settings.refresh_expiry
        self._bounds = Bounds.of(settings)
        self._catalogue = catalogue
        self._cache = cache
        self._ledger = ledger
        self._dispatch = dispatch
        self._backlog = backlog
        self._due = DueEntries(cache)
        self._forcing = Forcing(catalogue=catalogue, cache=cache, ledger=ledger, dispatch=dispatch)
        self._broker_away_until: datetime | None = None

    def sweep(self) -> Swept:
        """Take up what is due, in the order of benefit for its cost, as far as there is room.

        Raises:
            BrokerUnavailable: Nothing could be published; all of it stays due.
            StoreUnavailable: The cache cannot be reached.
        """
        now = self._cache.clock()
        due = self._due.due(most=MOST_LOOKED_AT)
        coming = [entry for entry in due if entry.on_its_way]
        idle = [entry for entry in due if not entry.on_its_way and not self._kept_up(entry, now)]
        wanted = [entry for entry in due if not entry.on_its_way and self._kept_up(entry, now)]
        self._due.put_off((entry.key for entry in coming), until=now + AGAIN_IN)
        room = MOST_ON_THEIR_WAY - self._due.claimed()
        parked = self._due.park((entry.key, self._unread_since(entry, now)) for entry in idle)
        taken, refused = self._with_room(wanted, now=now, most=min(MOST_HANDED_OUT, max(0, room)))
        self._put_off(refused, now=now)
        queued = self._hand_out(taken, now=now)
        return Swept(queued=queued, parked=parked, refused=len(refused), on_their_way=len(coming))

    def refresh(self, task_type: str, *, force: bool = False, limit: int | None = None) -> Refreshed:
        """Refresh what of a type is stale or close to it and is read; with ``force`` compute every live entry anew.

        Raises:
            UnknownPrecomputation: No served task type has that name.
            BrokerUnavailable: The broker went away on the way; what was queued before stays queued.
            StoreUnavailable: The cache cannot be reached.
        """
        row = self._rows.get(task_type)
        if row is None:
            raise UnknownPrecomputation(f"no task type is called {task_type!r}")
        if force:
            return self._forcing.begin(row, limit=limit)
        return self._demanded(row, limit=limit)

    def on_read(self, entry: Entry) -> None:
        """Start the refresh of an entry that was read stale, or so shortly before that this reader sees to it.

        Nothing is raised while the broker is away: the reader has an answer, and one who comes later will try again.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        key, row = entry.key, self._rows[entry.key.task_type]
        away_until = self._broker_away_until
        if away_until is not None and timedelta(0) < away_until - entry.read_at <= BROKER_RESTS:
            return
        try:
            origin = self._cache.origin(key)
            if origin is None:
                return
            if origin.source:
                self._hand_out([(key.ref, (row.name,))], now=self._cache.clock())
            else:
                # What another reader had computed meanwhile is not computed a second time.
                again = refresh_plan(
                    row, origin.event, catalogue=self._catalogue, seen_at=entry.computed_at, force=entry.early
                )
                if again is not None:
                    admit(again, ledger=self._ledger, dispatch=self._dispatch)
        except BrokerUnavailable:
            self._broker_away_until = self._cache.clock() + BROKER_RESTS
            _log.warning("Entry not refreshed", extra={"action": "refresh_not_queued", "key": str(key)})

    def _unread_since(self, entry: DueEntry, now: datetime) -> datetime:
        # Nobody can read what is of a type that is no longer loaded: left due, it would stand before all others.
        return now - READ_LATELY if entry.key.task_type in self._rows else now + AGAIN_IN

    def _kept_up(self, entry: DueEntry, now: datetime) -> bool:
        # A type that is no longer loaded cannot be computed: left alone, its entries go with time.
        return entry.key.task_type in self._rows and kept_up(
            now_s=now.timestamp(), read_s=_seconds(entry.read_at), wanted_until_s=_seconds(entry.wanted_until)
        )

    def _with_room(
        self, entries: Sequence[DueEntry], *, now: datetime, most: int
    ) -> tuple[list[Asked], list[DueEntry]]:
        """The subjects that are worth most first, as many as there is room for, and the entries of the others."""
        if not entries:
            return [], []
        order = refresh_order(self._cache, self._catalogue)
        rows = self._rows
        best = sorted(entries, key=lambda entry: order.worth(entry, rows[entry.key.task_type], now=now), reverse=True)
        subjects = _by_subject(best)
        taken = dict(list(subjects.items())[: most if self._open() else 0])
        refused = [entry for entry in best if entry.key.ref not in taken]
        return [(ref, tuple(entry.key.task_type for entry in theirs)) for ref, theirs in taken.items()], refused

    def _open(self) -> bool:
        return may_queue(Cause.REFRESH, self._backlog.before(Queue.REFRESH), bounds=self._bounds)

    def _put_off(self, refused: Sequence[DueEntry], *, now: datetime) -> None:
        self._due.put_off((entry.key for entry in refused), until=now + AGAIN_IN)
        self._due.count(Counter(f"refresh:refused:{entry.key.task_type}" for entry in refused))

    def _hand_out(self, asked: Iterable[Asked], *, now: datetime) -> int:
        """Publish revalidations of subjects of which none is on its way; how many entries that were."""
        expires_at = now + self._patience
        told = [Revalidation(ref=ref, types=types, expires_at=expires_at) for ref, types in asked]
        claimed = self._due.claim(told)
        try:
            self._dispatch.revalidate(claimed)
        except BrokerUnavailable:
            self._due.unclaim(claimed)
            raise
        return sum(len(each.types) for each in claimed)

    def _demanded(self, row: TaskType, *, limit: int | None) -> Refreshed:
        queued = looked = 0
        for page in self._due.soonest(row, within=lead_of(row)):
            now = self._cache.clock()
            worth = [entry for entry in page if not entry.on_its_way and self._kept_up(entry, now)]
            chosen = worth if limit is None else worth[: limit - queued]
            taken, refused = self._with_room(chosen, now=now, most=len(chosen))
            self._put_off(refused, now=now)
            queued += self._hand_out(taken, now=now)
            # What stands behind the last one that was chosen was not looked at.
            looked += len(page) if chosen == worth else page.index(chosen[-1]) + 1
            if queued == limit:
                break
        return Refreshed(queued=queued, skipped=looked - queued)


def _by_subject(entries: Iterable[DueEntry]) -> dict[SubjectRef, list[DueEntry]]:
    found: dict[SubjectRef, list[DueEntry]] = {}
    for entry in entries:
        found.setdefault(entry.key.ref, []).append(entry)
    return found


def _seconds(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
