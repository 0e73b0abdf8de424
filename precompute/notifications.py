"""Waking those who wait: one subscription for each process, however many of its requests wait."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import redis

from precompute.errors import StoreUnavailable
from precompute.scripts import connect
from precompute.subjects import CacheKey

_log = logging.getLogger(__name__)

CHANNEL = "pc:n"

_RECONNECT_S = 1.0
"""Pause before the subscription is tried again after the cache went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A task changed state, or made progress."""

    key: str
    task_id: str
    state: str


def _change(told: bytes) -> Change:
    # What a newer version adds is left out: the thread that listens must not end of it.
    body = orjson.loads(told)
    return Change(key=body.get("key", ""), task_id=body.get("task_id", ""), state=body.get("state", ""))


class Notifications:
    """Changes of tasks as they happen, by key.

    The subscription starts with the first listener and lives as long as the process.

    Args:
        url: The cache's server.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._listeners: dict[str, set[threading.Event]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        self._subscribed = threading.Event()

    @contextmanager
    def listening(self, *keys: CacheKey) -> Iterator[Callable[[float], bool]]:
        """Yields a function that sleeps until one of ``keys`` changes, at most the given seconds; True when one did.

        A change between entering and calling it is not missed. When the subscription breaks, every listener is woken
        once, so that it looks for itself.
        """
        woken = threading.Event()
        names = [str(key) for key in keys]
        with self._lock:
            for name in names:
                self._listeners[name].add(woken)
            self._start()
        self._subscribed.wait(timeout=1.0)

        def sleep(seconds: float) -> bool:
            changed = woken.wait(timeout=seconds)
            woken.clear()
            return changed

        try:
            yield sleep
        finally:
            with self._lock:
                for name in names:
                    self._listeners[name].discard(woken)
                    if not self._listeners[name]:
                        del self._listeners[name]

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._follow, name="precompute-notifications", daemon=True)
            self._thread.start()

    def _follow(self) -> None:
        first = True
        while True:
            try:
                with connect(self._url).pubsub(ignore_subscribe_messages=False) as subscription:
                    subscription.subscribe(CHANNEL)
                    self._pass_on(subscription)
            except (StoreUnavailable, redis.RedisError, OSError) as problem:
                # Whatever broke the subscription, waiting readers must not depend on it: they look for themselves.
                if first or self._subscribed.is_set():
                    # Once for each outage, not for each try to end it.
                    extra = {"action": "notifications_lost", "problem": repr(problem)}
                    _log.warning("Notifications interrupted", extra=extra)
                first = False
                self._subscribed.clear()
                self._wake_all()
                time.sleep(_RECONNECT_S)

    def _pass_on(self, subscription: Any) -> None:
        while True:
            message = subscription.get_message(timeout=30.0)
            if message is None:
                continue
            if message["type"] == "subscribe":
                self._subscribed.set()
                self._wake_all()
            elif message["type"] == "message":
                self._wake(_change(message["data"]))

    def _wake(self, change: Change) -> None:
        with self._lock:
            for woken in self._listeners.get(change.key, ()):
                woken.set()

    def _wake_all(self) -> None:
        with self._lock:
            for listeners in self._listeners.values():
                for woken in listeners:
                    woken.set()
