"""What is stored, entry by entry, as an operator looks at it: nothing is counted as read, and nothing is cleaned up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from precompute.cache import Cache, in_batches
from precompute.clock import from_ms
from precompute.patterns import Pattern
from precompute.scripts import reaching_cache
from precompute.subjects import CacheKey
from precompute.task_type import TaskType

_BATCH = 200
"""Entries looked at in one round trip."""

_INSTANTS = ("at", "st", "ma", "go", "ke", "du", "lr", "wu")
_FIELDS = (*_INSTANTS, "pk", "rd", "ca", "co", "gn", "et", "sr")


class Age(StrEnum):
    """How old an entry is, in the words of the catalogue."""

    FRESH = "fresh"
    STALE = "stale"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry without its value.

    Attributes:
        key: Where it is.
        age: Served as fresh, served as stale, or only kept for the case that computing it anew fails.
        computed_at: When it was stored.
        stale_at: Until then it is fresh, or was until it was made stale.
        gone_at: Until then it is served.
        kept_until: Until then it is there.
        refresh_at: When its refresh is due; None when nothing is to refresh it.
        parked: Not read lately, so not refreshed until somebody reads it.
        reads: Since it was stored.
        read_at: The last of them, of this entry or one that it replaced; None when there was none.
        wanted_until: A prediction says that it is read until then; None without one.
        cause: Why it was computed.
        cost_seconds: What computing it took, after what was computed for it (:mod:`precompute.waiting`).
        generation: How often a result was stored under this key.
        etag: Names its content.
        source: Token of what it was computed from; empty when nothing is known.
        bytes: Memory of the server that it takes, with its parts.
        looked_at: When it was looked at.
    """

    key: CacheKey
    age: Age
    computed_at: datetime
    stale_at: datetime
    gone_at: datetime
    kept_until: datetime
    refresh_at: datetime | None
    parked: bool
    reads: int
    read_at: datetime | None
    wanted_until: datetime | None
    cause: str
    cost_seconds: float
    generation: int
    etag: str
    source: str
    bytes: int
    looked_at: datetime

    @property
    def age_seconds(self) -> float:
        """Since it was computed."""
        return max(0.0, (self.looked_at - self.computed_at).total_seconds())

    @property
    def expires_in_seconds(self) -> float:
        """How long it stays fresh; 0 when it is not."""
        left = (self.stale_at - self.looked_at).total_seconds()
        return left if self.age is Age.FRESH else 0.0


def find(cache: Cache, pattern: Pattern, *, rows: Iterable[TaskType], most: int) -> tuple[list[Listed], bool]:
    """Up to ``most`` entries that ``pattern`` matches, by key, and whether there are more.

    The indexes are walked only as far as it takes to find so many; which of more they are is left to the server.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    found: list[Listed] = []
    keys = _stored(cache, pattern, rows=rows)
    while len(found) <= most and (some := list(islice(keys, _BATCH))):
        found += look_at(cache, [CacheKey.parse(key) for key in some])
    return sorted(found[:most], key=lambda one: str(one.key)), len(found) > most


def count(cache: Cache, keys: Iterable[str]) -> int:
    """How many of ``keys`` have an entry.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    total = 0
    for some in in_batches(keys, most=_BATCH):
        with reaching_cache():
            total += int(cache.client.exists(*(f"pc:e:{key}" for key in some)))
    return total


def look_at(cache: Cache, keys: Iterable[CacheKey]) -> list[Listed]:
    """The entries under some keys, in their order; those that are not there are left out."""
    keys = tuple(keys)
    with reaching_cache(), cache.client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hmget(f"pc:e:{key}", *_FIELDS)
            pipe.memory_usage(f"pc:e:{key}", samples=0)
        answers = pipe.execute()
    now = cache.clock()
    triples = zip(keys, answers[::2], answers[1::2], strict=True)
    # At is of every entry; memory is None when it went away between the two commands.
    return [_listed(key, fields, size or 0, now) for key, fields, size in triples if fields[0] is not None]


def parts_of(cache: Cache, key: CacheKey) -> Mapping[str, int]:
    """The names of what is kept beside an entry's value, with the sizes in bytes; the bytes are not fetched."""
    name = f"pc:e:{key}"
    with reaching_cache():
        names = sorted(field[2:] for field in cache.client.hkeys(name) if field.startswith(b"p:"))
        with cache.client.pipeline(transaction=False) as pipe:
            for part in names:
                pipe.hstrlen(name, b"p:" + part)
            sizes = pipe.execute()
    return {part.decode(): size for part, size in zip(names, sizes, strict=True)}


def _stored(cache: Cache, pattern: Pattern, *, rows: Iterable[TaskType]) -> Iterator[str]:
    """Keys of entries that ``pattern`` matches, each once; indexes are walked only as far as keys are taken."""
    refs = pattern.subjects()
    if refs is not None:
        about = (str(row.key_for(ref)) for row in rows for ref in refs if ref.subject is row.subject)
        yield from (key for key in sorted(about) if pattern.matches(key))
        return
    for row in rows:
        if pattern.may_match_type(row.name, row.subject):
            seen: set[str] = set()
            with reaching_cache():
                for raw, _score in cache.client.zscan_iter(f"pc:y:{row.name}", count=_BATCH):
                    key = raw.decode()
                    if key not in seen and pattern.matches(key):
                        # A walk over an index that changes may come past the same key twice.
                        seen.add(key)
                        yield key


def _listed(key: CacheKey, fields: list[bytes | None], size: int, now: datetime) -> Listed:
    told = {name: value.decode() for name, value in zip(_FIELDS, fields, strict=True) if value is not None}
    at, stale, made_stale, gone, kept, due, read, wanted = (
        from_ms(int(told[name])) if told.get(name) else None for name in _INSTANTS
    )
    computed = at or now
    served_until = gone or computed
    age = Age.FRESH if stale and now < stale else Age.STALE if now < served_until else Age.KEPT
    return Listed(
        key=key,
        age=age,
        computed_at=computed,
        stale_at=made_stale or stale or computed,
        gone_at=served_until,
        kept_until=kept or served_until,
        refresh_at=due,
        parked=told.get("pk") == "1",
        reads=int(told.get("rd", 0)),
        read_at=read,
        wanted_until=wanted,
        cause=told.get("ca", ""),
        cost_seconds=int(told.get("co", 0)) / 1000,
        generation=int(told.get("gn", 0)),
        etag=told.get("et", ""),
        source=told.get("sr", ""),
        bytes=size,
        looked_at=now,
    )
