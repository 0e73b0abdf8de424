"""Every process replaced under constant reads and triggers, as an upgrade does: nothing is lost, and nobody notices."""

import http.client
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from callers import Callers
from pytest_docker_tools.wrappers.container import wait_for_callable
from rolling_service import RollingService
from rolling_tasks import LETTER
from servers import ValkeyServer

from precompute.entry import Entry, State
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.wiring import Engine, engine

STORED = CacheKey.parse("ctr_prediction:video:v1")
READS, LETTERS = 50, 3
"""What has to be answered between two replacements."""

PAUSE_S = 0.02


class Port:
    """Where a caller asks, who connects anew each time, or keeps the connection and asks once more where it was closed.

    Every HTTP client that keeps connections does so: the server closes those that are idle when it ends.
    """

    def __init__(self, port: int, *, kept: bool) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._kept = kept
        self.close = self._connection.close

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer; status 0 where the connection was cut off."""
        if not self._kept:
            self.close()
        for _ in range(2 if self._kept else 1):
            try:
                sent = None if body is None else orjson.dumps(body)
                headers = {} if body is None else {"Content-Type": "application/json"}
                self._connection.request(method, path, body=sent, headers=headers)
                answer = self._connection.getresponse()
                return answer.status, orjson.loads(answer.read())
            except (ConnectionResetError, BrokenPipeError):
                self.close()
        return 0, None


def reader(port: int, *, kept: bool) -> Generator[str, None, None]:
    """Somebody who reads what is there."""
    with closing(Port(port, kept=kept)) as service:
        while True:
            yield f"read {service.ask('GET', f'/api/precompute/cache/{STORED}')[0]}"


def logger_in(port: int, name: str, tasks: list[str], *, kept: bool) -> Generator[str, None, None]:
    """Somebody who has one user after the other logged in, and looks for the letter until it is there."""
    with closing(Port(port, kept=kept)) as service:
        for number in count(1):
            user = f"{name}{number}"
            status, told = service.ask("POST", "/api/precompute/login", {"user_id": user})
            yield f"login {status}"
            tasks += [one for ids in told["queued_tasks"].values() for one in ids]
            status = 404
            while status == 404:
                status, told = service.ask("GET", f"/api/precompute/cache/{LETTER.name}:user:{user}")
                yield f"letter {status}"


@pytest.fixture
def parts(cache_server: ValkeyServer, cache_client: object) -> Engine:
    """An engine beside the service, with one result stored."""
    there = engine(Settings(redis_url=cache_server.url, plugins=("rolling_tasks",)))
    row = there.catalogue.get(STORED.task_type)
    there.cache.client.set(f"pc:l:{STORED}", "test")
    there.cache.store(row, STORED, owner="test", body=b'{"ctr":0.01}', parts={}, cost=row.ttl / 1000)
    return there


@pytest.fixture
def service(cache_server: ValkeyServer, parts: Engine, tmp_path: Path) -> Iterator[RollingService]:
    """One that answers and computes."""
    running = RollingService(cache_server, tmp_path)
    yield running
    running.end()


@pytest.mark.timeout(600)  # nine starts of processes, one after the other
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks at sockets the Linux way")
def test_nobody_notices_that_everything_is_replaced(service: RollingService, parts: Engine) -> None:
    """No read and no trigger fails; what was accepted is computed, each letter for whom it was asked."""
    port, tasks = service.port, list[str]()
    asking = [reader(port, kept=kept) for kept in (False, True)]
    asking += [logger_in(port, name, tasks, kept=kept) for name, kept in (("new", False), ("kept", True))]
    with Callers(*asking, pause_s=PAUSE_S) as callers:
        for replace in (service.replace_api, service.replace_workers, service.replace_beat, service.replace_api):
            callers.more(READS, "read 200")
            callers.more(LETTERS, "letter 200")
            replace()
        callers.more(LETTERS, "letter 200")

    assert set(callers.answers) <= {"read 200", "login 202", "letter 404", "letter 200"}, service.logs()
    keys = [parts.ledger.key_of(task_id) for task_id in tasks]
    assert None not in keys
    asked = [key for key in keys if key is not None]
    wait_for_callable("waiting for what was accepted", lambda: all_done(parts, asked), timeout=60)
    assert {record.state for record in parts.ledger.records(asked)} == {State.READY}, service.logs()
    for key in (key for key in asked if key.task_type == LETTER.name):
        found = parts.cache.read(key)
        assert isinstance(found, Entry)
        assert found.value == {"text": f"Dear {key.ref.id}, well met"}


def all_done(parts: Engine, keys: list[CacheKey]) -> bool:
    """Whether nothing of it is on its way any more."""
    return not any(record.state.on_its_way for record in parts.ledger.records(keys))
