"""Connections that owe us the rest of a request, found by what the kernel counts for each, and cut.

A web server that tells applications neither the socket nor the port of their callers (granian's WSGI) leaves no other
way to end a read. Linux only; elsewhere nothing is found, and nothing cut.
"""

import logging
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)

_FILES = Path("/proc/self/fd")

_COUNTS = struct.Struct("44x I 4x I 64x Q Q")
"""Of ``struct tcp_info`` (linux/tcp.h): milliseconds since we sent and since we received data; bytes of ours that were
acknowledged, and bytes received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Connection:
    socket: socket.socket
    peer: object
    acknowledged: int
    received: int
    waits: bool


class Unanswered:
    """The connections to one port of this process that have sent something, and have been sent nothing since.

    Such a connection is in the middle of a request: its sender has not sent all of it, or we have not answered yet.
    So what is cut must have been so for longer than any answer takes. Streams are sent something every few seconds,
    and one that is idle between requests was sent something last.

    So was one, though, whose sender sent the beginning of a request along with the whole one before. It looks idle, and
    can only be told from those that are by ending both, which may be done to idle connections at any time.

    Args:
        port: Ours.
        clock: Seconds that only go up.
    """

    def __init__(self, port: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._clock = clock
        self._since: dict[tuple[object, ...], float] = {}

    def cut(self, *, after_seconds: float, idle_too: bool = False) -> int:
        """Take a look; read no more from those that have been so at each look for so long. How many those were.

        Args:
            after_seconds: So long.
            idle_too: Also from those that were sent something last, and on which nothing has come or gone for so long.
        """
        now, seen, cut = self._clock(), dict[tuple[object, ...], float](), 0
        for each in _connections_to(self._port):
            with each.socket:
                # Whoever sends a byte now and then stays who it is; who has sent a request since was not idle.
                which = (each.peer, each.acknowledged, None if each.waits else each.received)
                seen[which] = self._since.get(which, now)
                if (each.waits or (idle_too and each.received)) and now - seen[which] >= after_seconds:
                    cut += 1
                    # Its reader finds the end of the connection, and can still answer.
                    with suppress(OSError):
                        each.socket.shutdown(socket.SHUT_RD)
        self._since = seen
        if cut:
            _log.warning("Requests cut that never ended", extra={"action": "requests_cut", "connections": cut})
        return cut

    def forget(self) -> None:
        """Nothing is slow; the next look is the first one again."""
        self._since.clear()


def _connections_to(port: int) -> Iterator[_Connection]:
    if not _FILES.is_dir() or not hasattr(socket, "TCP_INFO"):
        return
    try:
        files = tuple(_FILES.iterdir())
    except OSError:
        return  # this process has as many files open as it may; the next look tries again
    for file in files:
        found = _connection(int(file.name), port)
        if found is not None:
            yield found


def _connection(number: int, port: int) -> _Connection | None:
    # A copy: what the number stands for may be closed meanwhile, and be another file a moment later.
    try:
        file = os.dup(number)
    except OSError:
        return None
    try:
        copy = socket.socket(fileno=file)
    except OSError:
        os.close(file)
        return None
    try:
        ours = copy.getsockname()
        if not isinstance(ours, tuple) or ours[1] != port:
            raise OSError
        counted = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _COUNTS.size)
        sent_ms, received_ms, acknowledged, received = _COUNTS.unpack(counted)
        waits = received > 0 and (acknowledged == 0 or received_ms < sent_ms)
        peer = copy.getpeername()
        return _Connection(socket=copy, peer=peer, acknowledged=acknowledged, received=received, waits=waits)
    except (OSError, struct.error):
        copy.close()
        return None
