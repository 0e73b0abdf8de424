"""Facts on their way to the database: appended when they are accepted, taken off when they are committed."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.exceptions import LockNotOwnedError

from precompute.errors import BrokerUnavailable, SourceUnavailable, StoreUnavailable, UnusableSource
from precompute.fact_json import fact_from_json, fact_to_json
from precompute.facts import Fact
from precompute.lane import Lanes
from precompute.scripts import reaching, run_script
from precompute.settings import Settings

_log = logging.getLogger(__name__)

STREAM = "pc:facts"
"""Stream of the facts that are not in the database yet; each entry holds one as JSON under ``f``."""

SET_ASIDE = "pc:facts:aside"
"""Stream of the facts that cannot be written, each with the reason under ``why``."""

_TRIES = "pc:facts:tries"
"""Hash of entry id to how often it could not be written though the database answered."""

_LOCK = "pc:facts:lock"

_GROUP = "database"

# One name for every drainer: only the holder of the lock reads, and names by process would pile up in the group.
_CONSUMER = "drainer"

BATCH = 1000
"""Most facts written in one transaction."""

MOST_AT_ONCE = 50_000
"""Most facts that one call of drain takes, so that its worker gets to other tasks between."""

MOST_TRIES = 5
"""A fact that cannot be written is set aside after as many drains."""

LOCK_LASTS = timedelta(seconds=30)
"""A drainer that died is replaced after this long; renewed with each batch."""

PAUSE = timedelta(seconds=5)
"""Between tries while the database is away, so that workers do not spend their time waiting for it."""

# One command however many facts, and all of them or none: a caller that got no answer may send them again.
_APPEND = """
for position = 1, #ARGV do
  redis.call('XADD', KEYS[1], '*', 'f', ARGV[position])
