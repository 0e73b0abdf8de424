"""What upkeep costs with a thousand and with a million entries stored: invalidating, sweeping and reading the metrics.

``python benchmarks/scale.py`` starts two servers of its own, fills them by the scripts that workers store results with,
and measures both in turns, so that a busy machine treats them alike. ``--entries 1000,100000`` for other sizes. A
million entries take three gigabytes and some minutes.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice

from figures import Figure, told
from filled_store import Store, filled, load, planned, server
from flask import Flask
from rich.console import Console
from rich.progress import Progress

from api.app import create_app
from api.figures import metrics_figures
from precompute.catalogue import ROWS, Catalogue
from precompute.due import DueEntries
from precompute.events import Event, VideoUploaded
from precompute.invalidation import Invalidation
from precompute.ledger import Ledger
from precompute.load import Backlog
from precompute.patterns import Pattern
from precompute.refreshing import Refreshing
from precompute.task_type import TaskType
from workers.wiring import precomputer

MOST_RATIO = 1.5
"""What the larger store may cost beside the smaller one."""

MOST_SCRAPE_MS = 50
"""What one scrape of the larger store may take."""

SCRAPE = "scrape for Prometheus"

TOUCHED = 100
"""Entries that each measured step is about."""


class Unsent:
    """A dispatch whose messages nobody gets: publishing costs the same whatever is stored."""

    def __call__(self, messages: Iterable[object], /, *, facts: Sequence[bytes] = ()) -> bool:
        """Take them; facts are left to whoever brings them."""
        return False

    def revalidate(self, revalidations: Iterable[object], /) -> None:
        """Take them."""

    def force(self, forced: object, /) -> None:
        """Take it."""

    def ping(self) -> None:
        """Be there."""


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


class Scraping:
    """Scrapes for Prometheus, each by an API process that has been there for a while; the memory weighed anew."""

    def __init__(self) -> None:
        self._apps: dict[str, Flask] = {}

    def __call__(self, store: Store) -> Callable[[], int]:
        """One scrape, from the request to the text."""
        settings = replace(store.settings, broker_url=store.settings.redis_url)
        if settings.redis_url not in self._apps:
            self._apps[settings.redis_url] = create_app(precomputer(settings), settings)
            self._apps[settings.redis_url].test_client().get("/metrics")
        app = self._apps[settings.redis_url]
        store.client.delete("pc:footprint")
        return lambda: TOUCHED * (app.test_client().get("/metrics").status_code == 200)


STEPS: tuple[tuple[str, Callable[[Store], Callable[[], int]]], ...] = (
    ("invalidate 100 entries, by key", by_key),
    ("invalidate 100 entries, by subject", by_subject),
    ("mark 100 entries stale, by subject", lambda store: by_subject(store, soft=True)),
    ("sweep 100 due entries", sweep),
    ("read the metrics", metrics),
    (SCRAPE, Scraping()),
)

OF_THE_ISSUE = ("invalidate 100 entries, by subject", "sweep 100 due entries", "read the metrics")
"""The other steps are held against the same target by us: of the ways to invalidate, this one has most to do."""


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
    """Fill, measure, print a table, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", default="1000,1000000", help="how many are stored, smaller first")
    parser.add_argument("--times", type=int, default=31, help="how often each step is measured")
    parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")
    options = parser.parse_args()
    sizes = [int(size) for size in options.entries.split(",")]
    with ExitStack() as running:
        stores = []
        with Progress(transient=True, console=Console(stderr=options.json)) as progress:
            for size in sizes:
                bar = progress.add_task(f"{size:,} entries", total=size)
                client = running.enter_context(server())
                stores.append(filled(client, size, tick=partial(progress.advance, bar)))
        figures = [_ratio(name, measured(step, stores, times=options.times), stores) for name, step in STEPS]
    largest = next(figure for figure in figures if figure.what.startswith(SCRAPE))
    most = f"<= {MOST_SCRAPE_MS} ms"
    figures.append(replace(largest, what=f"{SCRAPE}, the larger store", rival=None, target=most, own=True))
    figures += [_weight(store) for store in stores]
    told("scale", figures, as_json=options.json)


def _ratio(name: str, taken: list[list[float]], stores: Sequence[Store]) -> Figure:
    # Medians of pairs taken one after the other: what else the machine does falls on both.
    small, large = (statistics.median(samples) for samples in (taken[0], taken[-1]))
    what = f"{name}: {stores[-1].entries:,} entries, and {stores[0].entries:,}"
    return Figure(
        what=what, ours=large, rival=small, unit="ms", target=f"<= {MOST_RATIO}", own=name not in OF_THE_ISSUE
    )


def _weight(store: Store) -> Figure:
    note = "With its task, its id and its places in all indexes."
    what = f"memory of one of {store.entries:,} entries"
    return Figure(what=what, ours=store.bytes_each, unit="bytes", note=note)


if __name__ == "__main__":
    main()
