"""What users do: recorded with triggers, reports and reads, in the order accepted, and followed by a prediction."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from bench import NOON, Bench, SettableClock
from flask.testing import FlaskClient
from known_facts import KnownFacts
from servers import ValkeyServer

from api.app import create_app
from precompute.catalogue import DASHBOARD_DATA, HOOK_ANALYSIS, THUMBNAIL_GENERATION
from precompute.facts import Action, UserFact
from precompute.foresight import Foresight
from precompute.history import History
from precompute.memory import Memory
from precompute.prediction import PredictedAction, Prediction
from precompute.recent import MOST_KEPT, RecentActions
from precompute.settings import Settings
from precompute.sightings import SAME_VIEW, Sightings
from precompute.stream import FactStream
from precompute.subjects import CacheKey, Subject
from precompute.task_type import TaskType
from workers.wiring import precomputer

READ = "/api/precompute/cache/"
NOBODY = "redis://127.0.0.1:1/0"


def close(noting: Memory | Sightings) -> None:
    """It has recorded what it was told, however long that takes; by itself it waits for two seconds."""
    noting.close()
    for thread in threading.enumerate():
        if thread.name == "reads":
            thread.join()


class Site:
    """The service as its callers see it, and what it has recorded."""

    def __init__(self, bench: Bench, settings: Settings) -> None:
        self.bench = bench
        self.engine = precomputer(settings, clock=bench.clock)
        self.client: FlaskClient = create_app(self.engine, settings).test_client()

    def read(self, key: str, user: str | None) -> int:
        """The status of a read."""
        headers = {} if user is None else {"X-User-Id": user}
        return self.client.get(READ + key, headers=headers).status_code

    def recorded(self, user: str = "u1") -> list[Action]:
        """What would reach the database now of a user's actions; and what recent ones say, is the same."""
        close(self.engine.memory)
        facts = KnownFacts()
        FactStream(self.bench.client).drain(facts.write)
        assert facts.actions_of(user) == self.engine.memory.recent([user])[0]
        return facts.actions_of(user)


@pytest.fixture
def site(bench: Bench, cache_server: ValkeyServer, tmp_path: Path) -> Iterator[Site]:
    """One on the bench's server."""
    site = Site(bench, Settings(redis_url=cache_server.url, data_dir=tmp_path))
    yield site
    close(site.engine.memory)


def test_a_read_on_behalf_of_a_user_is_what_the_user_does(site: Site) -> None:
    """With what was read; whether it was there makes no difference."""
    assert site.read("dashboard_data:user:u7", "u1") == 404
    [seen] = site.recorded()
    assert (seen.action, seen.subject, seen.subject_id, seen.at) == ("dashboard_view", Subject.USER, "u7", NOON)


@pytest.mark.parametrize("user", [None, "", "a b", "a" * 129, "u1\u00e9"])
def test_a_read_by_nobody_in_particular_records_nothing(site: Site, user: str | None) -> None:
    """Nor does an id that is none; the reader gets the answer all the same."""
    assert site.read("dashboard_data:user:u1", user) == 404
    assert site.recorded() == []


@pytest.mark.parametrize("key", ["hook_analysis:video:v1", "nothing:video:v1", "dashboard_data:video:v1"])
def test_a_read_of_what_no_action_needs_records_nothing(site: Site, key: str) -> None:
    """Nor one of a key that cannot be."""
    assert site.read(key, "u1") == 404
    assert site.recorded() == []


