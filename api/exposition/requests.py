"""HTTP requests by route, method and kind of answer, counted by all API processes together.

Each process counts for itself and adds its counts to those on the cache's server every few seconds. So every process
tells the same, however many serve a port and on however many machines: with counts of its own, each scrape would meet
another process and find other counts. While the cache is away they are kept, and added when it is back.
"""

import logging
import os
import socket
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request, request_finished, request_started

from precompute.cache import Cache
from precompute.errors import StoreUnavailable
from precompute.leaving import on_leaving
from precompute.processes import Accounts
from precompute.scripts import reaching_cache
from precompute.trouble import Trouble

_log = logging.getLogger(__name__)

REQUESTS_KEY = "pc:m:http"
"""Hash of route, method, kind of answer and class of duration to how many requests that were."""

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the classes of duration, seconds: a cached read takes one millisecond, one that waits up to thirty."""

FLUSH_EVERY_S = 2.0

ENDS_WITHIN_S = 1.0
"""What is on its way when the process ends may take so long."""

UNKNOWN_ROUTE = "unknown"
"""Every address that is not there."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_SUM = "us"
_BEGAN = "precompute.began"

Kind = tuple[str, str, str]
"""Route, method, kind of answer (``2xx``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long requests of one kind took.

    Attributes:
        classes: How many up to each of :data:`BOUNDS_S`, and not up to the one before; those beyond come last.
        seconds: Of all of them.
    """

    classes: tuple[int, ...]
    seconds: float


class Requests:
    """Counts the requests of this process, and adds them to everybody's.

    Args:
        cache: Where they are added up.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._trouble = Trouble(_log, "Requests not counted yet", action="requests_failed")
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._call_off: Callable[[], object] = lambda: None
        self._accounts = Accounts(cache=cache, role="api", name=f"api@{socket.gethostname()}:{os.getpid()}")

    def note(self, kind: Kind, *, seconds: float) -> None:
        """Count one request; costs a microsecond, and nothing fails."""
        name = "\t".join(kind)
        with self._lock:
            self._counts[f"{name}\t{bisect_left(BOUNDS_S, seconds)}"] += 1
            self._counts[f"{name}\t{_SUM}"] += round(1e6 * seconds)
        if not self._runs():
            self._start()

    def flush(self) -> None:
        """Add what was counted to everybody's counts; when this returns, nothing that came before is on its way.

        Raises:
            StoreUnavailable: It was not added, and is kept.
        """
        with self._flushing:
            with self._lock:
                counts, self._counts = self._counts, defaultdict(int)
            try:
                self._add(counts)
            except BaseException:
                with self._lock:
                    for name, count in counts.items():
                        self._counts[name] += count
                raise

    def close(self) -> None:
        """Add what is left, and report no more."""
        self._ended.set()
        if self._thread is not None:
            self._call_off()
            self._thread.join(timeout=ENDS_WITHIN_S)
        try:
            self.flush()
            self._accounts.close()
        except StoreUnavailable:
            _log.info("Cache away at the end", extra={"action": "requests_not_counted"})

    def _add(self, counts: Mapping[str, int]) -> None:
        with reaching_cache(), self._cache.client.pipeline(transaction=False) as pipe:
            for name, count in counts.items():
                pipe.hincrby(REQUESTS_KEY, name, count)
            pipe.execute()

    def _runs(self) -> bool:
        # A fork of this process has no threads but its own.
        return self._thread is not None and self._thread.is_alive()

    def _start(self) -> None:
        with self._lock:
            if self._runs() or self._ended.is_set():
                return
            self._call_off()
            self._call_off = on_leaving(self.close)
            self._thread = threading.Thread(target=self._run, name="precompute-requests", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(FLUSH_EVERY_S):
            try:
                self.flush()
                self._accounts.report([os.getpid()])
                self._trouble.over()
            except StoreUnavailable:
                _log.debug("Requests not counted yet", extra={"action": "requests_kept"})
            except Exception as problem:  # noqa: BLE001 - a thread that must not end
                # The counts are kept, and the next time may do.
                self._trouble.met(problem)


def count_requests(app: Flask, cache: Cache) -> Requests:
    """Count the requests of ``app`` from now on; also those that are refused before a view sees them."""
    requests = Requests(cache)

    def began(_: Flask, **__: Any) -> None:
        request.environ[_BEGAN] = time.perf_counter()

    def finished(_: Flask, *, response: Response, **__: Any) -> None:
        seconds = time.perf_counter() - request.environ.get(_BEGAN, time.perf_counter())
        requests.note(_kind(response.status_code), seconds=seconds)

    request_started.connect(began, app, weak=False)
    request_finished.connect(finished, app, weak=False)
    return requests


def durations_by_kind(cache: Cache) -> Mapping[Kind, Durations]:
    """How long requests took, by route, method and kind of answer, since the counters began.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        counts = cache.client.hgetall(REQUESTS_KEY)
    classes: defaultdict[Kind, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_S) + 1))
    micros: defaultdict[Kind, int] = defaultdict(int)
    for name, count in counts.items():
        route, method, answer, what = name.decode().split("\t")
        if what == _SUM:
            micros[route, method, answer] = int(count)
        elif int(what) <= len(BOUNDS_S):
            classes[route, method, answer][int(what)] = int(count)
    return {
        kind: Durations(classes=tuple(counted), seconds=micros[kind] / 1e6) for kind, counted in sorted(classes.items())
    }


def _kind(status: int) -> Kind:
    rule = request.url_rule
    route = UNKNOWN_ROUTE if rule is None else rule.rule
    # Whoever asks to wait is not kept waiting by us.
    waited = "?wait" if rule is not None and request.args.get("wait") else ""
    return route + waited, request.method if request.method in METHODS else "other", f"{status // 100}xx"
