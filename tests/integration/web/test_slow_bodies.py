"""Bodies that never end, on the web server that the API runs on."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from servers import free_port
from slow_bodies_app import PLACES

ROOT = Path(__file__).parents[3]
WITHIN_S = 60.0
"""Far more than it takes; a machine may be busy."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="connections are told apart by counts of Linux")


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server with that application."""
    number = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--http", "1", "--host", "127.0.0.1"]
    command += ["--port", str(number), "--blocking-threads", "4", "--log-level", "error", "slow_bodies_app:app"]
    environ = {"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"}
    with subprocess.Popen(command, env=environ, cwd=ROOT) as process:
        try:
            with httpx2.Client(transport=httpx2.HTTPTransport(retries=12), timeout=WITHIN_S) as caller:
                caller.get(f"http://127.0.0.1:{number}/").raise_for_status()
            yield number
        finally:
            process.terminate()


def beginning(port: int) -> socket.socket:
    """A connection on which half a body has been sent."""
    caller = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)
    caller.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
    return caller


def test_bodies_that_never_end_are_cut(port: int) -> None:
    """Their senders are told so, and their places are free for others; what is answered meanwhile goes on."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=WITHIN_S) as caller:
        assert caller.post("/", content=b"whole").text == "5"
        callers = [beginning(port) for _ in range(PLACES)]
        try:
            assert caller.get("/").text == "up"
            for each in callers:
                assert each.recv(12) == b"HTTP/1.1 408"
        finally:
            for each in callers:
                each.close()
        # The same connection as before: one that was idle meanwhile is nobody's to cut.
        assert caller.post("/", content=b"whole").text == "5"


def test_a_beginning_that_comes_along_with_a_whole_request_is_cut_too(port: int) -> None:
    """By what the kernel counts, such a connection is idle."""
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as caller:
        whole = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        caller.sendall(whole + b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
        answers = b""
        while b" 408 " not in answers:
            piece = caller.recv(1000)
            assert piece, answers
            answers += piece
