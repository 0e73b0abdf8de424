"""Results that are read again and again, kept in the process that serves them, as true as the server's own.

A read that is answered from here makes no round trip: of a read's 290 microseconds of processor time 140 to 175
remain, and of the 60 of the cache's server one (8 connections, 32 threads; `benchmarks/cached_read.py`).

What is kept is only what nothing but a counter would notice: fresh entries that have been read before, are not parked,
and whose refresh this read does not start early. Every other read is the server's, and does there what it always did.

An entry leaves as soon as anything about it changes (:mod:`precompute.tracking`). Reads are counted here, and added to
everybody's counts: hits every second, those of each entry every ten, for that changes the entry. While each second did
so, a third of 300 reads a second of 100 entries asked the server, and waited with it while it stored something large.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import redis

from precompute.cache import Cache, in_batches
from precompute.clock import to_ms
from precompute.entry import Entry, Miss
from precompute.errors import StoreUnavailable
from precompute.leaving import on_leaving
from precompute.subjects import CacheKey
from precompute.tracking import ASK_EVERY_S, Tracking

_log = logging.getLogger(__name__)

PREFIX = "pc:e:"
"""Of the names of entries on the server."""

COUNT_EVERY_S = 1.0
"""Hits are added to everybody's counters so often."""

COUNT_EACH_EVERY_S = 10.0
"""Each time their reads are added to their counts, entries change by it and are read anew."""

REST_AFTER_S = 30.0
"""A process that nobody reads from follows no longer, until the next read."""

AGAIN_AFTER_S = 0.5
_BATCH = 500
_OVERHEAD_BYTES = 1_000
"""What keeping an entry takes besides its body."""

_LARGEST_SHARE = 8
"""An entry that would take more than one part in so many is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An entry, and what computing it took."""

    entry: Entry
    cost: timedelta

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return len(self.entry.body) + _OVERHEAD_BYTES


