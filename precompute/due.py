"""The entries whose refresh is due, and those of a type: found by the indexes, taken up one subject at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from precompute.ages import ages_of
from precompute.cache import Cache
from precompute.clock import from_ms, to_ms
from precompute.events import Event
from precompute.revalidation import Revalidation
from precompute.scripts import reaching_cache
from precompute.subjects import CacheKey, SubjectRef
from precompute.task_type import TaskType

PAGE = 200
"""Entries looked at in one step: about a millisecond of the server's time."""

_HELD = ("ev", "fp", "sr", "gn", "at", "st", "du", "lr", "wu", "pk", "rd")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEntry:
    """An entry as refreshing looks at it.

    Attributes:
        key: Under which it is kept.
        computed_at: When it was stored.
        stale_at: Until then it is fresh; in 1970 for one that was made stale, whatever a clock says.
        read_at: When it, or one before it, was last read; None for never.
        wanted_until: A prediction says it will be read until then.
        reads: How often it was read since it was stored.
        cost: What computing it took, after what was computed for it (:mod:`precompute.waiting`).
        source: Token of what it was computed from; empty when nobody can tell.
        on_its_way: Whether it is being computed anew already.
    """

    key: CacheKey
    computed_at: datetime
    stale_at: datetime
    read_at: datetime | None
    wanted_until: datetime | None
    reads: int
    cost: timedelta
    source: str
    on_its_way: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEntry:
    """An entry as a worker looks at it that is to find out whether it still holds.

    Attributes:
        row: Its line of the catalogue.
        event: What it was computed for, as JSON.
        fingerprint: Of the event's input.
        source: Token of what it was computed from; empty when nobody can tell, or when it was outdated since.
        generation: Of the entry.
        computed_at: When it was stored.
        stale_at: Until then it is fresh; in 1970 for one that was made stale, whatever a clock says.
        due_at: When its refresh is due; None for what is not refreshed.
        read_at: When it was last read; None for never.
        wanted_until: A prediction says it will be read until then.
        parked: Whether it is not refreshed until somebody reads it.
        reads: How often it was read since it was stored.
    """

    row: TaskType
    event: str
    fingerprint: str
    source: str
    generation: int
    computed_at: datetime
    stale_at: datetime
    due_at: datetime | None
    read_at: datetime | None
    wanted_until: datetime | None
    parked: bool
    reads: int


