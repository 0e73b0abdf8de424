"""What changes on the cache's server, told as it changes, on a connection of its own (``CLIENT TRACKING``, RESP3).

The server tells every write of a key with a prefix, and also its expiry, its eviction and ``FLUSHALL``, in the order in
which they happen. Whoever keeps copies looks here before each use: what has been told until then is passed on first.

Two promises, each for a reason of its own:

- **Whoever takes results back can wait until that is known everywhere** (:func:`await_followers`). What the server
  sends on two connections may overtake each other, so an answer to a DELETE may be quicker than the news of it. So each
  follower is asked on its connection, behind that news, and answers when it has passed them on.
- **Nobody goes by old news for longer than** :data:`GOOD_FOR_S`. A follower asks for a sign of life all the time, on
  the same connection; the answer proves that all that had changed when it was asked has come. Without one it is not
  :meth:`Tracking.current`, whatever the reason: a frozen server, a broken network, a process that was paused.
"""

import contextlib
import logging
import os
import secrets
import select
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import hiredis
import redis

from precompute.scripts import reaching_cache

_log = logging.getLogger(__name__)

GOOD_FOR_S = 0.5
"""So long after its last question that was answered a follower is current: well under the second within which a frozen
cache is told, and several questions long."""

ASK_EVERY_S = 0.1
"""How often a follower asks for a sign of life."""

_QUESTIONS, _ANSWERS = "pc:near", "pc:near:{}"
_ANSWER_LASTS_MS = 5_000
_SHORTEST_WAIT_S = 0.001
"""Redis before 7 takes less for no end."""

_CHUNK = 65_536
_REFUSALS = ("ERR", "NOPERM")
"""How a server says that it does not know a command, or that it is none for us."""

_NOTHING_NOW = (BlockingIOError, ssl.SSLWantReadError)


class Tracking:
    """Follows the keys with a prefix; safe for threads.

    One thread calls :meth:`attend` again and again; every other may ask whether it is :meth:`current`.

    Args:
        client: How to connect; its own connections are left alone.
        prefix: Of the keys.
        changed: Is told names of keys that have changed, or None when any may have; must not fail.

    Attributes:
        lock: Held while changes are passed on.
        refused: The server does not do it, or not for us.
    """

    def __init__(
        self, client: "redis.Redis", *, prefix: str, changed: Callable[[Iterable[bytes] | None], None]
    ) -> None:
        pool = client.connection_pool
        self._connection: Any = lambda: pool.connection_class(**{**pool.connection_kwargs, "protocol": 3})
        self._prefix = prefix
        self._changed = changed
        self.lock = threading.Lock()
        self.refused = False
        self._lane: Any = None
        self._socket: Any = None
        self._reader: Any = None
        # Who opened it: a fork that reads along would take news away from its parent.
        self._process = 0
        self._good_until = 0.0
        self._ask_at = 0.0

    def current(self) -> bool:
        """Pass on what was told; whether that is all that had changed when this was called, as far as anybody knows."""
        if self._socket is None or self._process != os.getpid():
            return False
        with self.lock:
            self._take_all()
        return time.monotonic() < self._good_until

    def attend(self, *, within_s: float) -> None:
        """Connect if need be, and wait for news for so long at most; they are passed on.

        Raises:
            redis.RedisError, OSError: It cannot be followed now.
        """
        if self._socket is None or self._process != os.getpid():
            self._open()
        socket = self._socket
        now = time.monotonic()
        if now >= self._ask_at:
            self._ask_at = now + ASK_EVERY_S
            with self.lock:
                self._send(("PING", repr(now)))
        if socket is not None and socket.fileno() >= 0:
            poll = select.poll()
            poll.register(socket, select.POLLIN)
            poll.poll(1000 * within_s)
        self.current()
        if self._socket is None:
            # Whoever calls waits before the next try: a server that is loading its data takes connections all the time.
            raise redis.ConnectionError("it cannot be followed any more")

    def close(self) -> None:
        """Follow no more."""
        with self.lock:
            self._lose()

    def _open(self) -> None:
        lane = self._connection()
        try:
            lane.connect()
        except redis.ResponseError:
            # It knows no RESP3: before Redis 6, or a proxy.
            self.refused = True
            raise
        with self.lock:
            self._changed(None)
            self._lane, self._socket, self._process = lane, lane._sock, os.getpid()
            self._socket.settimeout(0)
            self._reader = hiredis.Reader()
            self._good_until = self._ask_at = 0.0
            self._send(("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self._prefix), ("SUBSCRIBE", _QUESTIONS))

    def _lose(self) -> None:
        if self._lane is not None:
            self._lane.disconnect()
        self._lane = self._socket = self._reader = None
        self._good_until = 0.0
        self._changed(None)

    def _take_all(self) -> None:
        while self._socket is not None:
            try:
                data = self._socket.recv(_CHUNK)
            except _NOTHING_NOW:
                return
            except OSError:
                data = b""
            if not data:
                self._lose()
                return
            try:
                self._reader.feed(data)
                while self._reader is not None and (told := self._reader.gets()) is not False:
                    self._take(told)
            except hiredis.HiredisError:
                # What follows on what cannot be read cannot be read either.
                self._lose()

    def _take(self, told: Any) -> None:
        if isinstance(told, hiredis.PushNotification):
            if told[0] == b"invalidate":
                self._changed(told[1])
            elif told[0] == b"message":
                answers = _ANSWERS.format(told[2].decode())
                self._send(("RPUSH", answers, os.getpid()), ("PEXPIRE", answers, _ANSWER_LASTS_MS))
        elif isinstance(told, hiredis.ReplyError):
            # Every other error is one that passes, as while it loads its data.
            self.refused = str(told).startswith(_REFUSALS)
            if self.refused:
                _log.info("The cache cannot be followed", extra={"action": "tracking_refused", "problem": str(told)})
            self._lose()
        elif isinstance(told, bytes) and told[:1].isdigit():
            # The answer to a question, which was the instant at which it was asked.
            self._good_until = float(told) + GOOD_FOR_S

    def _send(self, *commands: tuple[Any, ...]) -> None:
        """A few bytes, so they go out whole or the connection is of no use."""
        packed = b"".join(hiredis.pack_command(command) for command in commands)
        with contextlib.suppress(OSError):
            if self._socket is not None and self._socket.send(packed) == len(packed):
                return
        self._lose()


def await_followers(client: Any) -> None:
    """Wait until everybody who follows has passed on all that has changed so far; :data:`GOOD_FOR_S` at most.

    Who does not answer by then is not current any more: only an answer to a question that it asked before this one
    could have told it otherwise, and such an answer is good for no longer.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    token = secrets.token_hex(8)
    with reaching_cache():
        try:
            followers = client.publish(_QUESTIONS, token)
        except redis.exceptions.NoPermissionError:
            # This user of the cache must not ask, others may follow all the same: then the time alone has to do.
            time.sleep(GOOD_FOR_S)
            return
        until = time.monotonic() + GOOD_FOR_S
        for _ in range(followers):
            left = until - time.monotonic()
            if left < _SHORTEST_WAIT_S or client.blpop(_ANSWERS.format(token), timeout=left) is None:
                return
