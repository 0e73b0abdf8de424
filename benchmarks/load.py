"""HTTP requests over connections that stay open, as fast as they are answered or so many a second."""

import heapq
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class _Connection:
    """A socket, and what has come in of the answer it waits for."""

    sock: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def answered(self) -> int | None:
        """The status of the answer once all of it is there, else None."""
        self.received += self.sock.recv(262_144)
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.received[:end]).lower()
        at = head.find(b"content-length: ") + 16
        length = int(head[at:].split(b"\r\n", 1)[0]) if at > 15 else 0
        if len(self.received) < end + 4 + length:
            return None
        self.received.clear()
        return int(head[9:12])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came back.

    Attributes:
        seconds: How long each answer took, (n,) float64.
        took: The whole run, in seconds.
        statuses: How often each status came.
        late: How long after its instant each request was sent, (n,) float64; part of ``seconds``.
    """

    seconds: NDArray[np.float64]
    took: float
    statuses: dict[int, int]
    late: NDArray[np.float64] = field(default_factory=lambda: np.array([]))

    @property
    def a_second(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.took

    def percentile_ms(self, share: float) -> float:
        """Milliseconds within which ``share`` percent of the answers came."""
        return float(np.percentile(self.seconds, share)) * 1000


def get(path: str, *, host: str, headers: str = "") -> bytes:
    """The bytes of a GET request; ``headers`` are lines that end with CRLF."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode()


def closed_loop(address: tuple[str, int], requests: list[bytes], *, connections: int, seconds: float) -> Answers:
    """Each of ``connections`` sends the next of ``requests``, in turn, as soon as it has its answer."""
    return _run(address, _in_turn(requests), connections=connections, seconds=seconds, every_s=None)


def open_loop(address: tuple[str, int], requests: list[bytes], *, a_second: float, seconds: float) -> Answers:
    """Requests at fixed instants, whether the ones before are answered or not; each is timed from its instant."""
    connections = max(32, int(a_second / 4))
    return _run(address, _in_turn(requests), connections=connections, seconds=seconds, every_s=1 / a_second)


def _in_turn(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def _run(
    address: tuple[str, int], requests: Iterator[bytes], *, connections: int, seconds: float, every_s: float | None
) -> Answers:
    selector = selectors.DefaultSelector()
    idle = [_Connection(socket.create_connection(address)) for _ in range(connections)]
    for connection in idle:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection.sock, selectors.EVENT_READ, connection)
    taken: list[float] = []
    late: list[float] = []
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    due = [began + number * every_s for number in range(int(seconds / every_s))] if every_s else []
    heapq.heapify(due)
    busy = 0
    while busy or due or (every_s is None and time.perf_counter() < began + seconds):
        now = time.perf_counter()
        while idle and ((due and due[0] <= now) or (every_s is None and now < began + seconds)):
            connection = idle.pop()
            connection.sent_at = heapq.heappop(due) if due else now
            late.append(time.perf_counter() - connection.sent_at)
            connection.sock.sendall(next(requests))
            busy += 1
        wait = max(0.0, due[0] - time.perf_counter()) if due and idle else None
        for key, _ in selector.select(wait if wait is not None else 10.0):
            connection = key.data
            if (status := connection.answered()) is not None:
                taken.append(time.perf_counter() - connection.sent_at)
                statuses[status] = statuses.get(status, 0) + 1
                idle.append(connection)
                busy -= 1
    took = time.perf_counter() - began
    for connection in idle:
        connection.sock.close()
    return Answers(seconds=np.array(taken), late=np.array(late), took=took, statuses=statuses)
