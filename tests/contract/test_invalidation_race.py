"""Invalidations against running computations: what was computed before is never served as fresh after."""

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
import redis
from bench import CATALOGUE, CUTS, LEASE, LOOKS, RATE, RAW, SOLO, Bench, key
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from known_facts import KnownFacts

from precompute.entry import Entry
from precompute.errors import InputGone, LeaseLost
from precompute.invalidation import lineage
from precompute.job import Job
from precompute.ledger import Beginning
from precompute.message import Message
from precompute.patterns import Pattern
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.task_type import TaskType
from workers.binding import Binding
from workers.execution import Execution, TryAgain
from workers.wiring import Engine

VIDEOS = ("v1", "v2")
ROWS = (RAW, CUTS, LOOKS, RATE, SOLO)
SERVED = (CUTS, LOOKS, RATE, SOLO)
PATTERNS = (
    *("*", "video:*", "video:v1:*", "*:video:v2", "raw:*", "raw:video:v1", "cuts:*", "cuts:video:v2", "*s:video:v?"),
    *("looks:video:v1", "rate:*", "video:v2:rate", "solo:*", "solo:video:v1"),
)
"""By key, by subject, by type, and with free wildcards."""


class World:
    """What results are computed from: a number for each row and video, which grows when what is known changes.

    A result says which numbers it saw, its inputs' included.
    """

    def __init__(self) -> None:
        self.now = dict.fromkeys(product((row.name for row in ROWS), VIDEOS), 0)
        self.settled = dict(self.now)

    def change(self, pattern: str, invalidate: Callable[[], Any]) -> None:
        """What ``pattern`` names becomes different, and then it is invalidated."""
        hit = [
            (row.name, video) for row, video in product(ROWS, VIDEOS) if Pattern(pattern).matches(str(key(row, video)))
        ]
        for one in hit:
            self.now[one] += 1
        told = {one: self.now[one] for one in hit}
        invalidate()
        for one, number in told.items():
            self.settled[one] = max(self.settled[one], number)

    def seen(self, row: TaskType, video: str, *inputs: Mapping[str, int]) -> dict[str, int]:
        """What a computation that looks now would say."""
        found = {row.name: self.now[row.name, video]}
        for name, number in (pair for each in inputs for pair in each.items()):
            found[name] = min(number, found.get(name, number))
        return found


class Races(RuleBasedStateMachine):
    """Workers that begin, look and store in separate steps, and everything that can come in between."""

    client: "redis.Redis"

    def __init__(self) -> None:
        super().__init__()
        self.client.flushall()
        self.bench = Bench(self.client)
        self.world = World()
        self.running: dict[str, tuple[Message, dict[str, int] | None]] = {}
        self.workers = 0

    @initialize(videos=st.sets(st.sampled_from(VIDEOS)))
    def begin_with(self, videos: set[str]) -> None:
        """Some videos have all their results already."""
        for video in videos:
            self.trigger(set(SERVED), video, force=False)
            self.calm()

    @rule()
    def calm(self) -> None:
        """Whatever waits is computed in one go, until nothing is left."""
        for _ in range(30):
            if not self.bench.dispatch.sent:
                return
            message = self.bench.dispatch.sent.pop(0)
            owner = self._taken(message)
            if owner in self.running and self._looked(owner):
                self._stored(owner)

    @rule(rows=st.sets(st.sampled_from(SERVED), min_size=1), video=st.sampled_from(VIDEOS), force=st.booleans())
    def trigger(self, rows: set[TaskType], video: str, force: bool) -> None:
        """Somebody wants results."""
        self.bench.trigger(*rows, video=video, force=force)

    @precondition(lambda self: self.bench.dispatch.sent)
    @rule(data=st.data(), again=st.booleans())
    def begin(self, data: st.DataObject, again: bool) -> None:
        """A worker takes up a message, which may be delivered again."""
        message = data.draw(st.sampled_from(self.bench.dispatch.sent))
        if not again:
            self.bench.dispatch.sent.remove(message)
        self._taken(message)

    @precondition(lambda self: any(seen is None for _, seen in self.running.values()))
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        """A worker reads what it computes from."""
        owner = data.draw(st.sampled_from(sorted(name for name, (_, seen) in self.running.items() if seen is None)))
        self._looked(owner)

    @precondition(lambda self: any(seen is not None for _, seen in self.running.values()))
    @rule(data=st.data())
    def store(self, data: st.DataObject) -> None:
        """A worker writes what it saw, if it may."""
        owner = data.draw(st.sampled_from(sorted(name for name, (_, seen) in self.running.items() if seen is not None)))
        self._stored(owner)

    @rule(pattern=st.sampled_from(PATTERNS), soft=st.booleans())
    def invalidate(self, pattern: str, soft: bool) -> None:
        """What is known changes, and whoever changed it says so."""
        self.world.change(pattern, lambda: self.bench.invalidate(pattern, soft=soft))

    @rule(row=st.sampled_from(ROWS), video=st.sampled_from(VIDEOS))
    def evict(self, row: TaskType, video: str) -> None:
        """The server makes room."""
        self.client.delete(f"pc:e:{key(row, video)}")

    @rule()
    def sweep(self) -> None:
        """What beat does, a while later; those who run give signs of life."""
        self.bench.clock.forward(LEASE)
        for owner, (message, _) in self.running.items():
            self.bench.ledger.extend(message.key, owner=owner, lease=LEASE, progress=None)
        for task in self.bench.ledger.overdue():
            self.bench.dependants.advance(CATALOGUE.get(task.key.task_type), task.key, task_id=task.task_id)

    def _taken(self, message: Message) -> str:
        self.workers += 1
        owner = f"w{self.workers}"
        beginning = self.bench.take(message, owner=owner)
        if beginning is Beginning.RUN:
            self.running[owner] = (message, None)
        elif beginning is not Beginning.BUSY:
            self.bench.dependants.release(CATALOGUE.get(message.key.task_type), message.key, again=True)
        return owner

    def _looked(self, owner: str) -> bool:
        message, _ = self.running[owner]
        row, ref = CATALOGUE.get(message.key.task_type), message.key.ref
        try:
            inputs = [self.bench.cache.stored(other.key_for(ref), fresh=True).value for other in row.inputs]
        except InputGone:
            del self.running[owner]
            self.bench.fail(row, video=ref.id, owner=owner, retry_in=LEASE)
            self.bench.dependants.advance(row, message.key, task_id=message.task_id)
            return False
        self.running[owner] = (message, self.world.seen(row, ref.id, *inputs))
        return True

    def _stored(self, owner: str) -> None:
        message, seen = self.running.pop(owner)
        row = CATALOGUE.get(message.key.task_type)
        with suppress(LeaseLost):
            self.bench.store(row, video=message.key.ref.id, owner=owner, value=seen)
        self.bench.dependants.release(row, message.key)

    @invariant()
    def nothing_fresh_is_older_than_what_is_known(self) -> None:
        """Of no result, nor of anything that it was computed from."""
        for row, video in product(ROWS, VIDEOS):
            found = self.bench.cache.read(key(row, video), counted=False)
            if isinstance(found, Entry) and not found.stale:
                names = {row.name, *(other.name for other in lineage(row))}
                assert found.value == {name: self.world.now[name, video] for name in names}, found.key


