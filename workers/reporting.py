"""A worker says that it runs, so that metrics need not ask."""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from celery.worker import state

from precompute.cache import Cache
from precompute.errors import StoreUnavailable
from precompute.measures import REPORT_EVERY_S, forget_worker, report_worker
from precompute.processes import Accounts, role_of
from precompute.scripts import connect as connect_cache
from precompute.settings import Settings
from precompute.shared_clock import SharedClock
from precompute.trouble import Trouble
from workers.beside import run_beside

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""How many processes are busy is looked at this often; looking costs the length of a set."""

LATELY_S = 60
"""What a worker reports of its time is the mean over as long."""

ENDS_WITHIN_S = 1.0
"""What is being reported when the worker ends may take so long."""


class Reporter:
    """Reports one worker from its main process, every few seconds until it ends.

    Args:
        cache: Where it is reported.
        name: Of the worker.
        processes: How many compute.
        queues: That it drains.
        busy: Tells how many of them are at work now.
        children: Tells their process ids.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        name: str,
        processes: int,
        queues: list[str],
        busy: Callable[[], int],
        children: Callable[[], Iterable[int]] = tuple,
    ) -> None:
        self._cache = cache
        self._name = name
        self._processes = processes
        self._queues = queues
        self._busy = busy
        self._children = children
        self._accounts = Accounts(cache=cache, role=role_of(name), name=name)
        self._looks: deque[int] = deque(maxlen=int(LATELY_S / LOOK_EVERY_S))
        self._trouble = Trouble(_log, "Worker not reported", action="report_failed", worker=name)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, name="precompute-reporter", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Report no more, and say that the worker has ended."""
        self._ended.set()
        if self._thread.is_alive():
            # What it is saying would come after the goodbye, and a worker that has ended be told as running.
            self._thread.join(timeout=ENDS_WITHIN_S)
        try:
            forget_worker(self._cache, name=self._name)
            self._accounts.close()
        except StoreUnavailable:
            _log.info("Cache away at the end", extra={"action": "worker_not_forgotten", "worker": self._name})

    def _report(self) -> None:
        looks_each = int(REPORT_EVERY_S / LOOK_EVERY_S)
        looked = 0
        while not self._ended.is_set():
            self._looks.append(self._busy())
            if looked % looks_each == 0:
                self._say()
            looked += 1
            self._ended.wait(LOOK_EVERY_S)

    def _say(self) -> None:
        # A worker may be given more than it has processes: the rest waits inside it.
        share = min(1.0, sum(self._looks) / len(self._looks) / self._processes)
        try:
            report_worker(
                self._cache, name=self._name, processes=self._processes, queues=self._queues, busy=round(share, 4)
            )
            children = tuple(self._children())
            self._accounts.report((os.getpid(), *children), children=children)
            self._trouble.over()
        except StoreUnavailable:
            _log.warning("Worker not reported", extra={"action": "worker_not_reported", "worker": self._name})
        except Exception as problem:  # noqa: BLE001 - a thread that must not end
            # A worker whose thread has ended would look dead for good.
            self._trouble.met(problem)


def _children_of(pool: Any) -> list[int]:
    # Celery's own way to tell them; pools of threads have none.
    return list((pool.info or {}).get("processes") or ())


def connect() -> None:
    """Report every worker that starts in this process."""
    run_beside(_reporter_of)


def _reporter_of(consumer: Any) -> Reporter:
    client = connect_cache(Settings.from_environ(os.environ).redis_url)
    cache = Cache(client, clock=SharedClock(client))
    pool, queues = consumer.pool, [queue.name for queue in consumer.task_consumer.queues]
    about = {"name": consumer.hostname, "processes": pool.num_processes, "queues": queues}
    return Reporter(cache, **about, busy=lambda: len(state.active_requests), children=partial(_children_of, pool))
