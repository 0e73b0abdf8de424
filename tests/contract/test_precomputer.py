"""The engine as a service uses it: events in, results and status out."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bench import CUTS, RAW, SOLO, Bench, key
from watched_precomputer import WatchedSleep, precomputer_with

from precompute.catalogue import Catalogue
from precompute.entry import Miss, State
from precompute.errors import BadParameters, UnknownPrecomputation
from precompute.events import CampaignCreated, UserLoggedIn
from precompute.facts import Action
from precompute.precomputer import Precomputer
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType

V1 = SubjectRef(subject=Subject.VIDEO, id="v1")


def test_an_upload_starts_everything_that_videos_start_with(precomputer: Precomputer, bench: Bench) -> None:
    """From a URL alone: the rows of the catalogue are queued, with the event in the message."""
    receipt = precomputer.on_video_upload("v1", "u1", video_data={"url": "https://videos.example/a.mp4"})

    assert set(receipt.queued) == {"cuts", "looks", "rate", "solo"}
    assert '"url":"https://videos.example/a.mp4"' in bench.message(RAW).event


def test_the_same_upload_twice_is_one(precomputer: Precomputer) -> None:
    """Same id and URL give the same tasks; another URL under the same id starts anew."""
    first = precomputer.on_video_upload("v1", "u1", video_data={"url": "https://videos.example/a.mp4"})
    again = precomputer.on_video_upload("v1", "u2", video_data={"url": "https://videos.example/a.mp4"})
    other = precomputer.on_video_upload("v1", "u1", video_data={"url": "https://videos.example/b.mp4"})

    assert again.queued == first.queued
    assert not set(other.queued.values()) & set(first.queued.values())


def test_a_file_of_the_media_folder_is_known_by_its_content(precomputer: Precomputer, tmp_path: Path) -> None:
    """Without a URL the file called after the id counts; a file written anew is a new video."""
    (tmp_path / "v1.mp4").write_bytes(b"one")
    first = precomputer.on_video_upload("v1", "u1")
    assert precomputer.on_video_upload("v1", "u1").queued == first.queued

    (tmp_path / "v1.mp4").write_bytes(b"another")
    assert precomputer.on_video_upload("v1", "u1").queued != first.queued


def test_an_upload_moves_to_the_queue_of_its_priority(precomputer: Precomputer, bench: Bench) -> None:
    """Priority 10 is critical, whatever the row says; also for what comes later in the chain."""
    precomputer.on_video_upload("v1", "u1", video_data={"url": "https://videos.example/a.mp4"}, priority=10)
    fingerprint = bench.client.hget(f"pc:t:{key(RAW)}", "fp").decode()
    bench.begin(RAW, fingerprint=fingerprint)
    bench.store(RAW)
    bench.dependants.release(RAW, key(RAW))

    assert {message.queue for message in bench.dispatch.sent} == {"critical"}


@pytest.mark.parametrize(
    ("video_id", "data", "field"),
    [
        ("a/b", {"url": "https://videos.example/a.mp4"}, "video_id"),
        ("v1", {"url": "ftp://videos.example/a.mp4"}, "video_data.url"),
        ("v1", None, "video_data"),
    ],
)
def test_a_wrong_upload_names_the_field_and_starts_nothing(
    precomputer: Precomputer, bench: Bench, video_id: str, data: dict[str, str] | None, field: str
) -> None:
    """The caller learns which value does not fit."""
    with pytest.raises(BadParameters) as problem:
        precomputer.on_video_upload(video_id, "u1", video_data=data)

    assert list(problem.value.fields) == [field]
    assert bench.everything() == {}


@pytest.mark.parametrize("trigger", ["campaign", "login"])
def test_an_event_that_starts_nothing_is_refused(precomputer: Precomputer, trigger: str) -> None:
    """No row of the catalogue starts with it yet, and the caller is told so."""
    with pytest.raises(UnknownPrecomputation, match="no task type starts with"):
        if trigger == "campaign":
            precomputer.on_campaign_create("c1", "u1", campaign_data={"budget": 5})
        else:
            precomputer.on_user_login("u1")


def test_a_row_of_a_plug_in_makes_the_event_known(bench: Bench, notifications: WatchedSleep, tmp_path: Path) -> None:
    """Campaigns and logins start what a catalogue has for them, about the right subject."""
    brief = replace(SOLO, name="brief", subject=Subject.CAMPAIGN, on=CampaignCreated)
    greeting = replace(SOLO, name="greeting", subject=Subject.USER, on=UserLoggedIn)
    engine = precomputer_with(Catalogue.of((brief, greeting)), bench, notifications, tmp_path)

    assert set(engine.on_campaign_create("c1", "u1", campaign_data={"budget": 5}).queued) == {"brief"}
    assert set(engine.on_user_login("u1", priority=1).queued) == {"greeting"}
    assert [str(message.key) for message in bench.dispatch.sent] == ["brief:campaign:c1", "greeting:user:u1"]
    assert bench.dispatch.sent[1].queue == "background"


def test_predictions_come_from_what_the_user_did_lately(precomputer: Precomputer, bench: Bench) -> None:
    """Recorded a moment ago, and nothing of anybody else."""
    for name in ("login", "view", "login"):
        bench.clock.forward(timedelta(minutes=1))
        precomputer.memory.record([Action(at=bench.clock(), user_id="u1", action=name)])

    assert [one.action for one in precomputer.predict_next_actions("u1").actions] == ["view", "login"]
    assert precomputer.predict_next_actions("u2").actions == ()


def test_predictions_need_a_user(precomputer: Precomputer) -> None:
    """An id that is none is named."""
    with pytest.raises(BadParameters) as refused:
        precomputer.predict_next_actions("no one")
    assert list(refused.value.fields) == ["user_id"]


def test_another_brief_is_another_campaign(bench: Bench, notifications: WatchedSleep, tmp_path: Path) -> None:
    """The same brief joins what is running, in whatever order its fields come; another starts anew."""
    brief = replace(SOLO, name="brief", subject=Subject.CAMPAIGN, on=CampaignCreated)
    engine = precomputer_with(Catalogue.of((brief,)), bench, notifications, tmp_path)
    first = engine.on_campaign_create("c1", "u1", campaign_data={"budget": 5, "tone": "calm"})
    again = engine.on_campaign_create("c1", "u1", campaign_data={"tone": "calm", "budget": 5})
    other = engine.on_campaign_create("c1", "u1", campaign_data={"tone": "calm", "budget": 6})

    assert again.queued == first.queued
    assert other.queued != first.queued


@pytest.mark.parametrize("text", ["nothing:video:v1", "solo:user:v1", "raw:video:v1"])
def test_only_served_results_can_be_read(precomputer: Precomputer, bench: Bench, text: str) -> None:
    """Unknown types, another subject's, and transient inputs have no readers."""
    bench.trigger(CUTS)
    bench.compute(RAW, parts={"sound": b"..."})

    with pytest.raises(UnknownPrecomputation):
        precomputer.get(CacheKey.parse(text))
    with pytest.raises(UnknownPrecomputation):
        precomputer.get(CacheKey.parse(text), part="sound")


