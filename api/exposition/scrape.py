"""One scrape: everything is asked at once, within bounds, and what cannot be told is left out."""

import platform
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import redis
from flask import Flask
from prometheus_client import Metric, ProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

import precompute
from api.exposition.broker import Backstage, BrokerSide
from api.exposition.families import counter, cumulated, gauge, histogram
from api.exposition.reads import memory, predictions, reads, uses
from api.exposition.requests import BOUNDS_S, Kind, Requests, count_requests, durations_by_kind
from api.exposition.thresholds import alerts, thresholds
from api.exposition.work import callbacks, processing, queues, refreshes, workers
from precompute.alerts import active_alerts
from precompute.cache import Cache
from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.follow_up import DAY, HOUR, WEEK, Accuracy, accuracy
from precompute.footprint import footprints
from precompute.measures import measure
from precompute.precomputer import Precomputer
from precompute.processes import counted, processes_by_role
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.standing import Standing, standing
from precompute.usefulness import usefulness

TIMEOUT_S = 0.35
"""Longest wait of a scrape for a connection and for each answer; it is tried twice."""

DEADLINE_S = 0.9
"""A scrape answers within a second, whatever is away."""

WINDOWS = {"hour": HOUR, "day": DAY}

WEEK_HOLDS_S = 60.0
"""Predictions of a week are added up this often at most."""

_DOWN = (StoreUnavailable, BrokerUnavailable, TimeoutError, redis.RedisError)
"""A server that answers something else than it should is as good as none, here."""

_Told = TypeVar("_Told")


class Scrape(Collector):
    """Everything the service tells about itself; a collector for Prometheus's own library.

    Nearly all of it is counted on the cache's server, by whichever process does the work: so a scrape of any API
    process tells of all processes, and nothing has to be collected from workers.

    Args:
        precomputer: The engine of this process.
        settings: Of this process.

    Attributes:
        deadline_s: What was not told within so many seconds is left out.
    """

    def __init__(self, precomputer: Precomputer, settings: Settings) -> None:
        self.deadline_s = DEADLINE_S
        self._precomputer = precomputer
        self._settings = settings
        # A scrape must not wait for a frozen server as long as work does.
        client = connect(settings.redis_url, connect_timeout_s=TIMEOUT_S, answer_timeout_s=TIMEOUT_S)
        self._cache = Cache(client, clock=precomputer.cache.clock)
        self._broker = BrokerSide(settings, clock=precomputer.cache.clock, timeout_s=TIMEOUT_S)
        self._requests: Requests | None = None
        self._week: tuple[float, Accuracy] | None = None
        self._pool = ThreadPoolExecutor(max_workers=6, thread_name_prefix="precompute-scrape")

    def count(self, app: Flask) -> None:
        """Count the HTTP requests of ``app`` from now on; their figures are those of all processes that count."""
        self._requests = count_requests(app, self._cache)

    def note(self, kind: Kind, seconds: float) -> None:
        """Count one request that Flask never saw, where requests are counted."""
        if self._requests is not None:
            self._requests.note(kind, seconds=seconds)

    def close(self) -> None:
        """Answer no more scrapes, and add what was counted to everybody's counts."""
        self._pool.shutdown()
        if self._requests is not None:
            self._requests.close()

    def registry(self) -> CollectorRegistry:
        """With the figures of this process beside those of the service."""
        registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=registry)
        registry.register(self)
        return registry

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that nothing is asked when the collector is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        began = time.monotonic()
        cache = self._pool.submit(self._of_cache)
        broker = self._pool.submit(self._broker.answers, self._precomputer)
        backstage = self._pool.submit(self._broker.backstage)
        told = self._told(cache, began)
        yield _up("precompute_cache_up", "Whether the cache answers.", told is not None)
        yield _up("precompute_broker_up", "Whether the broker answers.", self._told(broker, began) is not None)
        yield from told or []
        behind = self._told(backstage, began)
        if behind is not None:
            yield from _backstage(behind)
        yield from thresholds(self._settings, self._precomputer.catalogue)
        yield from _about()
        yield gauge("precompute_scrape_seconds", "Time that this scrape took.", rows=[((), time.monotonic() - began)])

    def _told(self, asked: Future[_Told], began: float) -> _Told | None:
        try:
            return asked.result(max(0.0, self.deadline_s - (time.monotonic() - began)))
        except _DOWN:
            return None

    def _of_cache(self) -> list[Metric]:
        cache, catalogue = self._cache, self._precomputer.catalogue
        if self._requests is not None:
            self._requests.flush()
        self._precomputer.reads.flush_hits()
        counters = counted(cache)
        measures, now = measure(cache, catalogue, counters=counters), standing(cache)
        return [
            *reads(measures),
            *memory(footprints(cache, catalogue)),
            *uses(usefulness(cache, catalogue, counters=counters)),
            *predictions(self._accuracies()),
            *processing(measures),
            *queues(measures, catalogue),
            *refreshes(measures, now),
            *callbacks(measures),
            *workers(measures, processes_by_role(cache, counters=counters)),
            *_standing(now),
            *alerts(active_alerts(cache)),
            _http(cache),
        ]

    def _accuracies(self) -> dict[str, Accuracy]:
        told = {name: accuracy(self._cache, window=window).all for name, window in WINDOWS.items()}
        # A week is two hundred counts of hours: a third of what a scrape costs, for what hardly moves.
        if self._week is None or time.monotonic() - self._week[0] > WEEK_HOLDS_S:
            self._week = (time.monotonic(), accuracy(self._cache, window=WEEK).all)
        return {**told, "week": self._week[1]}


