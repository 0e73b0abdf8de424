"""The API replaced under constant reads and triggers: two processes share the port for a moment, and nobody notices."""

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer, free_port

from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.wiring import engine

PROJECT = Path(__file__).parents[3]
KEY = "ctr_prediction:video:v1"
MORE = 150


class Service:
    """API processes on one port, as the Procfile starts them.

    Args:
        server: Cache and broker.
        folder: For their files.
    """

    def __init__(self, server: ValkeyServer, folder: Path) -> None:
        self.port = free_port()
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")},
            "REDIS_URL": server.url,
            "BROKER_URL": server.url,
            "PRECOMPUTE_DATA_DIR": str(folder),
            "PRECOMPUTE_LOG_LEVEL": "error",
            "PYTHONPATH": str(PROJECT),
        }
        self._log = folder / "api.log"
        self.process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--blocking-threads", "32", "--workers-kill-timeout", "5"]
        before = self._listening()
        with self._log.open("ab") as log:
            process = subprocess.Popen([*command, "api.wsgi:app"], env=self._environ, stdout=log, stderr=log)
        wait_for_callable("waiting for the API", lambda: self._listening() > before, timeout=60)
        return process

    def _listening(self) -> int:
        """How many sockets take connections on the port."""
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        fields = [line.split() for line in lines]
        return sum(each[1].endswith(f":{self.port:04X}") and each[3] == "0A" for each in fields)

    def replace(self) -> None:
        """Start another one beside the one that runs; when it takes connections, end that."""
        old, self.process = self.process, self._started()
        old.send_signal(signal.SIGTERM)
        assert old.wait(30) == 0

    def end(self) -> None:
        """End what runs."""
        self.process.terminate()
        self.process.wait(30)


class Callers:
    """Readers and callers who trigger, without a pause, and what they were answered.

    As every HTTP client that keeps connections open, they ask once more where the server has closed an idle one.
    """

    def __init__(self, port: int) -> None:
        self.answers: Counter[str] = Counter()
        self.tasks: list[str] = []
        self._port = port
        self._changed = threading.Condition()
        self._ended = threading.Event()
        kinds = (("new", "read"), ("kept", "read"), ("kept", "read"), ("new", "trigger"))
        self._threads = [threading.Thread(target=self._go_on, args=each) for each in kinds]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def more(self) -> None:
        """Come back when many more have been answered."""
        with self._changed:
            goal = self.answers.total() + MORE
            assert self._changed.wait_for(lambda: self.answers.total() >= goal, timeout=60)

    def _go_on(self, how: str, what: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        number = 0
        while not self._ended.is_set():
            number += 1
            if how == "new":
                connection.close()
            try:
                told = self._ask(connection, what, number)
            except (http.client.RemoteDisconnected, ConnectionResetError):
                connection.close()
                told = self._ask(connection, what, number) if how == "kept" else "cut off"
            with self._changed:
                self.answers[f"{what} {told}"] += 1
                self._changed.notify_all()
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, what: str, number: int) -> str:
        if what == "read":
            connection.request("GET", f"/api/precompute/cache/{KEY}")
        else:
            body = {"campaign_id": f"c{number}", "user_id": "u1", "campaign_data": {"budget": 100}}
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/api/precompute/campaign", body=orjson.dumps(body), headers=headers)
        answer = connection.getresponse()
        told = orjson.loads(answer.read())
        if what == "trigger":
            self.tasks += [task_id for ids in told.get("queued_tasks", {}).values() for task_id in ids]
        return str(answer.status)


@pytest.fixture
def service(cache_server: ValkeyServer, cache_client: object, tmp_path: Path) -> Iterator[Service]:
    """One that answers."""
    running = Service(cache_server, tmp_path)
    yield running
    running.end()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks at sockets the Linux way")
def test_nobody_notices_that_the_api_is_replaced(service: Service, cache_server: ValkeyServer) -> None:
    """No read fails, no trigger fails, and what was accepted is known afterwards and on its queue."""
    parts = engine(Settings(redis_url=cache_server.url))
    key = CacheKey.parse(KEY)
    parts.cache.client.set(f"pc:l:{KEY}", "test")
    row = parts.catalogue.get(key.task_type)
    parts.cache.store(row, key, owner="test", body=b'{"ctr":0.01}', parts={}, cost=row.ttl / 1000)
    with Callers(service.port) as callers:
        for _ in range(3):
            callers.more()
            service.replace()
        callers.more()
    assert set(callers.answers) == {"read 200", "trigger 202"}
    assert callers.tasks
    assert all(parts.ledger.key_of(task_id) for task_id in callers.tasks)
