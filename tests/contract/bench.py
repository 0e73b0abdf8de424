"""The engine on a real cache server, with a clock and a dispatch that the tests hold in their hands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import orjson
import redis

from precompute.admission import Receipt, admit
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.dependants import Dependants
from precompute.entry import Failure, State
from precompute.errors import BrokerUnavailable
from precompute.events import Event, VideoUploaded
from precompute.invalidation import Invalidation
from precompute.ledger import Beginning, Ledger, TaskRecord
from precompute.message import Forced, Message
from precompute.needs import remembering
from precompute.patterns import Pattern
from precompute.planner import Cause, plan
from precompute.queues import Queue
from precompute.revalidation import Revalidation
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=20)
TTL = timedelta(hours=2)
GRACE = timedelta(hours=1)
KEPT_FOR_ERRORS = timedelta(hours=2)


def _row(name: str, *inputs: TaskType, transient: bool = False) -> TaskType:
    return TaskType(
        name=name,
        subject=Subject.VIDEO,
        on=None if transient else VideoUploaded,
        queue=Queue.VIDEO,
        ttl=TTL,
        grace=GRACE,
        kept_for_errors=KEPT_FOR_ERRORS,
        inputs=inputs,
        time_limit=timedelta(minutes=1),
        transient=transient,
    )


RAW = _row("raw", transient=True)
CUTS = _row("cuts", RAW)
LOOKS = _row("looks", RAW)
RATE = _row("rate", CUTS, LOOKS)
SOLO = _row("solo")
"""RAW feeds CUTS and LOOKS, those feed RATE; SOLO stands alone."""

CATALOGUE = Catalogue.of((RAW, CUTS, LOOKS, RATE, SOLO))


class SettableClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """The instant it was set to."""
        return self.now

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


class RecordedDispatch:
    """A dispatch that keeps the messages; with ``broken`` set it is a broker that is away."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.revalidations: list[Revalidation] = []
        self.forced: list[Forced] = []
        self.broken = False

    def __call__(self, messages: Iterable[Message], /, *, facts: Sequence[bytes] = ()) -> bool:
        """Keep them, or refuse them all; facts are left to whoever brings them."""
        messages = list(messages)
        if self.broken and messages:
            raise BrokerUnavailable
        self.sent.extend(messages)
        return False

    def revalidate(self, revalidations: Iterable[Revalidation], /) -> None:
        """Keep them, or refuse them all."""
        revalidations = list(revalidations)
        if self.broken and revalidations:
            raise BrokerUnavailable
        self.revalidations.extend(revalidations)

    def force(self, forced: Forced, /) -> None:
        """Keep it, or refuse it."""
        if self.broken:
            raise BrokerUnavailable
        self.forced.append(forced)

    @property
    def names(self) -> list[str]:
        """Task types in the order in which they were sent."""
        return [message.key.task_type for message in self.sent]