class DueEntries:
    """The index of what is due, on the cache's server.

    Args:
        cache: The entries.
    """

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._run = cache.scripts.run

    def due(self, *, most: int) -> list[DueEntry]:
        """Up to ``most`` entries whose refresh is due, longest first."""
        found: list[DueEntry] = []
        while len(found) < most:
            with reaching_cache():
                now, page = self.cache.now_ms(), min(PAGE, most - len(found))
                keys = self.cache.client.zrange("pc:due", "-inf", now, byscore=True, offset=len(found), num=page)
            # Those that are gone leave the index in the look.
            found += self._look(keys)
            if len(keys) < page:
                break
        return found

    def soonest(self, row: TaskType, *, within: timedelta | None) -> Iterator[list[DueEntry]]:
        """Entries of a type that are stale or go stale within ``within`` (None: ever), soonest first, by pages."""
        offset = 0
        while True:
            keys = self.cache.due(row, within=within, most=PAGE, offset=offset)
            found = self._look([str(key) for key in keys])
            yield found
            # Those that are gone left the index in the look.
            offset += len(found)
            if len(keys) < PAGE:
                return

    def page(self, row: TaskType, cursor: int) -> tuple[list[DueEntry], int | None]:
        """Some entries of a type, in no order, and the cursor of the next; None behind the last.

        A scan, not ranks: what is computed anew meanwhile changes its rank, and what comes after it would be missed.

        Args:
            row: Which type.
            cursor: 0 to begin with.
        """
        with reaching_cache():
            after, found = self.cache.client.zscan(f"pc:y:{row.name}", cursor, count=PAGE)
        return self._look([key for key, _score in found]), int(after) or None

    def size(self, row: TaskType) -> int:
        """How many entries of a type there are, about: some may be gone."""
        with reaching_cache():
            return int(self.cache.client.zcard(f"pc:y:{row.name}"))

    def held(self, ref: SubjectRef, rows: Iterable[TaskType]) -> list[HeldEntry]:
        """What there is of one subject, in the order of ``rows``."""
        rows = list(rows)
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            for row in rows:
                pipe.hmget(f"pc:e:{row.key_for(ref)}", *_HELD)
            answers = pipe.execute()
        return [_held(row, entry) for row, entry in zip(rows, answers, strict=True) if entry[4] is not None]

    def events(self, keys: Iterable[CacheKey]) -> list[str]:
        """What entries were computed for, as JSON, in order; empty for one that is gone."""
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hget(f"pc:e:{key}", "ev")
            return [_text(event) for event in pipe.execute()]

    def claim(self, revalidations: Sequence[Revalidation]) -> list[Revalidation]:
        """Take up subjects, whose entries are due again when the revalidations expire; those not taken up already.

        All of them expire at the same instant.
        """
        if not revalidations:
            return []
        flat = [text for each in revalidations for text in (str(each.ref), len(each.types), *each.keys_as_text)]
        free = self._run("claim", self.cache.now_ms(), to_ms(revalidations[0].expires_at), *flat)
        return [each for each, is_free in zip(revalidations, free, strict=True) if is_free]

    def unclaim(self, revalidations: Iterable[Revalidation]) -> None:
        """Give up what could not be published: it is due now."""
        for each in revalidations:
            self._run("unclaim", self.cache.now_ms(), str(each.ref), *each.keys_as_text)

    def finished(self, ref: SubjectRef) -> None:
        """A subject can be taken up again."""
        with reaching_cache():
            self.cache.client.zrem("pc:checks", str(ref))

    def claimed(self) -> int:
        """How many revalidations are on their way; those that expired are forgotten."""
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            pipe.zremrangebyscore("pc:checks", "-inf", self.cache.now_ms())
            pipe.zcard("pc:checks")
            return int(pipe.execute()[1])

    def park(self, entries: Iterable[tuple[CacheKey, datetime]]) -> int:
        """Refresh entries no longer until they are read, unless they were read since the instant beside them."""
        flat = [text for key, since in entries for text in (str(key), to_ms(since))]
        return int(self._run("park", self.cache.now_ms(), *flat)) if flat else 0

    def put_off(self, keys: Iterable[CacheKey], *, until: datetime) -> None:
        """Have entries due later."""
        scores = {str(key): to_ms(until) for key in keys}
        if scores:
            with reaching_cache():
                self.cache.client.zadd("pc:due", scores, xx=True)

    def unchanged(self, entry: HeldEntry, ref: SubjectRef) -> bool:
        """Count an entry as computed now; False when it was replaced, invalidated or outdated since this look at it."""
        key = entry.row.key_for(ref)
        seen = (entry.generation, to_ms(entry.computed_at), entry.source)
        return bool(self._run("unchanged", str(key), *seen, self.cache.now_ms(), *ages_of(entry.row, key).in_ms()))

    def renew(self, entries: Iterable[HeldEntry], *, event: Event) -> None:
        """Outdate entries whose source has changed; they belong to the input of ``event`` from here on."""
        for before, theirs in groupby(entries, key=lambda entry: entry.fingerprint):
            seen = [(str(entry.row.key_for(event.ref)), to_ms(entry.computed_at)) for entry in theirs]
            flat = (text for pair in seen for text in pair)
            self._run("renew", self.cache.now_ms(), before, event.fingerprint, event.to_json(), *flat)

    def count(self, counts: Mapping[str, int]) -> None:
        """Add to the counters."""
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            for name, by in counts.items():
                pipe.hincrby("pc:m", name, by)
            pipe.execute()

    def _look(self, keys: Sequence[bytes | str]) -> list[DueEntry]:
        return [_due(fields) for fields in self._run("look", *keys)] if keys else []


def _due(fields: Sequence[bytes | int]) -> DueEntry:
    key, computed, stale, read, wanted, reads, cost, source, on_its_way = fields
    return DueEntry(
        key=CacheKey.parse(_text(key)),
        computed_at=from_ms(int(computed)),
        stale_at=from_ms(int(stale)),
        read_at=_instant(read),
        wanted_until=_instant(wanted),
        reads=int(reads),
        cost=timedelta(milliseconds=float(cost)),
        source=_text(source),
        on_its_way=on_its_way == 1,
    )


def _held(row: TaskType, fields: Sequence[bytes | None]) -> HeldEntry:
    event, fingerprint, source, generation, computed, stale, due, read, wanted, parked, reads = fields
    return HeldEntry(
        row=row,
        event=_text(event),
        fingerprint=_text(fingerprint),
        source=_text(source),
        generation=int(generation or 0),
        computed_at=from_ms(int(computed or 0)),
        stale_at=from_ms(int(stale or 0)),
        due_at=_instant(due),
        read_at=_instant(read),
        wanted_until=_instant(wanted),
        parked=parked is not None,
        reads=int(reads or 0),
    )


def _text(value: bytes | int | None) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _instant(value: bytes | int | None) -> datetime | None:
    return from_ms(int(value)) if value else None
