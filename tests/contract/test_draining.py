"""The drain of the workers: accepted facts into SQL, and what they make outdated."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bench import NOON, Bench
from known_facts import KnownFacts
from servers import ValkeyServer
from store_promises import action, campaign, outcome, video

import celeryconfig
from precompute.cache import Cache
from precompute.callbacks import Callbacks
from precompute.catalogue import (
    CAMPAIGN_ANALYTICS,
    CTR_PREDICTION,
    DASHBOARD_DATA,
    ROAS_PREDICTION,
    ROWS,
    VARIANT_SCORING,
    Catalogue,
)
from precompute.entry import Entry
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.ledger import Beginning
from precompute.listing import look_at
from precompute.memory import Memory
from precompute.message import Message
from precompute.recent import RecentActions
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.store.database import Database
from precompute.stream import FactStream
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType
from workers.dispatch import CeleryDispatch
from workers.draining import drain_facts
from workers.wiring import Engine, publishing_app


@pytest.fixture
def engine(bench: Bench, cache_server: ValkeyServer, tmp_path: Path) -> Iterator[Engine]:
    """A worker's engine with a SQLite file, its stream on the bench's server."""
    settings = Settings(redis_url=cache_server.url, data_dir=tmp_path)
    facts = Database(settings.database)
    yield Engine(
        settings=settings,
        catalogue=Catalogue.of(ROWS),
        cache=bench.cache,
        ledger=bench.ledger,
        dispatch=CeleryDispatch(publishing_app(settings)),
        facts=facts,
        stream=FactStream(bench.client),
        callbacks=Callbacks(bench.client, ledger=bench.ledger),
    )
    facts.close()


def key(row: TaskType, name: str) -> CacheKey:
    """Of one subject's result."""
    return row.key_for(SubjectRef(subject=row.subject, id=name))


def begin(engine: Engine, at: CacheKey) -> None:
    """A worker begins to compute it."""
    kind = {Subject.VIDEO: VideoUploaded, Subject.CAMPAIGN: CampaignCreated, Subject.USER: UserLoggedIn}
    event = kind[at.ref.subject](subject_id=at.ref.id, user_id="u1").to_json()
    message = Message(task_id=f"task-{at}", key=at, queue="video", event=event, cause="event")
    assert engine.ledger.begin(message, owner="w1", lease=timedelta(seconds=20), fingerprint="")[0] is Beginning.RUN


def store(engine: Engine, at: CacheKey) -> None:
    """The worker stores it."""
    row = engine.catalogue.get(at.task_type)
    engine.cache.store(row, at, owner="w1", body=b"{}", parts={}, cost=timedelta(seconds=1))


def is_stale(cache: Cache, at: CacheKey) -> bool:
    """Whether a reader would get it as stale."""
    entry = cache.read(at)
    assert isinstance(entry, Entry)
    return entry.stale


def test_outcomes_make_predictions_and_the_owners_pages_stale(engine: Engine) -> None:
    """Those of the video or campaign that they are about, and nobody else's."""
    engine.facts.write([campaign("c1", user="u1"), video("v1", user="u2")])
    concerned = [key(VARIANT_SCORING, "c1"), key(ROAS_PREDICTION, "c1"), key(DASHBOARD_DATA, "u1")]
    concerned += [key(CAMPAIGN_ANALYTICS, "u1"), key(CTR_PREDICTION, "v1"), key(DASHBOARD_DATA, "u2")]
    others = [key(VARIANT_SCORING, "c2"), key(CTR_PREDICTION, "c1"), key(DASHBOARD_DATA, "u3")]
    for at in (*concerned, *others):
        begin(engine, at)
        store(engine, at)
    engine.stream.append([outcome("c1", "a"), replace(outcome("v1"), subject=Subject.VIDEO)])

    assert drain_facts(engine) == 2

    assert [at for at in concerned if not is_stale(engine.cache, at)] == []
    assert [at for at in others if is_stale(engine.cache, at)] == []
    assert engine.facts.totals(Subject.CAMPAIGN, "c1").clicks == 3


