"""A service that posts events and reads results, with the handles that tests need on the workers' doings."""

import os
from datetime import timedelta
from typing import Any

import redis
from pytest_celery import CeleryTestSetup, CeleryTestWorker

from precompute.admission import Receipt, admit
from precompute.entry import Entry, Miss, State
from precompute.events import UserLoggedIn
from precompute.ledger import TaskRecord
from precompute.planner import plan
from precompute.settings import Settings
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType
from workers.rescue import rescue
from workers.wiring import Engine, engine, precomputer

LONG = timedelta(seconds=120)
_LOOK = timedelta(seconds=1)


class Platform:
    """The engine in this process, the workers and the broker beside it."""

    def __init__(self, settings: Settings, client: "redis.Redis", setup: CeleryTestSetup) -> None:
        self.client: Any = client
        self.setup = setup
        self.engine: Engine = engine(settings)
        self.precomputer = precomputer(settings)

    @property
    def workers(self) -> tuple[CeleryTestWorker, ...]:
        """Those of the cluster."""
        assert self.setup.worker_cluster is not None
        return tuple(self.setup.worker_cluster)

    def broker_client(self) -> "redis.Redis":
        """A new client of the broker's server."""
        return redis.Redis.from_url(self.engine.settings.broker, retry=None, socket_timeout=60)

    def login(
        self, *rows: TaskType, user: str = "u1", priority: int | None = None, numbers: tuple[int, ...] = (1, 2, 3)
    ) -> Receipt:
        """A login that asks for these results only."""
        event = UserLoggedIn(subject_id=user, user_id=user, data={"numbers": list(numbers)})
        planned = plan(event, catalogue=self.engine.catalogue, rows=rows, priority=priority)
        return admit(planned, ledger=self.engine.ledger, dispatch=self.engine.dispatch)

    def read(self, row: TaskType, *, user: str = "u1", wait: timedelta = LONG) -> Entry | Miss:
        """The result, as soon as it is there or will not come."""
        return self.precomputer.get(key(row, user), wait=wait)

    def value(self, row: TaskType, *, user: str = "u1") -> dict[str, Any]:
        """The result, which must come."""
        found = self.read(row, user=user)
        assert isinstance(found, Entry), (found, self.logs())
        return dict(found.value)

    def record(self, row: TaskType, *, user: str = "u1") -> TaskRecord:
        """The task as its status is served."""
        return self.engine.ledger.records([key(row, user)])[0]

    def until(self, row: TaskType, state: State, *, user: str = "u1") -> None:
        """Hold on until the task is in that state."""
        for step in self.precomputer.changes(key(row, user).ref, within=LONG):
            if any(record.key == key(row, user) and record.state is state for record in step):
                return
        raise AssertionError(f"{row.name} never was {state}: {self.record(row, user=user)}\n{self.logs()}")

    def sweep(self) -> None:
        """What beat has workers do every few seconds."""
        rescue(self.engine)

    def swept_until_there(self, row: TaskType, *, user: str = "u1") -> Entry | Miss:
        """Sweep once a second, as beat does, until the task is over."""
        for _ in range(60):
            rescue(self.engine)
            found = self.read(row, user=user, wait=_LOOK)
            if isinstance(found, Entry) or not found.state.on_its_way:
                return found
        raise AssertionError(f"{row.name} is stranded: {self.record(row, user=user)}\n{self.logs()}")

    def let_go(self, user: str = "u1", *, times: int = 1) -> None:
        """Let slow computations of a user go on."""
        self.client.rpush(f"test:go:{user}", *["go"] * times)

    def runs(self, row: TaskType, user: str = "u1") -> int:
        """How often the function was called."""
        return int(self.client.get(f"test:runs:{row.name}:{user}") or 0)

    def worker_of(self, row: TaskType, user: str = "u1") -> CeleryTestWorker:
        """Whose process has called the function; waits until one has."""
        _name, pid = self.client.blpop(f"test:pid:{row.name}:{user}", timeout=60)
        # Every worker leads the group of its processes.
        return next(worker for worker in self.workers if worker.container.pid == os.getpgid(int(pid)))

    def order(self) -> list[str]:
        """The functions in the order in which they were called, as ``name:user``."""
        return [entry.decode() for entry in self.client.lrange("test:order", 0, -1)]

    def logs(self) -> str:
        """What the workers said."""
        return "\n".join(worker.logs() for worker in self.workers)


def key(row: TaskType, user: str = "u1") -> CacheKey:
    """The key of one user's result."""
    return row.key_for(SubjectRef(subject=Subject.USER, id=user))