class Bench:
    """Everything the engine consists of, and the moves of a worker by hand."""

    def __init__(self, client: "redis.Redis") -> None:
        self.client: Any = client
        self.clock = SettableClock()
        self.dispatch = RecordedDispatch()
        self.cache = Cache(client, clock=self.clock)
        self.ledger = Ledger(self.cache, watch=LEASE)
        self.dependants = Dependants(cache=self.cache, ledger=self.ledger, catalogue=CATALOGUE, dispatch=self.dispatch)

    def trigger(
        self,
        *rows: TaskType,
        video: str = "v1",
        fingerprint: str = "f1",
        force: bool = False,
        cause: Cause = Cause.EVENT,
        insist: bool = False,
        seen_at: datetime | None = None,
    ) -> Receipt:
        """What an upload does."""
        event = VideoUploaded(subject_id=video, user_id="u1", fingerprint=fingerprint)
        asked: dict[str, Any] = {"force": force, "cause": cause, "insist": insist, "seen_at": seen_at}
        planned = plan(event, catalogue=CATALOGUE, rows=rows, **asked)
        return admit(planned, ledger=self.ledger, dispatch=self.dispatch)

    def brought(self, events: Iterable[Event]) -> None:
        """What is remembered of triggers, for their users."""
        for command in remembering(events):
            self.client.execute_command(*command)

    def message(self, row: TaskType, video: str = "v1") -> Message:
        """The latest message sent for a key."""
        return next(each for each in reversed(self.dispatch.sent) if each.key == key(row, video))

    def begin(self, row: TaskType, *, video: str = "v1", owner: str = "w1", fingerprint: str = "f1") -> Beginning:
        """A worker takes the latest message up."""
        return self.take(self.message(row, video), owner=owner, fingerprint=fingerprint)

    def take(self, message: Message, *, owner: str = "w1", fingerprint: str = "f1") -> Beginning:
        """A worker takes this message up."""
        return self.ledger.begin(message, owner=owner, lease=LEASE, fingerprint=fingerprint)[0]

    def store(
        self,
        row: TaskType,
        *,
        video: str = "v1",
        owner: str = "w1",
        value: Mapping[str, Any] | None = None,
        parts: Mapping[str, bytes] | None = None,
        source: str = "",
    ) -> int:
        """The worker writes what it computed."""
        made = {"body": orjson.dumps({} if value is None else value), "parts": parts or {}, "source": source}
        return self.cache.store(row, key(row, video), owner=owner, cost=timedelta(milliseconds=1500), **made)

    def fail(self, row: TaskType, *, video: str = "v1", owner: str = "w1", retry_in: timedelta | None = None) -> bool:
        """The worker gives up, for good or for now."""
        failure = Failure(code="not_a_video", message="that is not a video")
        return self.ledger.fail(key(row, video), owner=owner, failure=failure, retry_in=retry_in)

    def compute(self, row: TaskType, *, video: str = "v1", **stored: Any) -> int:
        """The whole run of a worker: lease, result, dependants."""
        assert self.begin(row, video=video) is Beginning.RUN
        generation = self.store(row, video=video, **stored)
        self.dependants.release(row, key(row, video))
        return generation

    def have(self, *rows: TaskType, video: str = "v1", **stored: Any) -> None:
        """Results of rows without inputs, as if an upload had asked for them."""
        for row in rows:
            self.trigger(row, video=video)
            self.compute(row, video=video, **stored)

    def die(self, row: TaskType, video: str = "v1") -> None:
        """Its worker gives no sign of life until the lease lapses."""
        self.client.delete(f"pc:l:{key(row, video)}")
        self.clock.forward(LEASE)

    def record(self, row: TaskType, video: str = "v1") -> TaskRecord:
        """The task as its status is served."""
        return self.ledger.records([key(row, video)])[0]

    def state(self, row: TaskType, video: str = "v1") -> State:
        """Where the task stands."""
        return self.record(row, video).state

    def invalidate(self, pattern: str, *, soft: bool = False) -> int:
        """How many entries the pattern hit, with what was computed from them."""
        return Invalidation(cache=self.cache, catalogue=CATALOGUE).invalidate(Pattern(pattern), soft=soft)

    def counters(self) -> dict[str, int]:
        """What was counted."""
        return {name.decode(): int(count) for name, count in self.client.hgetall("pc:m").items()}

    @property
    def url(self) -> str:
        """Of the server."""
        return "redis://{host}:{port}/{db}".format(**self.client.connection_pool.connection_kwargs)

    def everything(self) -> dict[bytes, Any]:
        """All keys of the server with what they hold, but for the counter of results that came without a lease."""
        held = {name: self._held(name) for name in self.client.scan_iter(count=1000)}
        if b"pc:m" in held:
            held[b"pc:m"] = {name: n for name, n in held[b"pc:m"].items() if not name.startswith(b"lease_lost:")}
        return held

    def _held(self, name: bytes) -> Any:
        # What a server dumps of a hash depends on its history; what the hash holds does not.
        if self.client.type(name) == b"hash":
            return self.client.hgetall(name)
        return self.client.dump(name)

    def commands(self) -> dict[str, int]:
        """How often the server was asked what since the last ``CONFIG RESETSTAT``, scripts' own commands included."""
        stats = self.client.info("commandstats")
        return {name.removeprefix("cmdstat_"): facts["calls"] for name, facts in stats.items()}


def key(row: TaskType, video: str = "v1") -> CacheKey:
    """The key of one video's result."""
    return row.key_for(SubjectRef(subject=Subject.VIDEO, id=video))


def at_once(work: Callable[[int], Any], *, times: int) -> list[Any]:
    """What ``work`` gives to as many threads, all let go at the same moment."""
    gate = Barrier(times)

    def one(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
