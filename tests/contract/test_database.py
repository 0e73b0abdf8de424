"""The database on real engines: SQLite, and PostgreSQL where a server can be had."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from activity_promises import ActivityPromises
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from behaviour_promises import BehaviourPromises
from postgres import PostgresServer
from sqlalchemy import text
from store_promises import StorePromises, action, campaign, outcome, video

import precompute.store.migrations
from precompute.errors import SourceUnavailable, UnusableSource
from precompute.facts import Fact
from precompute.store.database import Database
from precompute.store.engine import open_engine
from precompute.store.schema import LATEST
from precompute.store.tables import METADATA
from precompute.subjects import Subject


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each engine in turn; the folder of the file is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'precompute.sqlite3'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def facts(url: str) -> Iterator[Database]:
    """An open database."""
    database = Database(url)
    yield database
    database.close()


class TestDatabase(StorePromises, ActivityPromises, BehaviourPromises):
    """Every promise, on each engine."""


def test_the_steps_make_the_tables_that_the_code_knows(facts: Database, url: str) -> None:
    """No column, index or type differs between the migrations and the tables."""
    facts.write([])
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_the_latest_step_is_the_last_one_there_is() -> None:
    """Whoever adds a step must say so in schema.py, or nobody runs it."""
    config = Config()
    config.set_main_option("script_location", str(Path(precompute.store.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == LATEST


START = """
import sys
from datetime import UTC, datetime
from precompute.facts import Action
from precompute.store.database import Database
print("ready", flush=True)
sys.stdin.readline()
Database(sys.argv[1]).write([Action(at=datetime.now(UTC), user_id="u1", action="start")])
"""


def test_processes_that_start_at_once_make_the_tables_once(facts: Database, url: str) -> None:
    """None fails, and what each of them writes is there."""
    command = [sys.executable, "-c", START, url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen(command, text=True, **pipes) for _ in range(4)]
    assert [process.stdout.readline() for process in started] == ["ready\n"] * 4
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate()[1] for process in started]
    assert told == [""] * 4
    assert [one.action for one in facts.actions_of("u1")] == ["start"] * 4


FIRST = "import logging, sys; logging.basicConfig(level=logging.INFO)" + START.replace('print("ready", flush=True)', "")


def test_the_first_start_is_told_in_one_line(url: str) -> None:
    """That the database is ready; what the tool that makes the tables tells of itself is nothing to people."""
    started = subprocess.run([sys.executable, "-c", FIRST, url], input="\n", capture_output=True, text=True, check=True)
    assert [line.split(":")[1] for line in started.stderr.splitlines()] == ["precompute.store.schema"]


def test_a_database_of_a_newer_version_is_left_alone(facts: Database, url: str) -> None:
    """It says so, instead of guessing at tables it does not know."""
    facts.write([])
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    newer = Database(url)
    with pytest.raises(SourceUnavailable, match="at step 9999, which this version does not know"):
        newer.actions_of("u1")
    newer.close()


@pytest.mark.parametrize(
    "fact",
    [outcome(shown=1, clicks=2), outcome(shown=2**63, clicks=1)],
    ids=["more clicks than impressions", "more than 64 bits"],
)
def test_what_can_never_be_stored_leaves_nothing_behind(facts: Database, fact: Fact) -> None:
    """The whole batch is refused, so that whoever writes can try its halves."""
    with pytest.raises(UnusableSource) as refused:
        facts.write([action(), video(), campaign(), outcome(), fact])
    assert refused.value.code == "fact_not_storable"
    assert facts.actions_of("u1") == facts.videos_of("u1") == facts.campaigns_of("u1") == []
    assert facts.totals(Subject.CAMPAIGN, "c1").outcomes == 0


def test_two_writers_of_the_same_facts_store_them_once(facts: Database, url: str) -> None:
    """As when a drainer is thought dead and goes on."""
    other = Database(url)
    batch = [outcome(variant="a"), outcome(variant="b"), action(), video()]
    assert facts.write(batch) + other.write(batch[::-1]) == 4
    assert facts.totals(Subject.CAMPAIGN, "c1").outcomes == 2
    other.close()


def test_the_database_is_away_while_another_holds_it(tmp_path: Path) -> None:
    """A SQLite file that somebody has locked is waited for briefly; afterwards it is there as if nothing had been."""
    file = tmp_path / "precompute.sqlite3"
    facts = Database(f"sqlite:///{file}")
    facts.write([action("before")])
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(SourceUnavailable, match="database is locked") as away:
        facts.write([action("during")])
    assert away.value.code == "database_unavailable"
    # Readers go on.
    assert [one.action for one in facts.actions_of("u1")] == ["before"]
    holder.rollback()
    holder.close()
    facts.write([action("after")])
    assert [one.action for one in facts.actions_of("u1")] == ["before", "after"]
    facts.close()


def test_a_server_that_is_not_there_is_told() -> None:
    """As a source that may come back, without the password."""
    nowhere = Database("postgresql+psycopg://user:secret@127.0.0.1:1/none")
    with pytest.raises(SourceUnavailable) as away:
        nowhere.actions_of("u1")
    assert away.value.code == "database_unavailable"
    assert "secret" not in away.value.message
