"""The running service with a real Prometheus beside it, and the handles to make things go wrong."""

import re
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from platform_under_test import key
from procfile_process import ProcfileProcess
from prometheus import PrometheusServer
from servers import ValkeyServer, free_port

from precompute.clock import system_clock
from precompute.entry import Failure
from precompute.events import UserLoggedIn
from precompute.ledger import Beginning
from precompute.message import Message
from precompute.planner import plan
from precompute.settings import Settings
from precompute.task_type import TaskType
from workers.wiring import engine

RULES = Path(__file__).parents[2] / "deploy/prometheus/rules.yml"
WITHIN_S = 90
LEASE = timedelta(seconds=20)


class WatchedService:
    """API, cache and broker, and whatever else of the Procfile a test starts; Prometheus scrapes it every second.

    Args:
        folder: For everything that is written.
    """

    def __init__(self, folder: Path) -> None:
        self._ending = ExitStack()
        self._folder = folder
        self.cache = self._ending.enter_context(ValkeyServer(folder / "cache"))
        self.broker = self._ending.enter_context(ValkeyServer(folder / "broker"))
        port = free_port()
        self._environ = {
            "REDIS_URL": self.cache.url,
            "BROKER_URL": self.broker.url,
            "DATABASE_URL": f"sqlite:///{folder / 'facts.sqlite3'}",
            "PRECOMPUTE_DATA_DIR": str(folder / "data"),
            "PRECOMPUTE_MEDIA_ROOT": str(folder),
            "PRECOMPUTE_PORT": str(port),
            "PRECOMPUTE_WORKERS": "1",
            "PRECOMPUTE_PLUGINS": "plugin_tasks",
            "PRECOMPUTE_ALERT_LEAST_READS": "20",
            "PRECOMPUTE_ALERT_LEAST_COMPUTATIONS": "5",
            "PRECOMPUTE_ALERT_LEAST_FOLLOWED": "5",
        }
        self.settings = Settings.from_environ(self._environ)
        self.api = self.start("web")
        self.http = self._ending.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20))
        # At once, and by the last half minute: a test has no hour.
        rules = re.sub(r"for: \w+", "for: 0s", RULES.read_text())
        rules = re.sub(r"\[\d+[mh]\]", "[30s]", rules)
        self.prometheus = self._ending.enter_context(
            PrometheusServer(folder / "prometheus", rules=rules, target=f"127.0.0.1:{port}")
        )

    def start_work(self) -> None:
        """Both workers, and beat."""
        self.worker, self.background, self.beat = map(self.start, ("worker", "background", "beat"))

    def start(self, name: str) -> ProcfileProcess:
        """A process of the Procfile."""
        process = ProcfileProcess(name, environ=self._environ, log=self._folder / f"{name}.log")
        return self._ending.enter_context(process)

    def close(self) -> None:
        """End everything."""
        self._ending.close()

    def until_fires(self, alert: str, *, meanwhile: Callable[[], object] = lambda: None) -> list[dict[str, str]]:
        """Labels with which the alert fires, once it does.

        Args:
            alert: Its name.
            meanwhile: Done before each look.
        """

        def look() -> list[dict[str, str]] | None:
            meanwhile()
            return self.prometheus.firing().get(alert)

        found: list[dict[str, str]] = self.prometheus.until(look, within_s=WITHIN_S)
        return found

    def until_well(self) -> None:
        """Hold on until nothing fires."""
        self.prometheus.until(lambda: None if self.prometheus.firing() else True, within_s=WITHIN_S)

    def until_told(self, expression: str) -> float:
        """The value of the first sample of an expression, once there is one."""
        found: list[dict[str, Any]] = self.prometheus.until(
            lambda: self.prometheus.query(expression) or None, within_s=WITHIN_S
        )
        return float(found[0]["value"][1])

    def asked(self, row: TaskType, *, user: str, clock: Callable[[], datetime] = system_clock) -> "Asked":
        """A task that waits for a worker, and that this process takes up in a worker's place."""
        return Asked(self, row, user=user, clock=clock)


class Asked:
    """A task in the hands of a test that does by hand what workers do."""

    def __init__(self, service: WatchedService, row: TaskType, *, user: str, clock: Callable[[], datetime]) -> None:
        self._engine = engine(service.settings, clock=clock)
        self._row, self._key, self._owner = row, key(row, user), uuid.uuid4().hex
        event = UserLoggedIn(subject_id=user, user_id=user, data={})
        planned = plan(event, catalogue=self._engine.catalogue, rows=[row])
        # Not published: no worker is to take it up.
        [task] = self._engine.ledger.admit(planned)
        queue, told = task.task.queue.label, event.to_json()
        self._message = Message(task_id=task.task_id, key=self._key, queue=queue, event=told, cause=planned.cause)

    def begin(self, *, lease: timedelta = LEASE) -> Beginning:
        """Take it up."""
        begun, _ = self._engine.ledger.begin(self._message, owner=self._owner, lease=lease, fingerprint="")
        return begun

    def store(self, *, cost: timedelta) -> None:
        """Take it up and write what it computed."""
        assert self.begin() is Beginning.RUN
        assert self._engine.cache.store(self._row, self._key, owner=self._owner, body=b"{}", parts={}, cost=cost)

    def fail(self) -> None:
        """Take it up and give up."""
        assert self.begin() is Beginning.RUN
        failure = Failure(code="not_a_video", message="that is not a video")
        assert self._engine.ledger.fail(self._key, owner=self._owner, failure=failure, retry_in=None)
