"""Events: checked, and the same after a journey as JSON."""

import json

import pytest

from precompute.errors import BadParameters
from precompute.events import EVENTS, CampaignCreated, Event, UserLoggedIn, VideoUploaded, event_from_json
from precompute.subjects import Subject


@pytest.mark.parametrize(
    "event",
    [
        VideoUploaded(subject_id="v1", user_id="u1"),
        VideoUploaded(
            subject_id="v1",
            user_id="u1",
            data={"url": "https://videos.example/ä.mp4", "duration": 12.5},
            callback_url="https://callback.example/done",
            fingerprint="0123456789abcdef01",
        ),
        CampaignCreated(subject_id="c1", user_id="u1", data={"budget": 5, "target_audience": ["a", "b"]}),
        UserLoggedIn(subject_id="u1", user_id="u1"),
    ],
)
def test_an_event_survives_its_journey(event: Event) -> None:
    """What a worker gets is what the trigger made, of the same kind."""
    back = event_from_json(event.to_json())

    assert back == event
    assert type(back) is type(event)


def test_the_same_event_is_the_same_line() -> None:
    """Whatever the order in which its data came."""
    one = VideoUploaded(subject_id="v1", user_id="u1", data={"a": 1, "b": 2})
    other = VideoUploaded(subject_id="v1", user_id="u1", data={"b": 2, "a": 1})

    assert one.to_json() == other.to_json()
    assert "\n" not in one.to_json()


def test_what_is_not_known_is_not_written() -> None:
    """No callback and no fingerprint take no room in messages."""
    assert set(json.loads(VideoUploaded(subject_id="v1", user_id="u1").to_json())) == {
        "event",
        "subject_id",
        "user_id",
        "data",
    }


@pytest.mark.parametrize(
    ("kind", "subject", "field"),
    [
        (VideoUploaded, Subject.VIDEO, "video_id"),
        (CampaignCreated, Subject.CAMPAIGN, "campaign_id"),
        (UserLoggedIn, Subject.USER, "user_id"),
    ],
)
def test_a_wrong_id_is_named_by_the_callers_field(kind: type[Event], subject: Subject, field: str) -> None:
    """Each kind is about its subject, and says so."""
    assert kind(subject_id="x", user_id="u").ref.subject is subject
    with pytest.raises(BadParameters) as problem:
        kind(subject_id="not an id", user_id="u1")
    assert list(problem.value.fields) == [field]
    with pytest.raises(BadParameters) as problem:
        kind(subject_id="x", user_id="")
    assert list(problem.value.fields) == ["user_id"]


def test_an_event_of_a_newer_version_is_no_event() -> None:
    """It is refused instead of being taken for another."""
    with pytest.raises(KeyError):
        event_from_json('{"event":"video_deleted","subject_id":"v1","user_id":"u1","data":{}}')


def test_every_kind_is_known_by_its_name() -> None:
    """The names on the wire are those of the table."""
    assert {name: kind.name for name, kind in EVENTS.items()} == {name: name for name in EVENTS}