def test_a_pattern_that_is_none_is_refused(precomputer: Precomputer) -> None:
    """Empty or endless patterns are the caller's mistake."""
    for pattern in ("", "x" * 513):
        with pytest.raises(BadParameters):
            precomputer.invalidate(pattern)


def test_invalidating_by_pattern_counts_entries(precomputer: Precomputer, bench: Bench) -> None:
    """Hard and soft."""
    bench.have(SOLO, video="v1")
    bench.have(SOLO, video="v2")

    assert precomputer.invalidate("solo:*", soft=True) == 2
    assert precomputer.invalidate("video:v1:*") == 1


def test_status_names_every_served_task_of_the_subject(precomputer: Precomputer, bench: Bench) -> None:
    """In the order of the catalogue, with what is missing; transient inputs are not named."""
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.begin(CUTS)

    assert {record.key.task_type: record.state for record in precomputer.status(V1)} == {
        "cuts": State.RUNNING,
        "looks": State.MISSING,
        "rate": State.MISSING,
        "solo": State.MISSING,
    }
    assert precomputer.status(SubjectRef(subject=Subject.USER, id="u1")) == []


def test_a_task_is_found_by_its_id(precomputer: Precomputer, bench: Bench) -> None:
    """As long as it is the latest for its key."""
    first = bench.trigger(SOLO).queued["solo"]
    assert (precomputer.task(first).key, precomputer.task(first).state) == (key(SOLO), State.QUEUED)

    bench.trigger(SOLO, fingerprint="f2")

    with pytest.raises(UnknownPrecomputation, match=first):
        precomputer.task(first)
    with pytest.raises(UnknownPrecomputation):
        precomputer.task("nothing")


def test_a_type_can_be_told_by_its_row(bench: Bench, notifications: WatchedSleep, tmp_path: Path) -> None:
    """The engine knows no task type by name: another catalogue, and the old names are unknown."""
    only: TaskType = replace(SOLO, name="only")
    engine = precomputer_with(Catalogue.of((only,)), bench, notifications, tmp_path)

    assert engine.get(key(only)) == Miss(key=key(only), state=State.MISSING)
    with pytest.raises(UnknownPrecomputation):
        engine.get(key(SOLO))
