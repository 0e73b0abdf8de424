"""Alerts: who looks whether something is wrong, and who tells.

Beat has it looked every few seconds by a task. Should nobody have looked for a while, since beat is dead or no worker
runs, any process that watches looks itself: each worker's main process and each process of the API has a thread for
that. The same threads send the messages, so that no task ever waits for somebody else's web server.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from celery import Celery, signals

from precompute.alerts import looked_at, update
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.conditions import Memory, Surroundings, readings
from precompute.errors import BrokerUnavailable, DeclarationError, StoreUnavailable
from precompute.plugins import catalogue_for
from precompute.schedule import beat_runs, schedule_url
from precompute.scripts import connect as connect_server
from precompute.scripts import reaching_cache
from precompute.settings import Settings
from precompute.shared_clock import SharedClock
from precompute.stream import stream_url
from precompute.trouble import Trouble
from workers.alert_sending import Sender, check_addresses
from workers.beside import run_beside
from workers.dispatch import CeleryDispatch

_log = logging.getLogger(__name__)

TICK_S = 5.0
"""A thread looks this often whether there is something to send, or to look at in beat's place."""

MISSED = 3
"""After so many intervals without a look, others look in beat's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Looks whether something is wrong.

    Attributes:
        settings: Of this process.
        catalogue: The task types in force.
        cache: Where alerts are kept.
        ping: Does nothing if the broker answers, else raises :class:`BrokerUnavailable`.
    """

    settings: Settings
    catalogue: Catalogue
    cache: Cache
    ping: Callable[[], None]

    def look(self) -> None:
        """Look, and write down what started and what ended.

        Raises:
            StoreUnavailable: The cache cannot be reached, so nobody can be told once and not twice.
        """
        surroundings = Surroundings(
            broker_answers=self._broker_answers(), beat_runs=self._beat_runs(), memory=dict(self._memory())
        )
        found = readings(self.cache, self.catalogue, settings=self.settings, surroundings=surroundings)
        for turn in update(self.cache, found, settings=self.settings):
            about = {"alert": turn.standing.id, "summary": turn.standing.summary}
            if turn.ended:
                _log.warning("Alert is over", extra={"action": "alert_ended", **about})
            else:
                _log.warning("Alert has started", extra={"action": "alert_started", **about})

    def _broker_answers(self) -> bool:
        try:
            self.ping()
        except BrokerUnavailable:
            return False
        return True

    def _beat_runs(self) -> bool | None:
        try:
            with connect_server(schedule_url(self.settings)) as client:
                return beat_runs(client)
        except StoreUnavailable:
            return None

    def _memory(self) -> Iterator[tuple[str, Memory]]:
        servers = {"cache": self.settings.redis_url, "broker": stream_url(self.settings)}
        for server, url in servers.items():
            if server == "broker" and url == servers["cache"]:
                continue
            try:
                with reaching_cache(), connect_server(url) as client:
                    told: Any = client.info("memory")
            except (StoreUnavailable, redis.ResponseError):
                # Away, which others tell; or its users may not ask for that.
                continue
            if told.get("maxmemory") and told.get("maxmemory_policy") == "noeviction":
                yield server, Memory(used=int(told["used_memory"]), most=int(told["maxmemory"]))


class Watchman:
    """A thread that sends messages, and looks itself when nobody has for too long.

    Args:
        watch: How it looks.
        sender: How it sends.
    """

    def __init__(self, watch: Watch, *, sender: Sender) -> None:
        self._watch = watch
        self._sender = sender
        self._began: datetime = watch.cache.clock()
        self._away = False
        self._trouble = Trouble(_log, "Alerts not looked at", action="alerts_failed")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="precompute-watchman", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being sent now may still be sent."""
        self._ended.set()

    def tick(self) -> None:
        """Look if nobody has, and send what waits."""
        try:
            if self._nobody_looked():
                self._watch.look()
            self._sender.send_waiting()
            self._away = False
            self._trouble.over()
        except StoreUnavailable as problem:
            if not self._away:
                _log.warning("Alerts not looked at", extra={"action": "alerts_away", "reason": problem.message})
            self._away = True
        except Exception as problem:  # noqa: BLE001 - a thread that must not end
            # The next look may find it gone; without its thread the process would never tell again.
            self._trouble.met(problem)

    def _nobody_looked(self) -> bool:
        cache = self._watch.cache
        last = max(looked_at(cache) or self._began, self._began)
        return cache.clock() - last > MISSED * self._watch.settings.alert_interval

    def _run(self) -> None:
        while not self._ended.wait(TICK_S):
            self.tick()


def watchman(settings: Settings, *, catalogue: Catalogue, cache: Cache, ping: Callable[[], None]) -> Watchman:
    """The watchman of a process.

    Raises:
        DeclarationError: An address of the settings is none.
    """
    check_addresses(settings.alert_urls)
    watch = Watch(settings=settings, catalogue=catalogue, cache=cache, ping=ping)
    return Watchman(watch, sender=Sender(cache=cache, urls=settings.alert_urls))


def connect(app: Celery) -> None:
    """Have the main process of every worker that starts here watch, and publish by ``app``."""

    def starting(**_: Any) -> None:
        try:
            check_addresses(Settings.from_environ(os.environ).alert_urls)
        except DeclarationError as problem:
            # One line that says which variable is wrong. What a signal's receiver raises would only be logged.
            sys.exit(f"precompute: {problem.message}")

    def watching(_worker: Any) -> Watchman:
        settings = Settings.from_environ(os.environ)
        client = connect_server(settings.redis_url)
        cache = Cache(client, clock=SharedClock(client))
        ping = CeleryDispatch(app).ping
        return watchman(settings, catalogue=catalogue_for(settings), cache=cache, ping=ping)

    signals.celeryd_init.connect(starting, weak=False)
    run_beside(watching)
