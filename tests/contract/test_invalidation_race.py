"""Invalidations against running computations: what was computed before is never served as fresh after."""

import random
import threading
from contextlib import suppress
from itertools import product

import pytest
import redis
from bench import CATALOGUE, LEASE, Bench, key
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
from racing import PATTERNS, ROWS, SERVED, VIDEOS, Crew, World

from precompute.entry import Entry
from precompute.errors import InputGone, LeaseLost
from precompute.invalidation import lineage
from precompute.ledger import Beginning
from precompute.message import Message
from precompute.task_type import TaskType


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

    def calm(self, *, but: TaskType | None = None, until: str = "looked") -> None:
        """Whatever waits is computed in one go, until nothing is left; a message of one row only that far."""
        left: list[Message] = []
        for _ in range(30):
            if not self.bench.dispatch.sent:
                break
            message = self.bench.dispatch.sent.pop(0)
            halfway = but is not None and but.name == message.key.task_type
            if halfway and until == "queued":
                left.append(message)
                continue
            owner = self._taken(message)
            if owner in self.running and not (halfway and until == "begun") and self._looked(owner) and not halfway:
                self._stored(owner)
        self.bench.dispatch.sent += left

    @rule(
        row=st.sampled_from(SERVED), video=st.sampled_from(VIDEOS), until=st.sampled_from(["queued", "begun", "looked"])
    )
    def compute_halfway(self, row: TaskType, video: str, until: str) -> None:
        """Somebody insists on a result; its inputs are there, and its own worker has come that far."""
        self.trigger({row}, video, force=True)
        self.calm(but=row, until=until)

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
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


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
        for _ in range(1000):
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
    assert crew.computed > 200
    assert fresh > 200
    assert won > 200


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
