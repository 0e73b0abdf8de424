"""Workers of a newer edition take over: while one of them runs, those of older editions take nothing.

During an upgrade both run side by side. Of a change of what is computed from what, an older worker knows nothing: it
drops tasks of rows that it has never heard of, and fails those whose inputs look otherwise than it expects (15 of 30
results of videos, with one worker of either version). So it leaves them to those who know (:mod:`precompute.edition`).
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from celery import signals

from precompute.edition import EDITION
from precompute.errors import StoreUnavailable
from precompute.scripts import connect as connect_cache
from precompute.scripts import reaching_cache
from precompute.settings import Settings
from workers.beside import run_beside

_log = logging.getLogger(__name__)

KEY = "pc:edition"
"""On the cache's server: the newest edition of which a worker runs."""

LOOK_EVERY_S = 1.0

LASTS_S = 10.0
"""A worker is taken to run for so long after it said so last."""

STARTS_WITHIN_S = 30.0
"""The same while it starts: when it takes its first task, the older ones have long been told."""


class Queues(Protocol):
    """What a worker takes its tasks from."""

    def leave(self) -> None:
        """Take nothing more; what has been taken is finished."""

    def return_to(self) -> None:
        """Take again."""


class ConsumedQueues:
    """Those of Celery's consumer; changed by its own thread, as soon as that comes to it."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        # In the order in which they are drained.
        self._names = [queue.name for queue in consumer.task_consumer.queues]

    def leave(self) -> None:
        """Take nothing more."""
        self._consumer.call_soon(self._cancel)

    def return_to(self) -> None:
        """Take again."""
        self._consumer.call_soon(self._consume)

    def _cancel(self) -> None:
        for name in self._names:
            # Also for connections that are opened later.
            self._consumer.app.amqp.queues.deselect(name)
            if self._consumer.task_consumer is not None:
                self._consumer.task_consumer.cancel_by_queue(name)

    def _consume(self) -> None:
        queues = self._consumer.app.amqp.queues
        for name in self._names:
            if self._consumer.task_consumer is None:
                queues.select_add(queues[name])
            else:
                self._consumer.add_task_queue(name)


class Succession:
    """Says which edition a worker has, and has it leave its queues to newer ones; in its main process.

    Args:
        client: Of the cache's server.
        queues: Of the worker.
        edition: That it has.
        clock: Seconds that only go up.
    """

    def __init__(
        self,
        client: Any,
        queues: Queues,
        *,
        edition: int = EDITION,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._queues = queues
        self._edition = edition
        self._clock = clock
        self._newer_at: float | None = None
        self._aside = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="precompute-succession", daemon=True)

    def start(self) -> None:
        """Look, so that who joins a newer one takes nothing (but what RabbitMQ has sent), and go on looking."""
        self._look_once()
        self._thread.start()

    def stop(self) -> None:
        """Do no more."""
        self._ended.set()

    def look(self) -> None:
        """Say so, and see who else runs.

        Raises:
            StoreUnavailable: The cache cannot be reached; all stays as it is.
        """
        newest, now = announce(self._client, edition=self._edition, lasts_s=LASTS_S), self._clock()
        if newest > self._edition:
            self._newer_at = now
        aside = self._newer_at is not None and now - self._newer_at < LASTS_S
        if aside == self._aside:
            return
        self._aside = aside
        extra = {"action": "worker_aside" if aside else "worker_back", "edition": self._edition, "newest": newest}
        if aside:
            _log.warning("A newer version runs: this worker takes nothing while it does", extra=extra)
            self._queues.leave()
        else:
            _log.warning("No newer version runs any more: this worker takes tasks again", extra=extra)
            self._queues.return_to()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self._look_once()

    def _look_once(self) -> None:
        try:
            self.look()
        except StoreUnavailable:
            _log.debug("Cache away", extra={"action": "edition_unknown"})
        except Exception:  # noqa: BLE001 - a thread that must not end
            # Whatever it is: a worker whose thread has ended would stand aside for good, or never.
            _log.exception("Editions not looked at", extra={"action": "edition_failed"})


def announce(client: Any, *, edition: int, lasts_s: float) -> int:
    """Say that a worker of an edition runs or is about to, unless a newer one does; the newest that runs.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        newest = int(client.get(KEY) or 0)
        if newest <= edition:
            client.set(KEY, edition, px=round(1000 * lasts_s))
    return max(newest, edition)


def connect() -> None:
    """Have every worker that starts in this process do so."""

    def starting(**_: Any) -> None:
        try:
            announce(_client(), edition=EDITION, lasts_s=STARTS_WITHIN_S)
        except StoreUnavailable:
            _log.info("Cache away at the start", extra={"action": "edition_unknown"})

    signals.worker_init.connect(starting, weak=False)
    run_beside(lambda consumer: Succession(_client(), ConsumedQueues(consumer)))


def _client() -> Any:
    # A worker that starts waits for it.
    return connect_cache(Settings.from_environ(os.environ).redis_url, impatient=True)
