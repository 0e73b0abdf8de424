"""A service whose processes can be replaced one by one: the API on one port, workers, and beat."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from local_cluster import LocalWorker
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer, free_port

from precompute.queues import IN_DRAIN_ORDER

PROJECT = Path(__file__).parents[2]
_QUEUES = tuple(queue.label for queue in IN_DRAIN_ORDER)
_END_S = 120


class RollingService:
    """Everything runs from the moment it is made.

    Args:
        server: Cache and broker.
        folder: For the processes' files.
    """

    def __init__(self, server: ValkeyServer, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._own = {
            "REDIS_URL": server.url,
            "BROKER_URL": server.url,
            "PRECOMPUTE_DATA_DIR": str(folder),
            "PRECOMPUTE_PLUGINS": "rolling_tasks",
            "PRECOMPUTE_SWEEP_INTERVAL": "1s",
            "PRECOMPUTE_LOG_FORMAT": "text",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
        path = os.pathsep.join((str(PROJECT), str(PROJECT / "tests/integration")))
        self._environ = {**kept, **self._own, "PYTHONPATH": path, "PRECOMPUTE_LOG_LEVEL": "error"}
        self._number = 0
        self._workers = [self._started_worker(), self._started_worker()]
        self._beat = self._started_beat()
        self._api = self._started_api()
        for worker in self._workers:
            worker.ready()

    def replace_api(self) -> None:
        """Start another one beside the one that runs; when it takes connections, end that."""
        old, self._api = self._api, self._started_api()
        old.send_signal(signal.SIGTERM)
        old.wait(_END_S)

    def replace_workers(self) -> None:
        """One by one: each is asked to end, and when it has, another is started in its place."""
        for place, old in enumerate(self._workers):
            old.kill("SIGTERM")
            old.wait()
            self._workers[place] = self._started_worker()
            self._workers[place].ready()

    def replace_beat(self) -> None:
        """End it and start another one."""
        self._end(self._beat)
        self._beat = self._started_beat()

    def end(self) -> None:
        """End what runs."""
        for worker in self._workers:
            worker.teardown()
        self._end(self._beat)
        self._end(self._api)

    def logs(self) -> str:
        """What the processes said."""
        return "\n".join(file.read_text() for file in sorted(self._folder.glob("*.log")))

    def _started_worker(self) -> LocalWorker:
        self._number += 1
        name = f"worker{self._number}"
        log = self._folder / f"{name}.log"
        return LocalWorker(name=name, queues=_QUEUES, environ=self._own, log=log, processes=1)

    def _started_beat(self) -> "subprocess.Popen[bytes]":
        return self._started("beat", "celery", "-q", "-A", "workers.app", "beat", "-S", "workers.beat.Scheduler")

    def _started_api(self) -> "subprocess.Popen[bytes]":
        server = (
            "granian",
            "--interface",
            "wsgi",
            "--no-ws",
            "--http",
            "1",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        )
        before = self._listening()
        options = ("--blocking-threads", "32", "--workers-kill-timeout", "5")
        process = self._started("api", *server, *options, "api.wsgi:app")
        wait_for_callable("waiting for the API", lambda: self._listening() > before, timeout=_END_S)
        return process

    def _started(self, name: str, *module: str) -> "subprocess.Popen[bytes]":
        with (self._folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", *module]
            return subprocess.Popen(command, cwd=PROJECT, env=self._environ, stdout=log, stderr=log)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()
        process.wait(_END_S)

    def _listening(self) -> int:
        """How many sockets take connections on the port."""
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        fields = [line.split() for line in lines]
        return sum(each[1].endswith(f":{self.port:04X}") and each[3] == "0A" for each in fields)
