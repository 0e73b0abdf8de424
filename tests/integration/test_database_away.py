"""The database goes away under load: what was answered with 202 is there afterwards, once."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from itertools import count
from pathlib import Path

import pytest
from callers import Callers
from flask import Flask
from postgres import PostgresServer, postgres_programs
from servers import ValkeyServer

from api.app import create_app
from precompute.settings import Settings
from precompute.subjects import Subject
from workers.draining import drain_facts
from workers.wiring import Engine, engine, precomputer

USERS = ("u0", "u1", "u2")
MORE = 100
"""Requests that have to be answered in each phase of a test."""

ACCEPTED = 202


def reporter(app: Flask, user: str) -> Generator[str, None, None]:
    """Somebody who reports outcomes of a video called like them, and actions, each another; names what was accepted."""
    client = app.test_client()
    for number in count(1):
        outcome = {"subject": "video", "subject_id": user, "impressions": 10, "clicks": 1, "spend": 0.25}
        answer = client.post("/api/precompute/outcomes", json={"outcomes": [outcome]}).status_code
        yield user if answer == ACCEPTED else f"answered {answer}"
        answer = client.post("/api/precompute/actions", json={"user_id": user, "action": f"a{number}"}).status_code
        yield f"{user} a{number}" if answer == ACCEPTED else f"answered {answer}"


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

    def run(self, *, seconds: float) -> Counter[str]:
        """Load before, during and after an outage of at least ``seconds``; then everything is drained."""
        with Callers(*(reporter(self.app, user) for user in USERS)) as callers:
            callers.more(MORE)
            assert self.drain() > 0
            self.take_away()
            until = time.monotonic() + seconds
            looked = 0
            while looked < 2 or time.monotonic() < until:
                callers.more(MORE)
                assert self.drain() == 0
                looked += 1
            self.give_back()
            callers.more(MORE)
            assert self.drain() > 0
        while self.drain():
            pass
        assert self.engine.stream.waiting() == 0
        return callers.answers


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
    answers = outage.run(seconds=request.config.getoption("--outage"))
    assert not [answer for answer in answers if answer.startswith("answered")]
    facts = outage.engine.facts
    for user in USERS:
        stored = [f"{user} {one.action}" for one in facts.actions_of(user, most=1_000_000)]
        assert stored == [what for what in answers if what.startswith(f"{user} ")]
        totals = facts.totals(Subject.VIDEO, user)
        reports = answers[user]
        assert (totals.outcomes, totals.clicks, totals.impressions) == (reports, reports, 10 * reports)
        assert totals.spend == 0.25 * reports
