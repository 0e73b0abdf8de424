"""A worker says that it runs, so that metrics need not ask."""

import logging
import os
import threading
from typing import Any

from celery import signals

from precompute.cache import Cache
from precompute.errors import StoreUnavailable
from precompute.measures import REPORT_EVERY_S, forget_worker, report_worker
from precompute.scripts import connect as connect_cache
from precompute.settings import Settings

_log = logging.getLogger(__name__)


class Reporter:
    """Reports one worker from its main process, every few seconds until it ends."""

    def __init__(self, cache: Cache, *, name: str, processes: int, queues: list[str]) -> None:
        self._cache = cache
        self._name = name
        self._processes = processes
        self._queues = queues
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="precompute-reporter", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Report no more, and say that the worker has ended."""
        self._ended.set()
        try:
            forget_worker(self._cache, name=self._name)
        except StoreUnavailable:
            _log.info("Cache away at the end", extra={"action": "worker_not_forgotten", "worker": self._name})

    def _report(self) -> None:
        while not self._ended.is_set():
            try:
                report_worker(self._cache, name=self._name, processes=self._processes, queues=self._queues)
            except StoreUnavailable:
                _log.warning("Worker not reported", extra={"action": "worker_not_reported", "worker": self._name})
            self._ended.wait(REPORT_EVERY_S)


def connect() -> None:
    """Report every worker that starts in this process."""
    running: list[Reporter] = []

    def started(sender: Any, **_: Any) -> None:
        cache = Cache(connect_cache(Settings.from_environ(os.environ).redis_url))
        queues = [queue.name for queue in sender.task_consumer.queues]
        reporter = Reporter(cache, name=sender.hostname, processes=sender.pool.num_processes, queues=queues)
        running.append(reporter)
        reporter.start()

    def ended(**_: Any) -> None:
        while running:
            running.pop().stop()

    signals.worker_ready.connect(started, weak=False)
    # A soft shutdown ends without telling; when it begins, the worker takes no more tasks already.
    signals.worker_shutting_down.connect(ended, weak=False)
    signals.worker_shutdown.connect(ended, weak=False)
