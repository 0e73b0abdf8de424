"""One stack for the tests of the pages: a Valkey, a worker and the API; and the Chromium that looks at it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer, free_port

from precompute.course import take_sample
from precompute.events import Event
from precompute.message import Message
from precompute.planner import Cause
from precompute.settings import Settings
from precompute.subjects import CacheKey
from precompute.task_type import TaskType
from workers.wiring import Engine, engine

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WORKER = "-m celery -q -A workers.app worker --without-gossip --without-mingle -c 1 -l INFO"
_API = (
    "-m granian --interface wsgi --no-ws --http 1 --host 127.0.0.1 --port {port} --blocking-threads {threads} "
    "api.wsgi:app"
)

THREADS = 8
"""Of the API."""

PLACES = 3
"""For the streams of pages, of so many threads."""


class PageStack:
    """A running service; one Valkey is its cache and its broker.

    Args:
        folder: For everything it keeps; empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.valkey = ValkeyServer(folder / "valkey")
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._environ = {
            "REDIS_URL": self.valkey.url,
            "BROKER_URL": self.valkey.url,
            "DATABASE_URL": f"sqlite:///{folder / 'facts.sqlite'}",
            "PRECOMPUTE_DATA_DIR": str(folder),
            "PRECOMPUTE_MEDIA_ROOT": str(folder),
            "PRECOMPUTE_PLUGINS": "page_tasks",
            "PRECOMPUTE_API_THREADS": str(THREADS),
        }
        self.engine: Engine = engine(Settings.from_environ(self._environ))
        commands = (_WORKER, _API.format(port=self._port, threads=THREADS))
        self._processes = [self._start(command.split()) for command in commands]
        wait_for_callable("waiting for the API", self._answers, timeout=120)

    def post(self, path: str, **body: Any) -> Any:
        """The answer to a trigger."""
        return httpx2.post(f"{self.url}/api/precompute{path}", json=body, timeout=30).raise_for_status().json()

    def store(self, row: TaskType, event: Event, value: Any, *, parts: dict[str, bytes] | None = None) -> None:
        """Store a result of that event, as if a worker had computed it; for what would take long."""
        key = row.key_for(event.ref)
        message = Message(
            task_id=f"by-hand-{key}", key=key, queue=row.queue.label, event=event.to_json(), cause=Cause.EVENT
        )
        lease = timedelta(minutes=1)
        self.engine.ledger.begin(message, owner="hand", lease=lease, fingerprint="")
        made = {"body": orjson.dumps(value), "parts": parts or {}, "cost": timedelta(seconds=2)}
        self.engine.cache.store(row, key, owner="hand", **made)

    def read(self, key: str) -> None:
        """One counted read."""
        self.engine.cache.read(CacheKey.parse(key))

    def reads(self) -> dict[bytes, bytes]:
        """The counters of reads."""
        counters = self.engine.cache.client.hgetall("pc:m")
        return {
            name: count for name, count in counters.items() if name.startswith((b"hit:", b"stale:", b"miss:", b"used:"))
        }

    def step(self) -> None:
        """What beat's sweep does every ten seconds: take down what has happened; the first time only look."""
        take_sample(self.engine.cache, self.engine.catalogue)
        # The stack has no beat, and its clock cannot be moved: the step before counts as ten seconds ago.
        known = int(self.engine.cache.client.hget("pc:course", "at"))
        self.engine.cache.client.hset("pc:course", "at", known - 10_000)

    def logs(self) -> str:
        """What worker and API said."""
        return (self.folder / "log").read_text()

    def close(self) -> None:
        """End everything."""
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.valkey.stop()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
        path = os.pathsep.join((str(_HERE), str(_ROOT)))
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=_ROOT,
                env={**kept, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **self._environ},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        assert all(process.poll() is None for process in self._processes), self.logs()
        try:
            return httpx2.get(f"{self.url}/healthz", timeout=5).is_success
        except httpx2.TransportError:
            return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window; without it the test is skipped, in CI it fails."""
    found = shutil.which("chromium")
    if found is None:
        told = "no Chromium on this machine; on Debian: apt install chromium"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    # Figures come every two seconds, and the first worker takes some to start.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_QUIET))
        yield browser
        browser.close()
