"""A real RabbitMQ for tests and benchmarks: a node of its own in a temporary folder, on free loopback ports."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM

from servers import free_port

_DEBIAN = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""What the package's own command runs; that one refuses anybody but root and the account rabbitmq."""

_UP_WITHIN_S = 180
_LOOK_EVERY_S = 0.2
_END_S = 30


class RabbitServer:
    """One RabbitMQ node; running from the moment it is made, a context manager that stops it and its name server.

    Args:
        folder: Where its messages and its logs lie; made when it is not there. A later start finds the messages.
        program: See :func:`rabbitmq_program`.
    """

    def __init__(self, folder: Path, *, program: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._names_port = free_port()
        self._links_port = free_port()
        self._folder = folder.resolve()
        self._program = program
        (self._folder / "enabled_plugins").write_text("[].\n")
        self.start()

    @property
    def url(self) -> str:
        """For clients."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process.poll() is None

    def start(self) -> None:
        """Start it, on the same port, with the messages it had; it takes connections then.

        Raises:
            RuntimeError: It ended, or does not answer.
        """
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [str(self._program)],
                env=self._environ(),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + _UP_WITHIN_S
        while not self._answers():
            if not self.running or time.monotonic() > until:
                raise RuntimeError(f"RabbitMQ does not start:\n{(self._folder / 'output').read_text()}")
            time.sleep(_LOOK_EVERY_S)

    def stop(self) -> None:
        """End it in good order; its durable messages stay."""
        self._end(SIGTERM)

    def kill(self) -> None:
        """End it without a chance to write anything."""
        self._end(SIGKILL)

    def restart(self, *, force: bool = False) -> None:
        """Stop it (``force``: kill it) and start it again."""
        self._end(SIGKILL if force else SIGTERM)
        self.start()

    def freeze(self, number: int) -> None:
        """Stop it in the middle of everything (``SIGSTOP``), or let it go on (``SIGCONT``)."""
        os.killpg(self._process.pid, number)

    def __enter__(self) -> "RabbitServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        # Started by the node for itself, on a port of its own; it would stay.
        subprocess.run(["epmd", "-port", str(self._names_port), "-kill"], check=False, capture_output=True)

    def _end(self, number: int) -> None:
        # The program is a shell that waits for the node; both are in a session of their own.
        if self.running:
            os.killpg(self._process.pid, number)
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, SIGKILL)
                self._process.wait(_END_S)

    def _answers(self) -> bool:
        # A node listens before it knows its users; what it says to the header of the protocol tells that it is up.
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(8))
        except OSError:
            return False

    def _environ(self) -> Mapping[str, str]:
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._links_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "none"),
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }


def rabbitmq_program() -> Path | None:
    """Where the program is; None where it is not installed."""
    found = shutil.which("rabbitmq-server")
    return (_DEBIAN if _DEBIAN.exists() else Path(found)) if found else None
