"""The last of the off-peak hours, on a real database: what people will want in the morning is ready when they come."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bench import NOON, Bench, RecordedDispatch
from servers import ValkeyServer

from precompute.anticipation import Anticipation
from precompute.callbacks import Callbacks
from precompute.catalogue import DASHBOARD_DATA, ROWS, Catalogue
from precompute.entry import State
from precompute.errors import SourceUnavailable
from precompute.events import CampaignCreated
from precompute.facts import Action, CampaignFact
from precompute.mornings import HOURS, morning_of
from precompute.off_peak import parse_off_peak
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.store import DAY
from precompute.store.database import Database
from precompute.stream import FactStream
from precompute.subjects import CacheKey
from workers.off_peak import prepare_morning
from workers.wiring import Engine, anticipation_of

MORNING = NOON + timedelta(minutes=30)


@pytest.fixture
def engine(bench: Bench, cache_server: ValkeyServer, tmp_path: Path) -> Iterator[Engine]:
    """A worker's engine with a SQLite file, half an hour before the off-peak hours end."""
    off_peak = parse_off_peak(f"08:00-{MORNING:%H:%M}")
    facts = Database(f"sqlite:///{tmp_path / 'facts.sqlite3'}")
    yield Engine(
        settings=Settings(redis_url=cache_server.url, data_dir=tmp_path, off_peak=off_peak),
        catalogue=Catalogue.of(ROWS),
        cache=bench.cache,
        ledger=bench.ledger,
        dispatch=bench.dispatch,  # type: ignore[arg-type]
        facts=facts,
        stream=FactStream(connect(cache_server.url)),
        callbacks=Callbacks(connect(cache_server.url), ledger=bench.ledger, clock=bench.clock),
    )
    facts.close()


@pytest.fixture
def anticipation(engine: Engine) -> Anticipation:
    """Of the worker's process."""
    return anticipation_of(engine)


def each_day(user: str, action: str = "dashboard_view") -> list[Action]:
    """Done half an hour into each morning of four weeks."""
    return [
        Action(at=MORNING - days * DAY + timedelta(minutes=30), user_id=user, action=action) for days in range(1, 29)
    ]


def queued(dispatch: RecordedDispatch) -> list[str]:
    """Keys of what was sent."""
    return sorted(str(message.key) for message in dispatch.sent)


def test_who_is_expected_finds_everything_ready(engine: Engine, anticipation: Anticipation, bench: Bench) -> None:
    """On the background queue; whoever came once has nothing done for, and no prediction is counted.

    How likely somebody comes within hours says nothing of how many actions read what one next action is told for.
    """
    engine.facts.write([*each_day("u1"), *each_day("u2", "analytics_view"), each_day("u3")[0]])
    assert prepare_morning(engine, anticipation) == 2
    assert queued(bench.dispatch) == ["campaign_analytics:user:u2", "dashboard_data:user:u1"]
    assert {(sent.queue, sent.cause) for sent in bench.dispatch.sent} == {("background", "warm_up")}
    assert not [name for name in bench.client.hkeys("pc:m") if name.startswith(b"ahead")]


def test_whoever_logs_in_sees_what_a_login_shows(engine: Engine, anticipation: Anticipation, bench: Bench) -> None:
    """Though nobody reported views."""
    engine.facts.write(each_day("u1", "login"))
    prepare_morning(engine, anticipation)
    assert queued(bench.dispatch) == ["campaign_analytics:user:u1", "dashboard_data:user:u1"]


def test_active_campaigns_of_those_who_are_expected_are_scored_anew(
    engine: Engine, anticipation: Anticipation, bench: Bench
) -> None:
    """Their dashboards show it; campaigns of others, and old ones, are left alone."""
    campaigns = [
        CampaignFact(at=NOON - DAY, campaign_id="new", user_id="u1", data={"budget": 1}),
        CampaignFact(at=NOON - 60 * DAY, campaign_id="old", user_id="u1", data={}),
        CampaignFact(at=NOON - DAY, campaign_id="others", user_id="u9", data={}),
    ]
    engine.facts.write([*each_day("u1"), *campaigns])
    prepare_morning(engine, anticipation)
    records = {str(key): record for key, record in _campaign_records(engine).items()}
    assert {key for key, state in records.items() if state is State.QUEUED} == {
        "variant_generation:campaign:new",
        "variant_scoring:campaign:new",
        "roas_prediction:campaign:new",
    }