end
"""

Entry = tuple[bytes, bytes]
"""Id and JSON of an entry."""


def stream_url(settings: Settings) -> str:
    """The server that keeps the stream: the broker's where that is a Redis, as it never evicts.

    Else that of ``PRECOMPUTE_FACTS_URL``, or where that is not set the cache's.
    """
    broker = settings.broker.split(";", 1)[0].replace("redis+socket://", "unix://", 1)
    at_broker = urlsplit(broker).scheme in {"redis", "rediss", "unix"}
    return broker if at_broker else settings.facts_url or settings.redis_url


def lines_of(facts: Iterable[Fact]) -> list[bytes]:
    """Facts as they are accepted.

    Raises:
        BadParameters: Something in one of them is not JSON.
    """
    return [fact_to_json(fact) for fact in facts]


def accepting(lines: Iterable[bytes]) -> list[tuple[Any, ...]]:
    """Commands that accept facts as :meth:`FactStream.accept` does, for a transaction with others."""
    return [("XADD", STREAM, "*", "f", line) for line in lines]


class FactStream:
    """The facts that are accepted and not stored yet.

    Args:
        client: Of the server at :func:`stream_url`, as :func:`precompute.scripts.connect` makes it.
    """

    def __init__(self, client: "redis.Redis") -> None:
        # redis-py annotates every answer as bytes or str or awaitable; this client gives bytes.
        self._client: Any = client
        self._append = self._client.register_script(_APPEND)
        self._lanes = Lanes(client)

    def append(self, facts: Sequence[Fact]) -> None:
        """Accept facts, in their order, all or none; one round trip.

        Raises:
            BadParameters: Something in one of them is not JSON.
            BrokerUnavailable: None was accepted, or no answer came.
        """
        self.accept(lines_of(facts))

    def accept(self, lines: Sequence[bytes]) -> None:
        """The same of facts as :func:`lines_of` wrote them.

        Raises:
            BrokerUnavailable: None was accepted, or no answer came.
        """
        if lines:
            with _reaching_broker():
                run_script(self._lanes, self._append, keys=[STREAM], args=lines)

    def waiting(self) -> int:
        """How many facts are accepted and not stored yet."""
        with _reaching_broker():
            return int(self._client.xlen(STREAM))

    def drain(self, write: Callable[[Sequence[Fact]], object]) -> int:
        """Hand what was accepted to ``write``, at most a thousand facts at a time, and take off what it took.

        What a drainer that died had read comes first. A fact that ``write`` refuses is tried alone, and set aside after
        a few drains. Nothing happens while somebody else drains, or just after the database was away.

        Args:
            write: Stores facts, each once however often it is given. Raises ``UnusableSource`` when one of them can
                never be stored, ``SourceUnavailable`` or ``StoreUnavailable`` when nothing can be stored now.

        Returns:
            How many facts were written.

        Raises:
            SourceUnavailable, StoreUnavailable: From ``write``; what was not written stays.
            BrokerUnavailable: The stream cannot be reached.
        """
        with _reaching_broker():
            lock = self._client.lock(_LOCK, timeout=LOCK_LASTS.total_seconds(), blocking=False, thread_local=False)
            return self._drain(write, lock) if lock.acquire() else 0

    def _drain(self, write: Callable[[Sequence[Fact]], object], lock: Any) -> int:
        written = taken = 0
        try:
            self._join()
            for entries in self._batches():
                written += self._settle(entries, write)
                taken += len(entries)
                lock.reacquire()
                if taken >= MOST_AT_ONCE:
                    break
            lock.release()
        except (SourceUnavailable, StoreUnavailable):
            with suppress(LockNotOwnedError):
                lock.extend(PAUSE.total_seconds(), replace_ttl=True)
            raise
        except LockNotOwnedError:
            # It took so long that another drainer took over, who goes on with the rest.
            _log.warning("Drain taken over", extra={"action": "drain_taken_over"})
        return written

    def _join(self) -> None:
        try:
            self._client.xgroup_create(STREAM, _GROUP, id="0", mkstream=True)
        except redis.ResponseError as answer:
            if "BUSYGROUP" not in str(answer):
                raise

    def _batches(self) -> Iterator[list[Entry]]:
        # Whoever holds the lock is the only one who drains, so that what is pending was left by the dead. Should the
        # other live on, both write the same facts, which are stored once.
        start: bytes | str = "0-0"
        while True:
            start, entries, _gone = self._client.xautoclaim(
                STREAM, _GROUP, _CONSUMER, min_idle_time=0, start_id=start, count=BATCH
            )
            if entries:
                yield _lines(entries)
            if start == b"0-0":
                break
        while found := self._client.xreadgroup(_GROUP, _CONSUMER, {STREAM: ">"}, count=BATCH):
            entries = _entries_of(found)
            yield _lines(entries)
            if len(entries) < BATCH:
                # What comes in meanwhile waits for the next drain: else under load each transaction would hold a
                # handful, and the worker never get to anything else.
                break

    def _settle(self, entries: Sequence[Entry], write: Callable[[Sequence[Fact]], object]) -> int:
        """Write entries and take them off; of those that cannot be written, count one more try."""
        try:
            write([fact_from_json(line, accepted=_place(entry_id)) for entry_id, line in entries])
        except UnusableSource as problem:
            if len(entries) == 1:
                self._failed(entries[0], problem)
                return 0
            middle = len(entries) // 2
            return self._settle(entries[:middle], write) + self._settle(entries[middle:], write)
        self._take_off([entry_id for entry_id, _ in entries])
        return len(entries)

    def _failed(self, entry: Entry, problem: UnusableSource) -> None:
        entry_id, line = entry
        if self._client.hincrby(_TRIES, entry_id, 1) < MOST_TRIES:
            return
        self._take_off([entry_id], aside={"f": line, "why": problem.message})
        extra = {
            "action": "fact_set_aside",
            "entry": entry_id.decode(),
            "code": problem.code,
            "reason": problem.message,
        }
        _log.error("Fact set aside", extra=extra)

    def _take_off(self, ids: Sequence[bytes], *, aside: dict[str, Any] | None = None) -> None:
        with self._client.pipeline(transaction=True) as pipe:
            if aside is not None:
                pipe.xadd(SET_ASIDE, aside)
            pipe.xack(STREAM, _GROUP, *ids)
            pipe.xdel(STREAM, *ids)
            pipe.hdel(_TRIES, *ids)
            pipe.execute()


def _reaching_broker() -> AbstractContextManager[None]:
    return reaching("the server of the facts", unavailable=BrokerUnavailable)


def _entries_of(found: Any) -> Any:
    # A list of pairs in RESP2, a mapping of lists of pages in RESP3.
    return found[STREAM.encode()][0] if isinstance(found, dict) else found[0][1]


def _lines(entries: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> list[Entry]:
    return [(entry_id, fields.get(b"f", b"")) for entry_id, fields in entries]


def _place(entry_id: bytes) -> int:
    """A number that grows as entry ids ``milliseconds-sequence`` do; fits 63 bits until the year 2248."""
    milliseconds, _, sequence = entry_id.partition(b"-")
    return (int(milliseconds) << 20) + int(sequence)
