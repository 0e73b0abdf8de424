"""A day of churn on a server that has too little memory: it drops keys of its own choice all the time."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from bench import CATALOGUE, CUTS, GRACE, KEPT_FOR_ERRORS, LOOKS, RATE, SOLO, TTL, Bench, key
from known_facts import KnownFacts
from servers import ValkeyServer

from precompute.callbacks import Callbacks
from precompute.errors import StoreUnavailable
from precompute.job import Computed, Job
from precompute.ledger import KEPT
from precompute.mending import mend
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.task_type import TaskType
from workers.binding import Binding
from workers.execution import Execution, TryAgain
from workers.wiring import Engine

MEMORY_MB = 4
HALF_HOUR = timedelta(minutes=30)
ENTRY_INDEXES = ("pc:gone", "pc:due", "pc:y:*", "pc:unread")
INDEXES = (*ENTRY_INDEXES, "pc:watch", "pc:q:*", "pc:checks")


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """As a cache is run in production, but tiny."""
    options = ("--maxmemory", f"{MEMORY_MB}mb", "--maxmemory-policy", "allkeys-lru")
    with ValkeyServer(tmp_path_factory.mktemp("small"), *options) as server:
        yield server


@pytest.fixture
def bench(small_server: ValkeyServer) -> Iterator[Bench]:
    """The engine on it."""
    with small_server.client() as client:
        client.flushall()
        client.config_resetstat()
        yield Bench(client)


class Churn:
    """Uploads all day, of videos that are read for a while and then never again."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.chance = random.Random(9)  # noqa: S311 - no secret
        self.uploads = 0
        engine = Engine(
            settings=Settings(),
            catalogue=CATALOGUE,
            cache=bench.cache,
            ledger=bench.ledger,
            dispatch=bench.dispatch,  # type: ignore[arg-type]
            facts=KnownFacts(),  # type: ignore[arg-type]
            stream=FactStream(bench.client),
            callbacks=Callbacks(bench.client, ledger=bench.ledger),
        )
        self.execution = Execution(engine=engine, bindings={row.name: self._binding(row) for row in CATALOGUE})

    def half_hour(self, *, uploads: int) -> None:
        """Half an hour: uploads, what workers make of them, readers, somebody who takes results back, beat."""
        for _ in range(uploads):
            self.uploads += 1
            self.bench.trigger(CUTS, LOOKS, RATE, SOLO, video=f"v{self.uploads}")
        self._work()
        for _ in range(2 * uploads):
            self.bench.cache.read(key(self.chance.choice((CUTS, RATE, SOLO)), f"v{self._recent()}"))
        if self.uploads:
            self.bench.invalidate(f"video:v{self._recent()}:*", soft=self.chance.random() < 0.5)
        self.sweep()
        self.bench.clock.forward(HALF_HOUR)

    def sweep(self) -> None:
        """What beat has workers do; the server may have dropped a task with its message."""
        for task in self.bench.ledger.overdue():
            self.execution.engine.dependants.advance(CATALOGUE.get(task.key.task_type), task.key, task_id=task.task_id)
        self.bench.cache.clean()
        mend(self.bench.ledger, CATALOGUE)
        self._work()

    def _work(self) -> None:
        for _ in range(10_000):
            if not self.bench.dispatch.sent:
                return
            message = self.bench.dispatch.sent.pop(0)
            try:
                self.execution.run(message)
            except (TryAgain, StoreUnavailable):
                # The clock of the bench is not the server's: by the next sweep the lease will have lapsed.
                self.bench.client.delete(f"pc:l:{message.key}")
        raise AssertionError("messages beget messages")

    def _recent(self) -> int:
        return max(1, self.uploads - self.chance.randint(0, 150))

    def _binding(self, row: TaskType) -> Binding:
        def compute(*inputs: object, job: Job) -> Computed:
            if row.name == "looks" and self.chance.random() < 0.1:
                raise StoreUnavailable("as when the cache is full")
            return Computed(value={"text": "x" * self.chance.randint(10, 4000)}, parts={"still": b"y" * 3000})

        return Binding(row=row, function=compute, wants_job=True, opened_by=None)


def named(bench: Bench, *patterns: str) -> dict[str, set[str]]:
    """What each index names."""
    found: dict[str, set[str]] = {}
    client: Any = bench.client
    for pattern in patterns:
        for index in client.scan_iter(pattern):
            members = client.hkeys(index) if client.type(index) == b"hash" else client.zrange(index, 0, -1)
            found[index.decode()] = {each.decode() for each in members}
    return found


def there(bench: Bench, kind: str) -> set[str]:
    """Keys of which there is an entry (``e``) or a task (``t``)."""
    return {name.decode().removeprefix(f"pc:{kind}:") for name in bench.client.scan_iter(f"pc:{kind}:*", count=1000)}


def evicted(bench: Bench) -> int:
    """Keys that the server has dropped so far."""
    return int(bench.client.info("stats")["evicted_keys"])


def test_a_day_of_churn_leaves_true_indexes_and_no_orphans(bench: Bench) -> None:
    """The server drops thousands of keys; indexes keep to what is stored, and in the end nothing is left behind."""
    churn = Churn(bench)
    largest = 0
    for _ in range(48):
        churn.half_hour(uploads=16)
        largest = max(largest, *(len(names) for names in named(bench, *ENTRY_INDEXES).values()))
    assert evicted(bench) > 1000
    # What was dropped is still named for some sweeps. Were it for ever, all that was ever stored would be.
    assert 3 * largest < 4 * churn.uploads, largest

    _settled(churn)

    entries = there(bench, "e")
    assert entries
    indexes = named(bench, *ENTRY_INDEXES)
    assert indexes["pc:gone"] == entries
    assert set().union(*(names for index, names in indexes.items() if index.startswith("pc:y:"))) == entries
    assert indexes["pc:unread"] <= entries
    assert indexes["pc:due"] <= entries
    assert named(bench, "pc:watch", "pc:q:*") == {}

    bench.clock.forward(TTL + GRACE + KEPT_FOR_ERRORS + KEPT)
    _settled(churn)

    assert named(bench, *INDEXES) == {}
    assert there(bench, "e") == set()
    # The clock of the bench is not the server's, which has kept the records of failures.
    assert named(bench, "pc:failed").get("pc:failed", set()) <= there(bench, "t")
    # Records of what is over are forgotten by the server itself.
    for name in bench.client.scan_iter("pc:[til]:*"):
        # -1: never. -2: it has been forgotten since it was named.
        assert bench.client.pttl(name) != -1, name


def _settled(churn: Churn) -> None:
    """Sweeps without any new upload, on a server that has room."""
    churn.bench.client.config_set("maxmemory", "200mb")
    for _ in range(40):
        churn.sweep()
        churn.bench.clock.forward(timedelta(seconds=30))