def _campaign_records(engine: Engine) -> dict[CacheKey, State]:
    rows = engine.catalogue.started_by(CampaignCreated)
    keys = [CacheKey.parse(f"{row.name}:campaign:{name}") for row in rows for name in ("new", "old", "others")]
    return {record.key: record.state for record in engine.ledger.records(keys)}


def test_what_their_actions_read_is_of_what_they_brought_last(
    engine: Engine, anticipation: Anticipation, bench: Bench
) -> None:
    """As with predictions."""
    bench.brought([CampaignCreated(subject_id="c1", user_id="u1", data={"budget": 1})])
    engine.facts.write(each_day("u1", "variant_generate"))
    prepare_morning(engine, anticipation)
    assert queued(bench.dispatch) == ["variant_generation:campaign:c1"]


def test_what_is_ready_is_kept_so_until_the_morning_is_over(
    engine: Engine, anticipation: Anticipation, bench: Bench
) -> None:
    """It is asked for every minute, and only what is missing is queued."""
    engine.facts.write(each_day("u1"))
    prepare_morning(engine, anticipation)
    assert prepare_morning(engine, anticipation) == 0
    message = bench.dispatch.sent[0]
    bench.take(message, fingerprint="")
    bench.cache.store(DASHBOARD_DATA, message.key, owner="w1", body=b"{}", parts={}, cost=timedelta(seconds=1))
    assert prepare_morning(engine, anticipation) == 0
    wanted = int(bench.client.hget(f"pc:e:{message.key}", "wu"))
    assert wanted == (MORNING + HOURS).timestamp() * 1000


def test_the_likeliest_come_first_where_there_is_not_room_for_all(engine: Engine, bench: Bench) -> None:
    """What is left is asked for again a minute later."""
    engine.facts.write([*each_day("u1"), *each_day("u2")[:20], *each_day("u3")[5:]])
    small = replace(engine, settings=replace(engine.settings, most_waiting=1))
    assert prepare_morning(small, anticipation_of(small)) == 1
    assert queued(bench.dispatch) == ["dashboard_data:user:u1"]


def test_at_other_hours_nothing_is_asked(engine: Engine, anticipation: Anticipation, bench: Bench) -> None:
    """Neither before nor when the morning has begun."""
    engine.facts.write(each_day("u1"))
    for at in (MORNING - timedelta(hours=1, seconds=1), MORNING):
        bench.clock.now = at
        assert prepare_morning(engine, anticipation) == 0
    assert bench.dispatch.sent == []


def test_the_store_is_asked_once_for_a_morning(engine: Engine, anticipation: Anticipation, bench: Bench) -> None:
    """The rest of the hour, and other processes, know it by the cache; evicted, or the next day, it is asked again."""
    engine.facts.write([*each_day("u1"), CampaignFact(at=NOON - DAY, campaign_id="c1", user_id="u1", data={"a": "é"})])
    assert prepare_morning(engine, anticipation) > 1
    away = replace(engine, facts=Database("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    first = morning_of(bench.cache, engine.facts, begins=MORNING, threshold=0.5)
    assert morning_of(bench.cache, away.facts, begins=MORNING, threshold=0.5) == first
    assert [one.data for one in first.campaigns] == [{"a": "é"}]
    bench.client.delete(*bench.client.scan_iter("pc:[eti]:*"))
    assert prepare_morning(away, anticipation_of(away)) > 1
    with pytest.raises(SourceUnavailable):
        morning_of(bench.cache, away.facts, begins=MORNING + DAY, threshold=0.5)
    assert 0 < bench.client.pttl("pc:morning") <= (MORNING + HOURS - NOON) / timedelta(milliseconds=1)
    bench.client.delete("pc:morning")
    assert morning_of(bench.cache, engine.facts, begins=MORNING, threshold=0.5) == first


def test_while_the_database_is_away_nothing_happens(engine: Engine, anticipation: Anticipation, bench: Bench) -> None:
    """The next minute tries again."""
    away = replace(engine, facts=Database("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    assert prepare_morning(away, anticipation) == 0
