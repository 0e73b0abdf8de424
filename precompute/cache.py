"""The entries: stored results with their ages, read in one round trip."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from typing import Any, TypeVar

import orjson
import redis

from precompute.ages import ages_of
from precompute.clock import Clock, system_clock, to_ms
from precompute.durations import in_ms
from precompute.early import draw_earliness
from precompute.entry import Entry, Miss, Origin, is_readable
from precompute.errors import InputGone, LeaseLost, StoreUnavailable
from precompute.found import found_in
from precompute.scripts import Scripts, check_writes, reaching_cache
from precompute.subjects import CacheKey
from precompute.task_type import TaskType

_Item = TypeVar("_Item")

_BATCH = 500
"""Keys handled by one call of a script: about a millisecond of the server's time."""

_ON_THE_WAY_MS = 60_000
"""Parts that were sent before their result are kept for it so long."""


class Cache:
    """The entries of one cache server.

    Args:
        client: A connection as :func:`precompute.scripts.connect` makes it.
        clock: The instant; ages are counted by it.
        draw: Gives for each read how many times the cost of a result it comes early, if that makes it stale.
    """

    def __init__(
        self, client: "redis.Redis", *, clock: Clock = system_clock, draw: Callable[[], float] = draw_earliness
    ) -> None:
        # redis-py annotates every answer as bytes or str or awaitable; this client gives bytes.
        self.client: Any = client
        self.clock = clock
        self.draw = draw
        self.scripts = Scripts(client)

    def now_ms(self) -> int:
        """The instant in milliseconds since 1970."""
        return to_ms(self.clock())

    def read(
        self,
        key: CacheKey,
        *,
        counted: bool = True,
        early: float | None = None,
        patient: bool = False,
        part: str = "",
    ) -> Entry | Miss:
        """The entry, or what is known of its task; counts as a hit, a stale hit or a miss unless told otherwise.

        Args:
            key: Where.
            counted: Whether it counts.
            early: How many times its cost this read comes early; left out, it is drawn.
            patient: A miss that is on its way does not count: its reader waits for it, and reads again.
            part: The entry's body is what is kept beside it under this name.

        Raises:
            UnknownPrecomputation: The entry has no such part.
            StoreUnavailable: The cache cannot be reached.
        """
        early = self.draw() if early is None else early
        return self._read(key, counted=int(counted), early=early, patient=patient, part=part)[0]

    def read_to_keep(
        self, key: CacheKey, *, early: float, patient: bool = False, part: str = ""
    ) -> tuple[Entry | Miss, timedelta | None]:
        """The same, and what computing it took where it may be kept near: then this read is not counted.

        Args:
            key: Where.
            early: How many times its cost this read comes early.
            patient: As for :meth:`read`.
            part: As for :meth:`read`.

        Raises:
            UnknownPrecomputation: The entry has no such part.
            StoreUnavailable: The cache cannot be reached.
        """
        return self._read(key, counted="keep", early=early, patient=patient, part=part)

    def _read(
        self, key: CacheKey, *, counted: int | str, early: float, patient: bool, part: str
    ) -> tuple[Entry | Miss, timedelta | None]:
        now = self.now_ms()
        answer = self.scripts.run("read", str(key), now, counted, early, int(patient), part)
        return found_in(answer, key=key, part=part, now_ms=now)

    def count_hits(self, hits: Mapping[str, int]) -> None:
        """Count hits, by task type, that were answered from what was kept near; raises ``StoreUnavailable``."""
        with reaching_cache(), self.client.pipeline(transaction=False) as pipe:
            for task_type, many in hits.items():
                pipe.hincrby("pc:m", f"hit:{task_type}", many)
            pipe.execute()

    def count(self, reads: Iterable[tuple[str, int, int, int]]) -> None:
        """Count reads of entries that were answered from what was kept near, and were counted as hits before.

        Args:
            reads: Key, when the entry was computed (ms), how many, and when the last was (ms).

        Raises:
            StoreUnavailable: The cache cannot be reached; part of them may have been counted.
        """
        for batch in in_batches(reads, most=_BATCH):
            self.scripts.run("count", *chain.from_iterable(batch))

    def read_part(self, key: CacheKey, name: str) -> bytes | None:
        """Bytes kept beside an entry, however old, for whom a read would not count; None when they are not there."""
        with reaching_cache():
            part: bytes | None = self.client.hget(f"pc:e:{key}", f"p:{name}")
        return part

    def stored(self, key: CacheKey, *, fresh: bool = False) -> "StoredEntry":
        """The entry as a dependent computation reads it; not counted as a read.

        Args:
            key: Where.
            fresh: A stale one will not do: it may have been taken back, and what came of it would be fresh.

        Raises:
            InputGone: It is not there, or not fresh.
        """
        with reaching_cache():
            fields = self.client.hmget(f"pc:e:{key}", "v", "sr", "st", "go", "fv", "co")
        body, source, stale, gone, form, cost = fields
        # What is kept for errors will do for readers who would get nothing, not to compute from.
        if body is None or not is_readable(form) or self.now_ms() >= int(gone):
            raise InputGone(f"{key} is gone from the cache")
        if fresh and self.now_ms() >= int(stale):
            raise InputGone(f"{key} is not fresh any more")
        took = timedelta(milliseconds=int(cost or 0))
        return StoredEntry(cache=self, key=key, value=orjson.loads(body), source=(source or b"").decode(), cost=took)

    def store(
        self,
        row: TaskType,
        key: CacheKey,
        *,
        owner: str,
        body: bytes,
        parts: Mapping[str, bytes],
        cost: timedelta,
        step: timedelta | None = None,
        source: str = "",
    ) -> int:
        """Write a result, indexes and notification in one step, and end its task.

        Args:
            row: Its line of the catalogue.
            key: Where.
            owner: Token of the lease.
            body: The result as UTF-8 JSON.
            parts: Bytes to keep beside it, by name.
            cost: What a reader would have waited: see :mod:`precompute.waiting`.
            step: What the last step took of that, for the averages; left out, all of it.
            source: Token of what it was computed from besides its event, as it was when the computation began.

        Returns:
            The entry's generation: 1 for the first result under this key, one more for each that replaces it.

        Raises:
            LeaseLost: ``owner`` does not hold the lease any more; nothing was written.
            StoreUnavailable: The cache cannot be reached, or has no room.
        """
        etag = hashlib.blake2b(body, digest_size=9).hexdigest()
        if parts:
            self._send_ahead(f"pc:p:{key}:{owner}", parts)
        times = (*ages_of(row, key).in_ms(), in_ms(cost))
        sent = (len(parts), sum(map(len, parts.values())))
        args = (owner, self.now_ms(), *times, etag, source, body, *sent, in_ms(cost if step is None else step))
        return _generation(self.scripts.run("store", str(key), *args), key=key)

    def _send_ahead(self, name: str, parts: Mapping[str, bytes]) -> None:
        """Lay parts ready for the script that stores their result.

        A script copies all that it is given: 9 MB of a video's samples kept everybody waiting for 10 to 30 ms.
        Commands of their own take 1 ms each, and others are served between them.
        """
        with reaching_cache(), self.client.pipeline(transaction=False) as pipe:
            for part, content in parts.items():
                pipe.hset(name, f"p:{part}", content)
                # With each, not at the end: whoever dies while it sends leaves nothing for good.
                pipe.pexpire(name, _ON_THE_WAY_MS)
            pipe.execute()

    def outdate(self, keys: Iterable[CacheKey]) -> None:
        """Mark entries stale since more is known now; what is being computed will be stale when it is stored."""
        for batch in in_batches((str(key) for key in keys), most=_BATCH):
            self.scripts.run("outdate", self.now_ms(), *batch)

    def drop_unneeded(self, row: TaskType, key: CacheKey, *, dependants: Iterable[TaskType]) -> bool:
        """Drop a transient entry when no task that reads it is on its way; whether it was dropped."""
        readers = [str(other.key_for(key.ref)) for other in dependants]
        return row.transient and bool(self.scripts.run("drop_unneeded", str(key), *readers))

    def clean(self, *, most: int = 1000) -> int:
        """Take up to ``most`` entries whose time is over out of the indexes; how many there were."""
        count: int = self.scripts.run("clean", self.now_ms(), most)
        return count

    def due(self, row: TaskType, *, within: timedelta | None, most: int, offset: int = 0) -> list[CacheKey]:
        """Keys of a type that are stale or go stale within ``within`` (None: ever), soonest first, ``most`` at once."""
        until = "+inf" if within is None else self.now_ms() + in_ms(within)
        with reaching_cache():
            keys = self.client.zrange(f"pc:y:{row.name}", "-inf", until, byscore=True, offset=offset, num=most)
        return [CacheKey.parse(key.decode()) for key in keys]

    def origin(self, key: CacheKey) -> Origin | None:
        """Where an entry comes from, or None when it is gone or the server evicted its task before it was stored."""
        with reaching_cache():
            event, reads, source = self.client.hmget(f"pc:e:{key}", "ev", "rd", "sr")
        if not event:
            return None
        return Origin(event=event.decode(), reads=int(reads or 0), source=(source or b"").decode())

    def ping(self) -> None:
        """Do nothing, if the cache answers.

        Raises:
            StoreUnavailable: It does not.
        """
        with reaching_cache():
            if not self.client.ping():
                raise StoreUnavailable("the cache does not answer")

    def check_writes(self) -> None:
        """Do nothing, if the cache takes writes, as one does not that is a replica or cannot save.

        Raises:
            StoreUnavailable: It does not.
        """
        with reaching_cache():
            check_writes(self.client)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An input as its dependants get it: the JSON value at once, the parts when asked for.

    Attributes:
        source: Token of what it was computed from; empty when nobody can tell.
        cost: What a reader would have waited for it.
    """

    cache: Cache
    key: CacheKey
    value: Mapping[str, Any]
    source: str
    cost: timedelta

    def part(self, name: str) -> bytes:
        """The bytes kept under ``name``.

        Raises:
            InputGone: The entry is gone meanwhile.
        """
        found = self.cache.read_part(self.key, name)
        if found is None:
            raise InputGone(f"{self.key} is gone from the cache")
        return found


def _generation(stored: int, *, key: CacheKey) -> int:
    if stored < 0:
        raise StoreUnavailable(f"the cache has no room for {key}")
    if not stored:
        raise LeaseLost(f"{key} was invalidated or taken over while it was computed")
    return stored


def in_batches(items: Iterable[_Item], *, most: int) -> Iterator[list[_Item]]:
    """The items in their order, up to ``most`` at a time; they are taken as the batches are."""
    left = iter(items)
    while batch := list(islice(left, most)):
        yield batch
