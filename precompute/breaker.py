"""A server that does not answer is not asked again at once: whoever comes next is told so without waiting.

A frozen server (a paused container, a hung disk) takes connections and says nothing. Without this, each caller would
wait its whole time-out, the threads of the API would be taken by those who wait, and callers behind them would wait
longer than any time-out says.
"""

import threading
import time
from typing import Any

import redis

PAUSE_S = 0.5
"""After a silence the server is left alone this long; then one caller tries."""


class Breaker:
    """Whether a server is left alone; shared by all connections of a client, and safe for threads.

    Args:
        pause_s: How long, after a silence.
    """

    def __init__(self, *, pause_s: float = PAUSE_S) -> None:
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._trying = 0

    def check(self, *, patience_s: float) -> None:
        """Pass, or learn that there is no use in asking now. Of those who come after a pause, the first passes.

        Args:
            patience_s: How long whoever passes will wait at most; meanwhile nobody else does.

        Raises:
            redis.TimeoutError: The server was silent a moment ago.
        """
        if not self._closed_until:
            return
        with self._lock:
            now, me = time.monotonic(), threading.get_ident()
            if now < self._closed_until and me != self._trying:
                raise redis.TimeoutError("the server was silent a moment ago")
            if self._closed_until and me != self._trying:
                # To connect takes several questions; they are one try.
                self._closed_until, self._trying = now + patience_s, me

    def silent(self) -> None:
        """The server did not answer in time."""
        with self._lock:
            self._closed_until, self._trying = time.monotonic() + self._pause_s, 0

    def answered(self) -> None:
        """It did."""
        if self._closed_until:
            with self._lock:
                self._closed_until, self._trying = 0.0, 0


def watch(client: "redis.Redis", *, patience_s: float) -> None:
    """Let every connection of ``client`` look at one breaker before it asks, and tell it what came of it.

    Args:
        client: Not yet connected.
        patience_s: Its time-out.
    """
    pool: Any = client.connection_pool
    pool.connection_class = _watched(pool.connection_class, Breaker(), patience_s=patience_s)


def _watched(kind: Any, breaker: Breaker, *, patience_s: float) -> Any:
    class Watched(kind):  # type: ignore[misc]
        """A connection that does not ask a silent server."""

        def connect(self, *args: Any, **named: Any) -> None:
            breaker.check(patience_s=patience_s)
            try:
                super().connect(*args, **named)
            except redis.TimeoutError:
                breaker.silent()
                raise

        def send_packed_command(self, *args: Any, **named: Any) -> None:
            breaker.check(patience_s=patience_s)
            super().send_packed_command(*args, **named)

        def read_response(self, *args: Any, **named: Any) -> Any:
            try:
                answer = super().read_response(*args, **named)
            except redis.TimeoutError:
                breaker.silent()
                raise
            except redis.ResponseError:
                breaker.answered()
                raise
            breaker.answered()
            return answer

    return Watched
