"""What each user is at work on, from what they brought and what they touched."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, LEASE, NOON, SOLO, Bench, key

from precompute.events import Event, UserLoggedIn, VideoUploaded
from precompute.facts import Action
from precompute.needs import remembering
from precompute.recent import RecentActions
from precompute.subjects import Subject
from precompute.work_at_hand import AMONG, WorkAtHand


def touches(bench: Bench, *videos: str | None, user: str = "u1") -> None:
    """The user views those videos one after the other; None is an action that names nothing."""
    actions = [
        Action(
            at=NOON + timedelta(seconds=place),
            user_id=user,
            action="video_view",
            subject=None if video is None else Subject.VIDEO,
            subject_id=video,
        )
        for place, video in enumerate(videos)
    ]
    RecentActions(bench.client, clock=bench.clock).add(actions)


def upload(video: str, *, user: str = "u1") -> Event:
    """By the user."""
    return VideoUploaded(subject_id=video, user_id=user, fingerprint="f1")


@pytest.fixture
def work(bench: Bench) -> WorkAtHand:
    """On an empty cache."""
    return WorkAtHand(bench.cache, catalogue=CATALOGUE)


def test_of_whom_nothing_is_known_nothing_is_at_hand(work: WorkAtHand, bench: Bench) -> None:
    """Also of what was touched and nothing was computed of."""
    touches(bench, "v1")
    assert work.of_each([]) == []
    assert work.of_each(["u1", "u2"]) == [{}, {}]


def test_what_was_brought_last_is_at_hand(work: WorkAtHand, bench: Bench) -> None:
    """Each user's own, with what the trigger brought; the last login too."""
    login = UserLoggedIn(subject_id="u1", user_id="u1", data={"last_login": "yesterday"})
    bench.brought([upload("v1"), upload("v2"), login, upload("v3", user="u2")])
    assert work.of_each(["u2", "u1"]) == [
        {Subject.VIDEO: upload("v3", user="u2")},
        {Subject.VIDEO: upload("v2"), Subject.USER: login},
    ]


def test_what_is_brought_and_what_is_done_are_kept_together(work: WorkAtHand, bench: Bench) -> None:
    """In one question; also on a server that has forgotten the scripts meanwhile."""
    recent = RecentActions(bench.client, clock=bench.clock)
    for video in ("v1", "v2"):
        action = Action(at=NOON, user_id="u1", action="video_upload")
        recent.add([action], before=remembering([upload(video)]))
        assert work.of_each(["u1"]) == [{Subject.VIDEO: upload(video)}]
        bench.client.script_flush()
    assert len(recent.of("u1")) == 2


def test_what_was_touched_since_is_at_hand(work: WorkAtHand, bench: Bench) -> None:
    """By the event of its results, or of the task that computes them; whoever brought it."""
    bench.brought([upload("v2")])
    bench.trigger(SOLO, video="v1")
    touches(bench, "v2", "v1", None)
    assert work.of_each(["u1"])[0][Subject.VIDEO].subject_id == "v1"
    bench.ledger.begin(bench.message(SOLO, "v1"), owner="w1", lease=LEASE, fingerprint="f1")
    bench.store(SOLO, video="v1")
    bench.client.delete(f"pc:t:{key(SOLO, 'v1')}")
    assert work.of_each(["u1"])[0][Subject.VIDEO].fingerprint == "f1"
    touches(bench, "v2")
    assert work.of_each(["u1"])[0][Subject.VIDEO] == upload("v2")


def test_what_was_touched_long_ago_is_not(work: WorkAtHand, bench: Bench) -> None:
    """The rest of the list is not even read."""
    bench.brought([upload("v2")])
    bench.trigger(SOLO, video="v1")
    touches(bench, "v1", *[None] * AMONG)
    assert work.of_each(["u1"]) == [{Subject.VIDEO: upload("v2")}]


def test_what_another_version_wrote_is_passed_over(work: WorkAtHand, bench: Bench) -> None:
    """It is as if it was not known."""
    bench.client.hset("pc:u:u1", mapping={"video": '{"event":"video_dreamt","subject_id":"v1","user_id":"u1"}'})
    bench.client.hset(f"pc:t:{key(SOLO, 'v9')}", "event", "not JSON")
    touches(bench, "v9")
    assert work.of_each(["u1"]) == [{}]