class NearReads:
    """Reads results for one process; safe for threads.

    Args:
        cache: Where they are.
        check: Raises what is to be raised for keys under which nothing is kept.
        refresh: Starts the refresh of an entry that is due.
        most_bytes: Of entries that are kept; what was kept first goes first.
        count_each_every_s: Reads are added to the counts of their entries so often.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        check: Callable[[CacheKey], Any],
        refresh: Callable[[Entry], None],
        most_bytes: int,
        count_each_every_s: float = COUNT_EACH_EVERY_S,
    ) -> None:
        self._cache = cache
        self._count_each_every_s = count_each_every_s
        self._check = check
        self._refresh = refresh
        self._most_bytes = most_bytes
        self._tracking = Tracking(cache.client, prefix=PREFIX, changed=self._forget)
        self._kept: dict[str, Kept] = {}
        self._bytes = 0
        # Reads that are on their way to the server: what changes meanwhile is not kept.
        self._asked: dict[str, object] = {}
        # Its ends are taken and given atomically, so counting needs no lock.
        self._reads: deque[tuple[str, int, int]] = deque()
        self._uncounted: dict[tuple[str, int], tuple[int, int]] = {}
        self._hits: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._call_off: Callable[[], object] = lambda: None
        self._ended = threading.Event()
        self._read_at = 0.0

    def get(self, name: str, *, patient: bool = False, anew: bool = False, part: str = "") -> Entry | Miss:
        """The result under a key, or why there is none; as :meth:`precompute.reads.Reads.look`.

        Parts are not kept: a few pictures would take the place of all else. They are counted as what is kept is, since
        a count that is added to an entry changes it, and with each picture that a page loads all would forget it.
        """
        early = self._cache.draw()
        from_here = not (anew or part)
        # What was told until now is passed on by this, so it comes before the look.
        if from_here and self._tracking.current() and (kept := self._kept.get(name)) is not None:
            now = self._cache.clock()
            if now + early * kept.cost < kept.entry.stale_at:
                self._note(kept, name, to_ms(now))
                return replace(kept.entry, read_at=now)
        return self._ask(name, early=early, patient=patient, part=part)

    def flush_hits(self) -> None:
        """Add the reads of this process to everybody's counters; when this returns, none that came before is missing.

        Raises:
            StoreUnavailable: They were not added, and are kept.
        """
        with self._counting:
            self._add_hits()

    def flush(self) -> None:
        """The same, and add them to the counts of their entries.

        Raises:
            StoreUnavailable: They were not added, or not all, and are kept.
        """
        with self._counting:
            self._add_hits()
            for batch in in_batches(list(self._uncounted), most=_BATCH):
                self._cache.count((*one, *self._uncounted[one]) for one in batch)
                for one in batch:
                    del self._uncounted[one]

    def _add_hits(self) -> None:
        for _ in range(len(self._reads)):
            name, computed_ms, read_ms = self._reads.popleft()
            many, last = self._uncounted.get((name, computed_ms), (0, 0))
            self._uncounted[name, computed_ms] = many + 1, max(last, read_ms)
            self._hits[name.partition(":")[0]] += 1
        if self._hits:
            self._cache.count_hits(self._hits)
            self._hits.clear()

    def close(self) -> None:
        """Follow no longer, and add what is left to everybody's counts."""
        self._ended.set()
        if self._thread is not None:
            self._call_off()
            self._thread.join()
        self._end()

    def _ask(self, name: str, *, early: float, patient: bool, part: str) -> Entry | Miss:
        key = CacheKey.parse(name)
        self._check(key)
        self._follow()
        # From here on a change takes the ticket away, and so does the end of being told of changes.
        ticket = object()
        if not part:
            self._asked[name] = ticket
        try:
            if self._tracking.current():
                found, cost = self._cache.read_to_keep(key, early=early, patient=patient, part=part)
                if isinstance(found, Entry) and cost is not None:
                    kept = Kept(entry=found, cost=cost)
                    self._note(kept, name, to_ms(found.read_at))
                    self._keep(name, kept, ticket=ticket)
            else:
                found = self._cache.read(key, early=early, patient=patient, part=part)
        finally:
            if self._asked.get(name) is ticket:
                self._asked.pop(name, None)
        if isinstance(found, Entry) and found.due:
            self._refresh(found)
        return found

    def _note(self, kept: Kept, name: str, read_ms: int) -> None:
        self._reads.append((name, to_ms(kept.entry.computed_at), read_ms))
        self._read_at = time.monotonic()

    def _keep(self, name: str, kept: Kept, *, ticket: object) -> None:
        if kept.size * _LARGEST_SHARE > self._most_bytes:
            return
        with self._tracking.lock:
            if self._asked.get(name) is not ticket:
                return
            self._drop(name)
            self._kept[name] = kept
            self._bytes += kept.size
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, name: str) -> None:
        gone = self._kept.pop(name, None)
        if gone is not None:
            self._bytes -= gone.size

    def _forget(self, names: Iterable[bytes] | None) -> None:
        """Called with the lock of the tracking held."""
        if names is None:
            self._kept.clear()
            self._asked.clear()
            self._bytes = 0
            return
        for raw in names:
            name = raw[len(PREFIX) :].decode(errors="replace")
            self._asked.pop(name, None)
            self._drop(name)

    def _follow(self) -> None:
        self._read_at = time.monotonic()
        # A fork of this process has no threads but its own.
        if self._tracking.refused or self._ended.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._call_off()
                self._call_off = on_leaving(self.close)
                self._thread = threading.Thread(target=self._run, name="precompute-near", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        count_at = time.monotonic() + COUNT_EVERY_S
        count_each_at = time.monotonic() + self._count_each_every_s
        while not (self._ended.is_set() or self._tracking.refused or self._rests()):
            try:
                self._tracking.attend(within_s=ASK_EVERY_S)
                if time.monotonic() >= count_each_at:
                    count_each_at = time.monotonic() + self._count_each_every_s
                    self.flush()
                elif time.monotonic() >= count_at:
                    count_at = time.monotonic() + COUNT_EVERY_S
                    self.flush_hits()
            except (redis.RedisError, OSError, StoreUnavailable) as problem:
                _log.debug("Nothing is kept near", extra={"action": "tracking_lost", "problem": repr(problem)})
                self._ended.wait(AGAIN_AFTER_S)
        self._end()

    def _rests(self) -> bool:
        return time.monotonic() - self._read_at > REST_AFTER_S

    def _end(self) -> None:
        self._tracking.close()
        try:
            self.flush()
        except StoreUnavailable:
            _log.info("Cache away at the end", extra={"action": "reads_not_counted"})