def test_no_stale_write_gets_through_in_any_order_of_steps(cache_client: "redis.Redis") -> None:
    """Hypothesis looks for an order in which a result from before an invalidation is fresh after it."""
    machine = type("RacesOnServer", (Races,), {"client": cache_client})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


class Crew:
    """Workers with the real task body, each with a connection and a queue of its own, that compute without a pause.

    Args:
        server: A client of the cache; each worker makes another like it.
        world: What they compute from.
        ended: Set when they are to stop.
    """

    def __init__(self, server: "redis.Redis", world: World, ended: threading.Event) -> None:
        self.server = server
        self.world = world
        self.ended = ended
        self.computed = 0

    def work(self, number: int) -> None:
        """Trigger something, compute everything that follows, and again."""
        chance = random.Random(number)  # noqa: S311 - no secret
        with redis.Redis(
            connection_pool=redis.ConnectionPool(**self.server.connection_pool.connection_kwargs)
        ) as client:
            bench = Bench(client)
            execution = self._execution(bench)
            while not self.ended.is_set():
                bench.trigger(chance.choice(SERVED), video=chance.choice(VIDEOS), force=chance.random() < 0.5)
                for _ in range(20):
                    if not bench.dispatch.sent:
                        break
                    with suppress(TryAgain):
                        execution.run(bench.dispatch.sent.pop(0))

    def _execution(self, bench: Bench) -> Execution:
        facts, stream = KnownFacts(), FactStream(bench.client)
        engine = Engine(
            settings=Settings(),
            catalogue=CATALOGUE,
            cache=bench.cache,
            ledger=bench.ledger,
            dispatch=bench.dispatch,  # type: ignore[arg-type]
            facts=facts,  # type: ignore[arg-type]
            stream=stream,
        )
        return Execution(engine=engine, bindings={row.name: self._binding(row) for row in ROWS})

    def _binding(self, row: TaskType) -> Binding:
        def compute(*inputs: Mapping[str, int], job: Job) -> dict[str, int]:
            self.computed += 1
            return self.world.seen(row, job.event.subject_id, *inputs)

        return Binding(row=row, function=compute, wants_job=True, opened_by=None)


@pytest.mark.parametrize("soft", [False, True])
def test_thousands_of_invalidations_win_against_running_computations(cache_client: "redis.Redis", soft: bool) -> None:
    """With workers and invalidations side by side, nobody is served as fresh what was settled to be outdated before."""
    world, ended = World(), threading.Event()
    crew = Crew(cache_client, world, ended)
    workers = [threading.Thread(target=crew.work, args=(number,)) for number in range(3)]
    bench = Bench(cache_client)
    chance = random.Random(5)  # noqa: S311 - no secret
    fresh, won = 0, 0
    for worker in workers:
        worker.start()
    try:
        for _ in range(1500):
            pattern = chance.choice(PATTERNS)
            running = int(cache_client.zcard("pc:watch"))
            world.change(pattern, lambda pattern=pattern: bench.invalidate(pattern, soft=soft))
            won += running > 0
            fresh += _assert_nothing_outdated(bench, world)
    finally:
        ended.set()
        for worker in workers:
            worker.join()
    # Otherwise nothing was raced against.
    assert crew.computed > 500
    assert fresh > 500
    assert won > 500


def _assert_nothing_outdated(bench: Bench, world: World) -> int:
    """How many fresh results there were, all of them of what was settled before they were read."""
    count = 0
    for row, video in product(SERVED, VIDEOS):
        settled = dict(world.settled)
        found = bench.cache.read(key(row, video), counted=False)
        if isinstance(found, Entry) and not found.stale:
            count += 1
            for name, number in found.value.items():
                assert number >= settled[name, video], f"{found.key} is fresh and saw an outdated {name}"
    return count
