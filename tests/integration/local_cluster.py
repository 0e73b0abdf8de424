"""Celery workers and their broker as local processes, behind the interface that pytest-celery has for containers."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import Signals
from typing import Any

from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer

_HERE = Path(__file__).parent
_PROJECT = _HERE.parents[1]
_START_S = 120
_END_S = 120
_COMMAND = ("-m", "celery", "-q", "-A", "workers.app", "worker", "--without-gossip", "--without-mingle")


class LocalBroker:
    """Stands for the container of a broker."""

    def __init__(self, server: ValkeyServer) -> None:
        self.server = server
        self.name = "broker"
        self.id = f"broker-{server.port}"

    @property
    def status(self) -> str:
        """As Docker words it."""
        return "running" if self.server.running else "exited"

    @property
    def celeryconfig(self) -> dict[str, str]:
        """Where Celery finds it."""
        return {"url": self.server.url, "host_url": self.server.url}

    def ready(self) -> bool:
        """Whether it takes connections."""
        return self.server.running

    def kill(self, signal: str | int = "SIGKILL") -> None:
        """End it; anything but SIGKILL lets it finish writing."""
        if signal == "SIGKILL":
            self.server.kill()
        else:
            self.server.stop()

    def restart(self, timeout: int = 10) -> None:
        """Start it on the same port with the same data, ending it before if need be."""
        self.server.stop()
        self.server.start()

    def reload(self) -> None:
        """Nothing to look up again."""

    def teardown(self) -> None:
        """End it."""
        self.server.stop()


@contextmanager
def local_broker(folder: Path) -> Iterator[LocalBroker]:
    """Running, ended at the end."""
    with ValkeyServer(folder) as server:
        yield LocalBroker(server)


class LocalWorker:
    """Stands for the container of a worker: ``celery worker`` in a process group of its own.

    Args:
        name: Of the worker, before the ``@``.
        queues: In the order in which they are drained.
        environ: What it gets beside the machine's own variables.
        log: Where its output goes.
        processes: How many children compute.
        on: Command that runs the one behind it on another host.
    """

    def __init__(
        self,
        *,
        name: str,
        queues: tuple[str, ...],
        environ: Mapping[str, str],
        log: Path,
        processes: int = 2,
        on: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.id = f"{name}-local"
        self._queues = queues
        self._environ = environ
        self._log = log
        self._processes = processes
        self._on = on
        self._start()

    @property
    def status(self) -> str:
        """As Docker words it."""
        return "running" if self._process.poll() is None else "exited"

    @property
    def pid(self) -> int:
        """Of the main process."""
        return self._process.pid

    @property
    def celeryconfig(self) -> dict[str, str]:
        """Where its broker is."""
        return {"url": self._environ["BROKER_URL"], "host_url": self._environ["BROKER_URL"]}

    def ready(self) -> bool:
        """Whether it takes tasks; waits until it does.

        Raises:
            AssertionError: It ended before.
        """
        wait_for_callable(f"waiting for worker {self.name}", self._is_up_or_gone, timeout=_START_S)
        assert self.status == "running", self.logs()
        return True

    def logs(self) -> str:
        """Everything it said since it was first started."""
        return self._log.read_text()

    def kill(self, signal: str | int = "SIGKILL") -> None:
        """Send a signal to the main process; SIGKILL goes to its children as well, as when a machine is lost."""
        number = Signals[signal] if isinstance(signal, str) else Signals(signal)
        if number is Signals.SIGKILL:
            self._end_group()
        else:
            self._process.send_signal(number)

    def wait(self) -> int:
        """Wait until it has ended; its exit status."""
        return self._process.wait(timeout=_END_S)

    def restart(self, timeout: int = _END_S) -> None:
        """End it, if it runs, and start it again."""
        self.teardown()
        self._start()

    def reload(self) -> None:
        """Nothing to look up again."""

    def teardown(self) -> None:
        """End it and every process it started."""
        self._end_group()

    def version(self) -> str:
        """Of Celery; that of this environment."""
        return "local"

    def log_level(self) -> str:
        """What it is started with."""
        return "INFO"

    def worker_name(self) -> str:
        """Before the ``@``."""
        return self.name

    def worker_queue(self) -> str:
        """The first one that it drains."""
        return self._queues[0]

    def exec_run(self, command: str) -> tuple[int, bytes]:
        """Run a command beside it."""
        done = subprocess.run(command, shell=True, check=False, capture_output=True, env=self._full_environ())  # noqa: S602
        return done.returncode, done.stdout

    def _start(self) -> None:
        self._started_at = self._log.stat().st_size if self._log.exists() else 0
        options = ["-Q", ",".join(self._queues), "-c", str(self._processes), "-n", self._node, "-l", "INFO"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._on, sys.executable, *_COMMAND, *options],
                cwd=_PROJECT,
                env=self._full_environ(),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def _node(self) -> str:
        return self.name if "@" in self.name else f"{self.name}@%h"

    def _full_environ(self) -> dict[str, Any]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
        return {**kept, "PYTHONPATH": str(_HERE), "OMP_NUM_THREADS": "1", "REMAP_SIGTERM": "SIGQUIT", **self._environ}

    def _is_up_or_gone(self) -> bool:
        return self.status == "exited" or " ready." in self._said_lately()

    def _said_lately(self) -> str:
        return self.logs()[self._started_at :]

    def _end_group(self) -> None:
        try:
            os.killpg(self._process.pid, Signals.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait()
