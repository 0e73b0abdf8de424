"""The database goes away under load: what was answered with 202 is there afterwards, once."""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from postgres import PostgresServer, postgres_programs
from servers import ValkeyServer

from api.app import create_app
from precompute.settings import Settings
from precompute.subjects import Subject
from workers.draining import drain_facts
from workers.wiring import Engine, engine, precomputer

MORE = 100
"""Requests that have to be answered in each phase of a test."""


class Load:
    """Callers who report without a pause, and remember what was answered with 202.

    Args:
        app: Of the service.
        callers: How many at once.
    """

    def __init__(self, app: Flask, *, callers: int = 3) -> None:
        self.accepted: Counter[str] = Counter()
        self.other_answers: Counter[int] = Counter()
        self._app = app
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._report, args=(f"u{n}",)) for n in range(callers)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def go_on(self) -> None:
        """Come back when many more requests have been answered."""
        with self._changed:
            goal = self.accepted.total() + MORE
            assert self._changed.wait_for(lambda: self.accepted.total() >= goal, timeout=60)

    def _report(self, user: str) -> None:
        client = self._app.test_client()
        number = 0
        while not self._ended.is_set():
            number += 1
            outcome = {"subject": "video", "subject_id": user, "impressions": 10, "clicks": 1, "spend": 0.25}
            self._count(user, client.post("/api/precompute/outcomes", json={"outcomes": [outcome]}).status_code)
            action = {"user_id": user, "action": f"a{number}"}
            self._count(f"{user} a{number}", client.post("/api/precompute/actions", json=action).status_code)

    def _count(self, what: str, status: int) -> None:
        with self._changed:
            if status == 202:
                self.accepted[what] += 1
            else:
                self.other_answers[status] += 1
            self._changed.notify_all()


class Outage:
    """A service under load, whose database is taken away and given back.

    Args:
        settings: With the database.
        take_away: What makes the database unusable.
        give_back: What makes it usable again.
    """

    def __init__(self, settings: Settings, *, take_away: Callable[[], None], give_back: Callable[[], None]) -> None:
        self.app = create_app(precomputer(settings), settings)
        self.engine: Engine = engine(settings)
        self.take_away = take_away
        self.give_back = give_back

    def drain(self) -> int:
        """One drain, though the last one found the database away a moment ago."""
        self.engine.cache.client.delete("pc:facts:lock")
        return drain_facts(self.engine)

    def run(self, *, seconds: float) -> Load:
        """Load before, during and after an outage of at least ``seconds``; then everything is drained."""
        with Load(self.app) as load:
            load.go_on()
            assert self.drain() > 0
            self.take_away()
            until = time.monotonic() + seconds
            looked = 0
            while looked < 2 or time.monotonic() < until:
                load.go_on()
                assert self.drain() == 0
                looked += 1
            self.give_back()
            load.go_on()
            assert self.drain() > 0
        while self.drain():
            pass
        assert self.engine.stream.waiting() == 0
        return load


@pytest.fixture
def on_sqlite(cache_client: object, cache_server: ValkeyServer, tmp_path: Path) -> Iterator[Outage]:
    """A SQLite file that another program locks, as a backup that hangs does."""
    file = tmp_path / "precompute.sqlite3"
    holder = sqlite3.connect(file, isolation_level=None)
    settings = Settings(redis_url=cache_server.url, database_url=f"sqlite:///{file}")
    outage = Outage(
        settings,
        take_away=lambda: holder.execute("BEGIN IMMEDIATE").close(),
        give_back=lambda: holder.execute("ROLLBACK").close(),
    )
    yield outage
    outage.engine.facts.close()
    holder.close()


@pytest.fixture
def on_postgresql(cache_client: object, cache_server: ValkeyServer) -> Iterator[Outage]:
    """A PostgreSQL server that is killed and started again, connections and transactions with it."""
    with PostgresServer(postgres_programs()) as server:
        settings = Settings(redis_url=cache_server.url, database_url=server.url)
        outage = Outage(settings, take_away=server.kill, give_back=server.start)
        yield outage
        outage.engine.facts.close()


@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"])
def test_what_was_accepted_is_there_afterwards_once(engine_name: str, request: pytest.FixtureRequest) -> None:
    """Nobody was refused meanwhile either: the API does not wait for the database."""
    outage: Outage = request.getfixturevalue(f"on_{engine_name}")
    load = outage.run(seconds=request.config.getoption("--outage"))
    assert load.other_answers == Counter()
    facts = outage.engine.facts
    for user in ("u0", "u1", "u2"):
        stored = [f"{user} {one.action}" for one in facts.actions_of(user, most=1_000_000)]
        accepted = [what for what in load.accepted if what.startswith(f"{user} ")]
        assert stored == accepted
        totals = facts.totals(Subject.VIDEO, user)
        reports = load.accepted[user]
        assert (totals.outcomes, totals.clicks, totals.impressions) == (reports, reports, 10 * reports)
        assert totals.spend == 0.25 * reports
