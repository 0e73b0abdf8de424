"""One clock for all processes: that of the cache's server, so that a machine whose own is wrong does no harm.

Instants are written by one process and read by another: when an entry goes stale, when somebody should look after a
task, when a refresh is due. By clocks an hour apart, results would be stale as soon as they are stored, and the tasks
of a dead worker found an hour late.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from precompute.clock import Clock, system_clock

AGREED_FOR_S = 10.0
"""The server is asked what time it is this often; between, this machine's monotonic clock tells how much has passed.
Clocks of machines drift apart by far less than a millisecond in ten seconds."""

_AGAIN_AFTER_S = 1.0
"""A server that was away is asked again after this long; meanwhile time goes on as before."""


class SharedClock:
    """The instant by a server's clock; a :data:`precompute.clock.Clock`, safe for threads.

    Args:
        client: Of the server, as :func:`precompute.scripts.connect` makes it.
        own: This machine's clock, for as long as the server has never been reached.
        passed: Seconds that have passed, from any beginning; never set back.
    """

    def __init__(self, client: "redis.Redis", *, own: Clock = system_clock, passed: Any = time.monotonic) -> None:
        # redis-py annotates every answer as awaitable, too.
        self._client: Any = client
        self._own = own
        self._passed = passed
        self._lock = threading.Lock()
        self._agreed: tuple[datetime, float] | None = None
        self._ask_at = 0.0

    def __call__(self) -> datetime:
        """The instant, aware and in UTC."""
        # One of many threads asks; the others go by what was agreed before.
        if self._passed() >= self._ask_at and self._lock.acquire(blocking=self._agreed is None):
            try:
                if self._passed() >= self._ask_at:
                    self._ask()
            finally:
                self._lock.release()
        agreed = self._agreed
        return self._own() if agreed is None else agreed[0] + timedelta(seconds=self._passed() - agreed[1])

    def _ask(self) -> None:
        began = self._passed()
        try:
            seconds, microseconds = self._client.time()
        except redis.RedisError:
            self._ask_at = self._passed() + _AGAIN_AFTER_S
            return
        ended = self._passed()
        # It was asked somewhere between.
        instant = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
        self._agreed = instant, (began + ended) / 2
        self._ask_at = ended + AGREED_FOR_S