def test_a_computation_that_may_have_missed_an_outcome_is_stale_when_it_is_stored(engine: Engine, bench: Bench) -> None:
    """It is not broken off, and the next one is fresh again."""
    at = key(ROAS_PREDICTION, "c1")
    begin(engine, at)
    engine.stream.append([outcome("c1")])
    drain_facts(engine)
    store(engine, at)
    assert is_stale(engine.cache, at)
    assert engine.cache.due(ROAS_PREDICTION, within=timedelta(0), most=5) == [at]

    bench.client.delete(f"pc:t:{at}")
    begin(engine, at)
    store(engine, at)
    assert not is_stale(engine.cache, at)


def test_an_entry_that_is_stale_already_keeps_its_time(engine: Engine, bench: Bench) -> None:
    """Its age is told from when it went stale first."""
    at = key(CTR_PREDICTION, "v1")
    begin(engine, at)
    store(engine, at)
    engine.cache.outdate([at])
    [first] = look_at(engine.cache, [at])
    bench.clock.forward(timedelta(minutes=5))
    engine.cache.outdate([at])
    [second] = look_at(engine.cache, [at])
    assert first.stale_at == second.stale_at == NOON


def test_results_are_marked_again_when_the_drainer_died_before_it_took_the_facts_off(engine: Engine) -> None:
    """The facts are not new then, but what they change may not have been marked."""
    report = outcome("c1")
    engine.facts.write([report])
    at = key(ROAS_PREDICTION, "c1")
    begin(engine, at)
    store(engine, at)
    engine.stream.append([report])
    drain_facts(engine)
    assert is_stale(engine.cache, at)
    assert engine.facts.totals(Subject.CAMPAIGN, "c1").outcomes == 1


def test_a_new_video_makes_its_owners_dashboard_stale(engine: Engine) -> None:
    """It is to be listed there."""
    at = key(DASHBOARD_DATA, "u1")
    begin(engine, at)
    store(engine, at)
    engine.stream.append([video("v9", user="u1"), action("video_upload")])
    drain_facts(engine)
    assert is_stale(engine.cache, at)


def test_a_database_that_is_away_is_logged_and_tried_again(
    engine: Engine, bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The task does not fail: the next beat goes on."""
    engine.stream.append([action()])
    (tmp_path / "precompute.sqlite3").mkdir()
    assert drain_facts(engine) == 0
    assert [record.action for record in caplog.records] == ["facts_not_written"]
    (tmp_path / "precompute.sqlite3").rmdir()
    bench.client.delete("pc:facts:lock")
    assert drain_facts(engine) == 1
    assert [one.action for one in engine.facts.actions_of("u1")] == ["login"]


def test_beat_asks_for_drains_that_do_not_pile_up() -> None:
    """On the first queue, and those that could not run in time are dropped."""
    entry = celeryconfig.beat_schedule["drain"]
    assert celeryconfig.task_routes[entry["task"]] == {"queue": "critical"}
    assert entry["options"]["expires"] <= entry["schedule"].total_seconds()


def test_what_is_recorded_is_accepted_and_at_hand(bench: Bench) -> None:
    """In the stream for the database, and the actions where the next login reads them."""
    recent = RecentActions(bench.client)
    memory = Memory(FactStream(bench.client), recent, clock=bench.clock)
    memory.record_events([VideoUploaded(subject_id="v1", user_id="u1", data={"title": "A"})])
    assert memory.record([action("view"), outcome()]) == 2

    assert [one.action for one in recent.of("u1")] == ["video_upload", "view"]
    kept = KnownFacts()
    assert FactStream(bench.client).drain(kept.write) == 4
    assert kept.videos_of("u1")[0].data == {"title": "A"}
    assert [one.action for one in kept.actions_of("u1")] == ["video_upload", "view"]


def test_a_cache_that_is_away_does_not_refuse_what_was_accepted(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Refused, it would be sent again, and stored twice."""
    memory = Memory(FactStream(bench.client), RecentActions(connect("redis://127.0.0.1:1/0")))
    assert memory.record([action()]) == 1
    assert FactStream(bench.client).waiting() == 1
    assert [record.action for record in caplog.records] == ["recent_not_kept"]
