"""Requests to addresses that somebody else names: videos are fetched, and callbacks sent, through here alone.

The address that is connected to is the one that was checked: names are looked up once for each connection, here, and
what may not be called is never connected to, whatever a redirect or a second answer of the name server says. The Host
header, SNI and the certificate stay those of the name.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any

import httpcore2
import httpx2

from precompute.addresses import Address, Network, known, may_call
from precompute.errors import UnusableSource

LONGEST_SILENCE_SECONDS = 10.0
"""A server that says nothing for this long is given up, however much time is left."""

_MOST_ADDRESSES = 4
"""Of one name; tried one after the other."""

_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))

Resolve = Callable[[str, int], Sequence[Address]]
"""The addresses of a host, best first; raises :class:`OSError` where there are none."""


def looked_up(host: str, port: int) -> list[Address]:
    """What the system says the addresses of ``host`` are.

    Raises:
        OSError: It knows none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as problem:
        # Labels that no name has: empty ones, or longer than 63 characters.
        raise socket.gaierror(socket.EAI_NONAME, "not a name") from problem
    return list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in found))


@contextmanager
def outward_client(
    *,
    allowed: Iterable[Network],
    seconds_left: Callable[[], float],
    headers: dict[str, str],
    resolve: Resolve = looked_up,
    certificates: ssl.SSLContext | None = None,
) -> Iterator[httpx2.Client]:
    """A client that calls public and allowed addresses only, until the time is up, whatever arrives until then.

    It follows no redirect by itself and takes nothing (proxies, logins, certificates) from the environment. A request
    to an address that may not be called raises ``UnusableSource`` with the code ``address_not_allowed``; it does not
    say whether anybody answers there, for nobody was asked. :class:`httpx2.ConnectError` means that there is no such
    name.

    Args:
        allowed: May be called though they are not public.
        seconds_left: Until everything must be done; negative when it is over.
        headers: Of every request.
        resolve: Looks names up.
        certificates: Whose are trusted; those that the library brings along unless said.
    """
    backend = _CheckedNetwork(allowed=tuple(allowed), seconds_left=seconds_left, resolve=resolve)
    with httpx2.Client(
        transport=_Transport(backend, certificates=certificates or _trusted_certificates()),
        headers=headers,
        timeout=httpx2.Timeout(LONGEST_SILENCE_SECONDS),
        follow_redirects=False,
        trust_env=False,
    ) as client:
        yield client


@dataclass(slots=True, kw_only=True)
class _CheckedNetwork(httpcore2.NetworkBackend):
    """Opens connections: looks up, checks, and connects to exactly what was checked."""

    allowed: tuple[Network, ...]
    seconds_left: Callable[[], float]
    resolve: Resolve
    network: httpcore2.NetworkBackend = field(default_factory=httpcore2.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        found = [one for one in self._addresses(host, port) if may_call(one, allowed=self.allowed)]
        if not found:
            raise not_allowed(host)
        problem: Exception = httpcore2.ConnectError("no address answers")
        for address in found[:_MOST_ADDRESSES]:
            try:
                stream = self.network.connect_tcp(
                    str(address), port, timeout=_within(timeout, self.seconds_left), socket_options=socket_options
                )
                return _TimedStream(stream, self.seconds_left)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                problem = failed
        raise problem

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        raise UnusableSource("no socket of this machine may be called", code="address_not_allowed")

    def _addresses(self, host: str, port: int) -> Sequence[Address]:
        """Looks up in a thread of its own: the system's resolver knows no time limit, and no signal ends it."""
        if told := known(host):
            return told
        answers: SimpleQueue[Sequence[Address] | OSError] = SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self.resolve(host, port))
            except OSError as problem:
                answers.put(problem)

        threading.Thread(target=look_up, name="precompute-resolver", daemon=True).start()
        try:
            answer = answers.get(timeout=_within(LONGEST_SILENCE_SECONDS, self.seconds_left))
        except Empty:
            raise httpcore2.ConnectTimeout("no answer from the name server") from None
        if isinstance(answer, socket.gaierror) and answer.errno in _NO_SUCH_NAME:
            raise _NoSuchName(host) from answer
        if isinstance(answer, OSError):
            raise httpcore2.ConnectError("no answer from the name server") from answer
        return answer


class _TimedStream(httpcore2.NetworkStream):
    """A connection that ends when the time is up, though it is never silent for long."""

    def __init__(self, stream: httpcore2.NetworkStream, seconds_left: Callable[[], float]) -> None:
        self._stream = stream
        self._seconds_left = seconds_left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_within(timeout, self._seconds_left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_within(timeout, self._seconds_left))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _within(timeout, self._seconds_left)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._seconds_left)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Transport(httpx2.BaseTransport):
    """Carries the client's requests over a network of ours; the library's own transport does not take one."""

    def __init__(self, network: httpcore2.NetworkBackend, *, certificates: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(ssl_context=certificates, network_backend=network, max_connections=1)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        with _as_httpx():
            answer = self._pool.handle_request(
                httpcore2.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        stream = _AnswerStream(answer)
        return httpx2.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _AnswerStream(httpx2.SyncByteStream):
    """The body of an answer as it arrives."""

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _NoSuchName(httpcore2.ConnectError):
    """The name server knows no such name."""


def not_allowed(host: str) -> UnusableSource:
    """What is told of a name that leads to private addresses, and of one that leads nowhere.

    Told apart, callers could find out which names the network inside has.
    """
    return UnusableSource(f"{host} is not at an address that may be called", code="address_not_allowed")


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except httpcore2.TimeoutException as problem:
        raise httpx2.ReadTimeout(str(problem)) from problem
    except _NoSuchName as problem:
        raise httpx2.ConnectError(str(problem)) from problem
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as problem:
        raise httpx2.ReadError(str(problem)) from problem
    except httpcore2.UnsupportedProtocol as problem:
        raise httpx2.UnsupportedProtocol(str(problem)) from problem


@cache
def _trusted_certificates() -> ssl.SSLContext:
    # 20 ms to load; the same for every client of a process.
    return httpx2.create_ssl_context(trust_env=False)


def _within(timeout: float | None, seconds_left: Callable[[], float]) -> float:
    """The shorter of the two times.

    Raises:
        httpcore2.ReadTimeout: The time is up.
    """
    left = seconds_left()
    if left <= 0:
        raise httpcore2.ReadTimeout("the time is up")
    return left if timeout is None else min(timeout, left)
