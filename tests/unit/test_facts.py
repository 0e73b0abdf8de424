"""Facts on the wire, what triggers say, and the facts in memory that other tests build on."""

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import orjson
import pytest
from activity_promises import ActivityPromises
from behaviour_promises import BehaviourPromises
from known_facts import KnownFacts
from store_promises import NOON, StorePromises, action, campaign, outcome, variant, video

from precompute.errors import BadParameters, UnusableSource
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.fact_json import fact_from_json, fact_to_json
from precompute.facts import Action, CampaignFact, Fact, UserFact, VideoFact
from precompute.memory import facts_of
from precompute.schedule import schedule_url
from precompute.settings import Settings
from precompute.stream import stream_url
from precompute.subjects import Subject


class TestKnownFacts(StorePromises, ActivityPromises, BehaviourPromises):
    """The keeper in memory."""

    @pytest.fixture
    def facts(self) -> KnownFacts:
        """An empty one."""
        return KnownFacts()


@pytest.mark.parametrize(
    "fact",
    [
        action(),
        replace(action(), subject=Subject.VIDEO, subject_id="v1"),
        outcome(variant="a"),
        outcome(spend=None, revenue=None),
        video(),
        campaign(),
        variant(),
        UserFact(at=NOON, user_id="u1", timezone="Asia/Muscat"),
    ],
    ids=lambda fact: fact.kind,
)
def test_a_fact_survives_the_wire(fact: Fact) -> None:
    """With its id; its place is the one that the stream gave it."""
    there = fact_from_json(fact_to_json(fact), accepted=7)
    assert there == fact
    assert there.accepted == 7
    assert type(there) is type(fact)


def test_data_may_be_any_mapping() -> None:
    """Events are handed down frozen."""
    fact = replace(video(), data=MappingProxyType({"title": "A"}))
    assert fact_from_json(fact_to_json(fact), accepted=0) == video_like(fact)


def test_what_json_cannot_hold_is_refused_at_the_door() -> None:
    """Before anything is accepted, with what is wrong."""
    with pytest.raises(BadParameters, match=r"this video cannot be written as JSON: .*set"):
        fact_to_json(replace(video(), data={"tags": {"a"}}))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "rumour"},
        {"at": "yesterday"},
        {"at": "2026-03-01T12:00:00"},
        {"subject": "planet"},
        {"impressions": "many"},
        {"subject_id": 5},
        {"clicks": None, "surplus": "field"},
    ],
)
def test_a_line_that_is_no_fact_is_told(change: dict[str, object]) -> None:
    """Of an unknown kind, with a value of another type, without a zone, with a field of a later version."""
    line = orjson.dumps({**orjson.loads(fact_to_json(outcome())), **change})
    with pytest.raises(UnusableSource, match="not a fact"):
        fact_from_json(line, accepted=0)


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b"null", b"\xff"])
def test_damaged_lines_are_told(line: bytes) -> None:
    """Whatever stands there instead of an object."""
    with pytest.raises(UnusableSource) as told:
        fact_from_json(line, accepted=0)
    assert told.value.code == "fact_unreadable"


@pytest.mark.parametrize(
    ("event", "brought", "name"),
    [
        (VideoUploaded(subject_id="s1", user_id="u1", data={"url": "x"}), VideoFact, "video_upload"),
        (CampaignCreated(subject_id="s1", user_id="u1", data={"budget": 5}), CampaignFact, "campaign_create"),
        (UserLoggedIn(subject_id="u1", user_id="u1"), None, "login"),
    ],
)
def test_a_trigger_says_what_was_brought_and_who_did_what(event: Event, brought: type[Fact] | None, name: str) -> None:
    """A video or campaign with its data, and an action of the user about it."""
    facts = facts_of(event, at=NOON)
    did = facts[-1]
    assert isinstance(did, Action)
    assert (did.at, did.user_id, did.action) == (NOON, "u1", name)
    assert (did.subject, did.subject_id) == (event.subject, event.subject_id)
    assert [type(fact) for fact in facts[:-1]] == ([brought] if brought else [])
    assert all(fact.data == event.data for fact in facts[:-1] if isinstance(fact, VideoFact | CampaignFact))


@pytest.mark.parametrize(
    ("broker", "server"),
    [
        (None, "redis://cache/0"),
        ("redis://broker/1", "redis://broker/1"),
        ("redis+socket:///run/broker.sock", "unix:///run/broker.sock"),
        ("amqp://rabbit//", "redis://cache/0"),
        ("sentinel://a:26379;sentinel://b:26379", "redis://cache/0"),
    ],
)
def test_facts_wait_on_the_server_that_never_evicts(broker: str | None, server: str) -> None:
    """The broker where it is one Redis; else the cache's."""
    assert stream_url(Settings(redis_url="redis://cache/0", broker_url=broker)) == server


@pytest.mark.parametrize("broker", ["amqp://rabbit//", "sentinel://a:26379"])
def test_beside_another_broker_facts_and_schedule_wait_where_it_is_set(broker: str) -> None:
    """On a server that forgets nothing; the cache may then forget what it likes."""
    settings = Settings(redis_url="redis://cache/0", broker_url=broker, facts_url="redis://facts/0")
    assert (stream_url(settings), schedule_url(settings)) == ("redis://facts/0", "redis://facts/0")
    on_redis = replace(settings, broker_url="redis://broker/0")
    assert (stream_url(on_redis), schedule_url(on_redis)) == ("redis://broker/0", "redis://broker/0")


def video_like(fact: VideoFact) -> VideoFact:
    """The same with plain data."""
    return replace(fact, data=dict(fact.data))


def test_an_instant_keeps_its_zone_on_the_wire() -> None:
    """Nothing is read as if it were local time."""
    fact = action(at=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC))
    assert fact_from_json(fact_to_json(fact), accepted=0).at == fact.at
