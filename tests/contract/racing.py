"""What computations and invalidations race for: results that say what they saw."""

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import product
from typing import Any

import redis
from bench import CATALOGUE, CUTS, LOOKS, RATE, RAW, SOLO, Bench, key
from known_facts import KnownFacts

from precompute.callbacks import Callbacks
from precompute.job import Job
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
            callbacks=Callbacks(bench.client, ledger=bench.ledger),
        )
        return Execution(engine=engine, bindings={row.name: self._binding(row) for row in ROWS})

    def _binding(self, row: TaskType) -> Binding:
        def compute(*inputs: Mapping[str, int], job: Job) -> dict[str, int]:
            self.computed += 1
            return self.world.seen(row, job.event.subject_id, *inputs)

        return Binding(row=row, function=compute, wants_job=True, opened_by=None)