def _up(name: str, about: str, is_up: bool) -> Metric:
    return gauge(name, about, rows=[((), float(is_up))])


def _instant(name: str, about: str, at: datetime | None) -> Metric:
    return gauge(name, about, rows=[((), None if at is None else at.timestamp())])


def _standing(now: Standing) -> Iterator[Metric]:
    simple: dict[str, tuple[str, float]] = {
        "precompute_tasks_unfinished": ("Tasks that wait or run.", now.unfinished),
        "precompute_tasks_failed": ("Keys whose latest task failed.", now.failed),
        "precompute_tasks_set_aside": ("Those of them whose tasks ended their workers.", now.set_aside),
        "precompute_cache_server_memory_bytes": ("Memory that the cache's server takes.", now.memory_bytes),
        "precompute_cache_server_memory_limit_bytes": ("What it may take; 0 for no limit.", now.memory_limit_bytes),
    }
    for name, (about, value) in simple.items():
        yield gauge(name, about, rows=[((), value)])
    about = "Keys that the cache's server dropped for want of room."
    yield counter("precompute_cache_server_evictions_total", about, rows=[((), now.evictions)])
    about = "When a worker last looked after tasks and indexes, as beat asks every few seconds."
    yield _instant("precompute_sweep_last_timestamp_seconds", about, now.swept_at)


def _backstage(behind: Backstage) -> Iterator[Metric]:
    yield _up("precompute_beat_up", "Whether a beat ticks.", behind.beat_ticked_at is not None)
    about = "When beat last looked at its schedule."
    yield _instant("precompute_beat_last_tick_timestamp_seconds", about, behind.beat_ticked_at)
    about = "Facts that are accepted and not in the database yet."
    yield gauge("precompute_facts_waiting", about, rows=[((), behind.facts)])
    about = "Callbacks that are asked for and not sent yet."
    yield gauge("precompute_callbacks_waiting", about, rows=[((), behind.callbacks)])
    if behind.messages is not None:
        rows = [((queue.label,), count) for queue, count in behind.messages.items()]
        about = "Messages on the broker's queues, those of housekeeping included."
        yield gauge("precompute_broker_messages", about, labels=("queue",), rows=rows)


def _http(cache: Cache) -> Metric:
    found = durations_by_kind(cache)
    rows = ((kind, cumulated(BOUNDS_S, each.classes), each.seconds) for kind, each in found.items())
    about = "Time until a request was answered; of streams, until they began."
    labels = ("route", "method", "status")
    return histogram("precompute_http_request_duration_seconds", about, labels=labels, rows=rows)


def _about() -> Iterator[Metric]:
    values = (precompute.__version__, platform.python_version())
    about = "Which version answers; always 1."
    yield gauge("precompute_build_info", about, labels=("version", "python_version"), rows=[(values, 1)])
