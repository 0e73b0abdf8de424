"""How many facts a second are accepted, and how many the drain writes to SQLite and to PostgreSQL.

python benchmarks/drain.py [--facts 20000] [--json]

Starts a Valkey and, where one is installed, a PostgreSQL of its own, both as durable as in service, and drains as a
worker does (``workers.draining.drain_facts``): one drainer, a thousand facts a transaction, with what they outdate
marked in the cache. What comes faster than that for long stays in the stream.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from figures import Figure, told
from flask.testing import FlaskClient

from api.app import create_app
from precompute.facts import Action, Fact, Outcome, VideoFact
from precompute.settings import Settings
from precompute.subjects import Subject
from workers.draining import drain_facts
from workers.wiring import Engine, engine, precomputer

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from postgres import PostgresServer, installed_programs
from servers import AS_DEPLOYED, ValkeyServer

AT_ONCE = 1000
"""Facts of one request."""

TIMES = 15
"""That a request is made."""

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = NOW.isoformat()


def actions(count: int) -> Iterator[Fact]:
    """What a hundred users do."""
    return (Action(at=NOW, user_id=f"user_{n % 97}", action="dashboard_view") for n in range(count))


def outcomes(count: int) -> Iterator[Fact]:
    """Of twenty campaigns' fifty variants."""
    for n in range(count):
        about = {"subject": Subject.CAMPAIGN, "subject_id": f"campaign_{n % 20}", "variant_id": f"variant_{n % 50}"}
        yield Outcome(at=NOW, impressions=1000, clicks=12, conversions=1, spend=5.5, revenue=12.0, **about)


def uploads(count: int) -> Iterator[Fact]:
    """What the triggers of so many facts bring: each a video and the action."""
    for n in range(count // 2):
        data = {"url": f"https://cdn.example.com/{n}.mp4", "title": "Five ways to lace a trail shoe"}
        yield VideoFact(at=NOW, video_id=f"video_{n}", user_id=f"user_{n % 97}", data=data)
        yield Action(at=NOW, user_id=f"user_{n % 97}", action="video_upload")


KINDS: dict[str, Callable[[int], Iterator[Fact]]] = {"actions": actions, "outcomes": outcomes, "uploads": uploads}


def drained(parts: Engine, facts: Sequence[Fact]) -> float:
    """How many of them a drainer writes in a second, once they wait."""
    for place in range(0, len(facts), AT_ONCE):
        parts.stream.append(facts[place : place + AT_ONCE])
    began, written = time.perf_counter(), 0
    while count := drain_facts(parts):
        written += count
    if written != len(facts):
        raise RuntimeError(f"{written} of {len(facts)} facts were written")
    return written / (time.perf_counter() - began)


def drains(name: str, settings: Settings, *, count: int) -> list[Figure]:
    """Of each kind of fact, into the database of these settings."""
    parts = engine(settings)
    # Makes the tables.
    parts.facts.write([])
    try:
        return [
            Figure(what=f"drain to {name}, {kind}", ours=drained(parts, list(make(count))), unit="facts/s")
            for kind, make in KINDS.items()
        ]
    finally:
        parts.facts.close()


def accepted(settings: Settings) -> list[Figure]:
    """What it takes to accept a thousand facts: appended to the stream, and by the API's routes with all checks."""
    asked = create_app(precomputer(settings), settings).test_client()
    parts = engine(settings)
    done = [{"user_id": f"user_{n % 50}", "action": "dashboard_view", "at": AT} for n in range(AT_ONCE)]
    shown = {"subject": "campaign", "impressions": 1000, "clicks": 12, "at": AT}
    reports = [{**shown, "subject_id": f"campaign_{n % 20}", "variant_id": f"variant_{n % 50}"} for n in range(AT_ONCE)]
    facts = list(actions(AT_ONCE))
    took = {
        "append 1,000 actions": median_ms(lambda: parts.stream.append(facts)),
        "POST 1,000 actions": median_ms(lambda: post(asked, "actions", done)),
        "POST 1,000 outcomes": median_ms(lambda: post(asked, "outcomes", reports)),
    }
    while drain_facts(parts):
        pass
    parts.facts.close()
    return [Figure(what=what, ours=ms, unit="ms") for what, ms in took.items()]


def post(asked: FlaskClient, noun: str, entries: Sequence[object]) -> None:
    """Send them in one request."""
    body = orjson.dumps({noun: entries})
    answer = asked.post(f"/api/precompute/{noun}", data=body, content_type="application/json")
    if answer.status_code != 202:
        raise RuntimeError(answer.text)


def median_ms(work: Callable[[], object]) -> float:
    """How long it takes."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def main() -> None:
    """Tell the figures of each database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=20_000, help="of each kind")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    options = parser.parse_args()
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory()))
        valkey = running.enter_context(ValkeyServer(folder / "valkey", *AS_DEPLOYED))
        sqlite = Settings(redis_url=valkey.url, database_url=f"sqlite:///{folder / 'facts.sqlite3'}")
        figures = [*accepted(sqlite), *drains("SQLite", sqlite, count=options.facts)]
        programs = installed_programs()
        if programs is None:
            print("no PostgreSQL on this machine; on Debian and Ubuntu: apt install postgresql", file=sys.stderr)
        else:
            postgres = running.enter_context(PostgresServer(programs, durable=True))
            settings = Settings(redis_url=valkey.url, database_url=postgres.url)
            figures += drains("PostgreSQL", settings, count=options.facts)
    told("drain", figures, as_json=options.json)


if __name__ == "__main__":
    main()