def test_reads_do_not_fail_with_the_server_of_the_facts(
    bench: Bench, cache_server: ValkeyServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They are answered as ever; what could not be recorded is told in the log."""
    site = Site(bench, Settings(redis_url=cache_server.url, broker_url=NOBODY, data_dir=tmp_path))
    assert site.read("dashboard_data:user:u1", "u1") == 404
    close(site.engine.memory)
    assert [one.code for one in caplog.records if getattr(one, "what", "") == "reads"] == ["broker_unavailable"]


def views(bench: Bench, *reads: tuple[TaskType, str, float]) -> list[Action]:
    """What is recorded of reads by one user: of which row, of which subject, how many seconds after noon."""
    recorded: list[Action] = []
    clock = SettableClock()
    sightings = Sightings(recorded.extend, clock=clock)
    for row, subject_id, seconds in reads:
        clock.now = NOON + timedelta(seconds=seconds)
        sightings.note("u1", row=row, key=CacheKey.parse(f"{row.name}:{row.subject}:{subject_id}"))
    close(sightings)
    return recorded


def test_a_page_of_several_results_is_one_view(bench: Bench) -> None:
    """And so is asking again and again for one that is not ready; another video, or coming back later, is another."""
    rate = replace(HOOK_ANALYSIS, needed_for=("video_view",))
    polled = [(rate, "v1", second) for second in range(1, 31)]
    later = 30 + SAME_VIEW.total_seconds() + 1
    seen = views(bench, (THUMBNAIL_GENERATION, "v1", 0), *polled, (rate, "v2", 30), (rate, "v1", later))
    assert [(one.action, one.subject_id) for one in seen] == [
        ("video_view", "v1"),
        ("video_view", "v2"),
        ("video_view", "v1"),
    ]


def test_a_login_tells_where_the_users_clocks_stand(site: Site) -> None:
    """For good and beside the recent actions; what is no zone is ignored, and forgets none."""
    for zone in ("Asia/Muscat", "Mars/Olympus", 5, None, "../../etc/passwd"):
        body = {"user_id": "u1", "user_data": {"timezone": zone}}
        assert site.client.post("/api/precompute/login", json=body).status_code == 202
    [history] = RecentActions(site.bench.client).histories(["u1"])
    assert (history.zone, history.utc_offset(at=NOON)) == ("Asia/Muscat", timedelta(hours=4))
    facts = KnownFacts()
    FactStream(site.bench.client).drain(facts.write)
    assert dict(facts.action_log().zones) == {"u1": "Asia/Muscat"}
    assert len(facts.actions_of("u1")) == 5


def test_local_hours_follow_summer_time() -> None:
    """A zone is more than an offset."""
    berlin = History(zone="Europe/Berlin")
    assert berlin.utc_offset(at=NOON) == timedelta(hours=1)
    assert berlin.utc_offset(at=NOON + timedelta(days=120)) == timedelta(hours=2)
    assert History().utc_offset(at=NOON) is None
    assert History(zone="No/Where").utc_offset(at=NOON) is None


def test_a_history_is_what_was_recorded(bench: Bench) -> None:
    """Names and instants in the order accepted, whatever the clock said; at most 200, in one round trip for all."""
    recent = RecentActions(bench.client, clock=bench.clock)
    done = [
        Action(at=NOON - timedelta(milliseconds=7 * number), user_id="u1", action=f"view {number} \u00e9")
        for number in range(MOST_KEPT + 5)
    ]
    recent.add([*done, Action(at=NOON, user_id="u2", action="login")], zones={"u3": "Europe/Berlin"})
    one, other, third = recent.histories(["u1", "u2", "u3"])
    assert one == History.of(done[5:])
    assert [name for name, _ in other.steps] == ["login"]
    assert (third.steps, third.zone) == ((), "Europe/Berlin")


def test_stored_and_recent_actions_are_one_history() -> None:
    """Each counts once: the store lags behind, and recent ones may have been evicted."""
    done = [Action(at=NOON, user_id="u1", action=name) for name in "abcdef"]
    recent = History.of(done[2:], zone="Asia/Muscat")
    assert recent.after(done[:4]) == History.of(done, zone="Asia/Muscat")
    assert recent.after([]) == recent
    assert History().after(done) == History.of(done)


def test_with_each_action_the_next_is_predicted_and_acted_on(bench: Bench) -> None:
    """From what was accepted just now; once for a user who did several things; nobody has to ask."""
    acted: list[dict[str, Prediction]] = []

    def last(histories: Sequence[History], *, at: object) -> list[Prediction]:
        names = [history.steps[-1][0] for history in histories]
        return [
            Prediction(actions=(PredictedAction(action=name, probability=1),), model_version="m1") for name in names
        ]

    recent = RecentActions(bench.client, clock=bench.clock)
    foresight = Foresight(recent=recent, predict=last, act=lambda told: acted.append(dict(told)), clock=bench.clock)
    memory = Memory(FactStream(bench.client), recent, clock=bench.clock, then=foresight.on_actions)
    memory.record(
        [Action(at=NOON, user_id=user, action=name) for user, name in (("u1", "a"), ("u2", "b"), ("u1", "c"))]
    )
    memory.record([UserFact(at=NOON, user_id="u3", timezone="Asia/Muscat")])
    [told] = acted
    assert {user: one.actions[0].action for user, one in told.items()} == {"u1": "c", "u2": "b"}


def test_reporting_actions_costs_two_round_trips(bench: Bench, cache_client: "redis.Redis") -> None:
    """One to the facts, one to the cache, however many users and whatever was predicted of them."""
    recent = RecentActions(bench.client, clock=bench.clock)
    memory = Memory(FactStream(bench.client), recent, clock=bench.clock)
    memory.record([Action(at=NOON, user_id="u0", action="login")])
    cache_client.config_resetstat()
    memory.record([Action(at=NOON, user_id=f"u{number}", action="login") for number in range(50)])
    assert bench.commands()["evalsha"] == 2
    assert sum(bench.client.info("commandstats")[f"cmdstat_{name}"]["calls"] for name in ("rpush",)) == 50


def test_the_dashboards_own_row_says_what_reading_it_means() -> None:
    """The view that the catalogue names first."""
    assert DASHBOARD_DATA.needed_for[0] == "dashboard_view"
