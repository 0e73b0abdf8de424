"""Connections that never end their request; on real ones, with the kernel's counts."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event

import pytest

from api.unanswered import Unanswered

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what the kernel counts is told so on Linux only")

Pair = tuple[socket.socket, socket.socket]


class Server:
    """Takes connections and does nothing by itself."""

    def __init__(self, closing: ExitStack) -> None:
        self._closing = closing
        self._socket = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port: int = self._socket.getsockname()[1]

    def pair(self) -> Pair:
        """A caller's end, and ours."""
        caller = self._closing.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=30))
        ours, _ = self._socket.accept()
        return caller, self._closing.enter_context(ours)


@pytest.fixture
def server() -> Iterator[Server]:
    """One of its own."""
    with ExitStack() as closing:
        yield Server(closing)


def exchanged(pair: Pair, asked: bytes, answered: bytes) -> None:
    """A request that has come, and was answered a moment later."""
    caller, ours = pair
    caller.sendall(asked)
    assert ours.recv(len(asked), socket.MSG_WAITALL) == asked
    if answered:
        # The kernel tells the order by its ticks, of which there are 100 to 1,000 a second.
        Event().wait(0.05)
        ours.sendall(answered)
        assert caller.recv(len(answered), socket.MSG_WAITALL) == answered


def test_only_what_stays_unanswered_is_cut(server: Server) -> None:
    """Neither idle connections, nor those that were answered since the look before, nor such that have sent nothing."""
    now = [0.0]
    unanswered = Unanswered(server.port, clock=lambda: now[0])
    silent, idle, slow, served = (server.pair() for _ in range(4))
    exchanged(idle, b"whole", b"answer")
    exchanged(slow, b"a begi", b"")
    exchanged(served, b"whole", b"")
    assert unanswered.cut(after_seconds=40) == 0
    exchanged(served, b"", b"answer")
    exchanged(served, b"the next one", b"")
    now[0] = 39.0
    assert unanswered.cut(after_seconds=40) == 0
    now[0] = 41.0
    assert unanswered.cut(after_seconds=40) == 1
    assert slow[1].recv(10) == b""
    for _, ours in (silent, idle, served):
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            ours.recv(10)
    # It can still be told why.
    slow[1].sendall(b"408")
    assert slow[0].recv(10) == b"408"


def test_what_was_forgotten_is_counted_anew(server: Server) -> None:
    """Looks that are far apart tell nothing of the time between them."""
    now = [0.0]
    unanswered = Unanswered(server.port, clock=lambda: now[0])
    exchanged(server.pair(), b"a begi", b"")
    assert unanswered.cut(after_seconds=40) == 0
    unanswered.forget()
    now[0] = 100.0
    assert unanswered.cut(after_seconds=40) == 0
    now[0] = 140.0
    assert unanswered.cut(after_seconds=40) == 1


def test_connections_of_other_ports_are_left_alone(server: Server) -> None:
    """Those to the cache's server, above all: an answer is the last that came on them."""
    with ExitStack() as closing:
        other = Server(closing)
        exchanged(other.pair(), b"a begi", b"")
        unanswered = Unanswered(server.port, clock=lambda: 0.0)
        unanswered.cut(after_seconds=0)
        assert unanswered.cut(after_seconds=0) == 0


def test_a_beginning_that_came_along_with_a_whole_request_is_cut_with_the_idle(server: Server) -> None:
    """It looks like them: ours were the last words. Who has asked or been answered since was not idle."""
    now = [0.0]
    unanswered = Unanswered(server.port, clock=lambda: now[0])
    silent, both, asking, served = (server.pair() for _ in range(4))
    for each in (both, asking, served):
        exchanged(each, b"whole" + b"a begi", b"answer")
    assert unanswered.cut(after_seconds=40) == 0
    now[0] = 39.0
    exchanged(asking, b"the next one", b"")
    exchanged(served, b"", b"more")
    assert unanswered.cut(after_seconds=40) == 0
    now[0] = 41.0
    assert unanswered.cut(after_seconds=40) == 0
    assert unanswered.cut(after_seconds=40, idle_too=True) == 1
    assert both[1].recv(10) == b""
    for _, ours in (silent, asking, served):
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            ours.recv(10)
