"""The engine as a service uses it: reading, waiting, refreshing, status."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from bench import CATALOGUE, CUTS, GRACE, LOOKS, RATE, RAW, SOLO, TTL, Bench, key
from servers import ValkeyServer

from models import habits
from precompute.catalogue import Catalogue
from precompute.entry import Entry, Miss, State
from precompute.errors import BadParameters, BrokerUnavailable, UnknownPrecomputation
from precompute.events import CampaignCreated, UserLoggedIn
from precompute.facts import Action
from precompute.ledger import Beginning
from precompute.memory import Memory
from precompute.notifications import Notifications
from precompute.precomputer import Precomputer, Refreshed
from precompute.recent import RecentActions
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType

LONG = timedelta(seconds=30)
V1 = SubjectRef(subject=Subject.VIDEO, id="v1")


class WatchedSleep(Notifications):
    """Notifications that tell when a reader falls asleep, and remember whether each sleep was ended by a change."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asleep = Event()
        self.woken: list[bool] = []

    @contextmanager
    def listening(self, *keys: CacheKey) -> Iterator[Callable[[float], bool]]:
        """As without watching."""
        with super().listening(*keys) as sleep:

            def watched(seconds: float) -> bool:
                if self._subscribed.is_set() and self.woken:
                    self.asleep.set()
                self.woken.append(sleep(seconds))
                return self.woken[-1]

            yield watched


@pytest.fixture
def notifications(cache_server: ValkeyServer) -> WatchedSleep:
    """Changes of the bench's server."""
    return WatchedSleep(cache_server.url)


@pytest.fixture
def precomputer(bench: Bench, notifications: WatchedSleep, tmp_path: Path) -> Precomputer:
    """The bench's engine, with an empty media folder."""
    return precomputer_with(CATALOGUE, bench, notifications, tmp_path)


def precomputer_with(catalogue: Catalogue, bench: Bench, notifications: Notifications, media_root: Path) -> Precomputer:
    """One with other rows."""
    return Precomputer(
        settings=Settings(media_root=media_root),
        catalogue=catalogue,
        cache=bench.cache,
        ledger=bench.ledger,
        dispatch=bench.dispatch,
        notifications=notifications,
        memory=Memory(FactStream(bench.client), RecentActions(bench.client), clock=bench.clock),
        predict=habits.predict,
    )


def in_thread(work: Callable[[], Any]) -> tuple[Thread, list[Any]]:
    """A started thread, and where its answer comes."""
    answers: list[Any] = []
    thread = Thread(target=lambda: answers.append(work()))
    thread.start()
    return thread, answers


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


def test_a_waiting_reader_is_woken_by_the_result(
    precomputer: Precomputer, bench: Bench, notifications: WatchedSleep
) -> None:
    """It gets the entry when it is stored, woken by that and not by looking now and then."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    thread, answers = in_thread(lambda: precomputer.get(key(SOLO), wait=LONG))
    assert notifications.asleep.wait(30)
    bench.store(SOLO, value={"n": 1})
    thread.join(30)

    assert isinstance(answers[0], Entry)
    assert answers[0].value == {"n": 1}
    assert notifications.woken
    assert all(notifications.woken)


@pytest.mark.parametrize("how", ["failed", "invalidated"])
def test_a_waiting_reader_is_woken_when_nothing_will_come(
    precomputer: Precomputer, bench: Bench, notifications: WatchedSleep, how: str
) -> None:
    """A failure or an invalidation ends the wait as well."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    thread, answers = in_thread(lambda: precomputer.get(key(SOLO), wait=LONG))
    assert notifications.asleep.wait(30)
    bench.fail(SOLO) if how == "failed" else bench.invalidate("*")
    thread.join(30)

    assert answers[0].state is (State.FAILED if how == "failed" else State.MISSING)
    assert all(notifications.woken)


def test_a_reader_waits_for_a_dependant_that_has_not_begun(
    precomputer: Precomputer, bench: Bench, notifications: WatchedSleep
) -> None:
    """Waiting for the last of a chain ends when the whole chain is done."""
    bench.trigger(RATE)
    thread, answers = in_thread(lambda: precomputer.get(key(RATE), wait=LONG))
    assert notifications.asleep.wait(30)
    for row in (RAW, CUTS, LOOKS, RATE):
        bench.compute(row)
    thread.join(30)

    assert isinstance(answers[0], Entry)


def test_waiting_is_for_what_is_on_its_way(precomputer: Precomputer, notifications: WatchedSleep) -> None:
    """Where nothing is coming, a reader who would wait is told at once."""
    assert precomputer.get(key(SOLO), wait=LONG) == Miss(key=key(SOLO), state=State.MISSING)
    assert notifications.woken == []


def test_a_wait_ends_when_its_time_is_up(precomputer: Precomputer, bench: Bench) -> None:
    """The reader learns that it is still being computed, and by which task."""
    receipt = bench.trigger(SOLO)

    found = precomputer.get(key(SOLO), wait=timedelta(milliseconds=50))

    assert found == Miss(key=key(SOLO), state=State.QUEUED, task_id=receipt.queued["solo"])


def test_a_request_that_waited_counts_as_one_read(precomputer: Precomputer, bench: Bench) -> None:
    """However often it looked meanwhile."""
    bench.trigger(SOLO)
    precomputer.get(key(SOLO), wait=timedelta(milliseconds=50))

    bench.compute(SOLO)
    precomputer.get(key(SOLO), wait=LONG)

    counted = precomputer.measures().by_type["solo"]
    assert (counted.misses, counted.hits) == (1, 1)


def test_reading_a_stale_result_starts_one_refresh(precomputer: Precomputer, bench: Bench) -> None:
    """Three readers get the old value at once; one computation for the same event is started."""
    bench.have(SOLO, value={"n": 1})
    event = bench.message(SOLO).event
    bench.dispatch.sent.clear()
    bench.clock.forward(TTL)

    found = [precomputer.get(key(SOLO)) for _ in range(3)]

    assert all(isinstance(each, Entry) and each.stale and each.value == {"n": 1} for each in found)
    assert [(message.queue, message.event) for message in bench.dispatch.sent] == [("refresh", event)]
    assert bench.begin(SOLO) is Beginning.RUN


def test_reading_a_fresh_result_starts_nothing(precomputer: Precomputer, bench: Bench) -> None:
    """Only staleness does."""
    bench.have(SOLO)
    bench.dispatch.sent.clear()
    bench.clock.forward(TTL - timedelta(milliseconds=1))

    precomputer.get(key(SOLO))

    assert bench.dispatch.sent == []


def test_a_stale_result_is_served_though_the_broker_is_down(precomputer: Precomputer, bench: Bench) -> None:
    """The reader has an answer; that its refresh could not be queued is no reason to withhold it."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    bench.dispatch.broken = True

    assert isinstance(precomputer.get(key(SOLO)), Entry)


@pytest.mark.parametrize("text", ["nothing:video:v1", "solo:user:v1", "raw:video:v1"])
def test_only_served_results_can_be_read(precomputer: Precomputer, bench: Bench, text: str) -> None:
    """Unknown types, another subject's, and transient inputs have no readers."""
    bench.trigger(CUTS)
    bench.compute(RAW, parts={"sound": b"..."})

    with pytest.raises(UnknownPrecomputation):
        precomputer.get(CacheKey.parse(text))
    with pytest.raises(UnknownPrecomputation):
        precomputer.get_part(CacheKey.parse(text), "sound")


def test_a_part_is_read_beside_its_result(precomputer: Precomputer, bench: Bench) -> None:
    """As a thumbnail beside its list; None when there is none of that name."""
    bench.have(SOLO, parts={"1.jpg": b"\xff\xd8"})

    assert precomputer.get_part(key(SOLO), "1.jpg") == b"\xff\xd8"
    assert precomputer.get_part(key(SOLO), "9.jpg") is None


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


def test_refresh_queues_what_is_close_to_stale_and_read(precomputer: Precomputer, bench: Bench) -> None:
    """Within the lead of the row: the read one is computed again, the unread one is skipped, the younger left."""
    for video in ("read", "unread"):
        bench.have(SOLO, video=video)
    bench.clock.forward(SOLO.refresh_lead + timedelta(seconds=1))
    bench.have(SOLO, video="young")
    for video in ("read", "young"):
        precomputer.get(key(SOLO, video))
    bench.clock.forward(TTL - 2 * SOLO.refresh_lead)
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo") == Refreshed(queued=1, skipped=1)
    assert [(str(message.key), message.queue) for message in bench.dispatch.sent] == [("solo:video:read", "refresh")]


def test_a_refresh_that_is_on_its_way_is_not_queued_again(precomputer: Precomputer, bench: Bench) -> None:
    """It counts as skipped."""
    bench.have(SOLO)
    precomputer.get(key(SOLO))
    bench.clock.forward(TTL)

    assert [precomputer.refresh("solo"), precomputer.refresh("solo")] == [
        Refreshed(queued=1, skipped=0),
        Refreshed(queued=0, skipped=1),
    ]


def test_a_forced_refresh_takes_every_live_entry(precomputer: Precomputer, bench: Bench) -> None:
    """Read or not, fresh or stale; what is gone is not brought back."""
    bench.have(SOLO, video="gone")
    bench.clock.forward(GRACE)
    bench.have(SOLO, video="stale")
    bench.clock.forward(TTL)
    bench.have(SOLO, video="fresh")
    # What the server does by its own clock.
    bench.client.delete(f"pc:e:{key(SOLO, 'gone')}")
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo", force=True) == Refreshed(queued=2, skipped=1)
    assert {message.key.ref.id for message in bench.dispatch.sent} == {"stale", "fresh"}


def test_a_limited_refresh_takes_the_soonest_stale(precomputer: Precomputer, bench: Bench) -> None:
    """With a limit of two, the two oldest."""
    for video in ("v1", "v2", "v3"):
        bench.have(SOLO, video=video)
        bench.clock.forward(timedelta(seconds=1))
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo", force=True, limit=2) == Refreshed(queued=2, skipped=0)
    assert [message.key.ref.id for message in bench.dispatch.sent] == ["v1", "v2"]


@pytest.mark.parametrize("name", ["nothing", "raw"])
def test_an_unknown_type_cannot_be_refreshed(precomputer: Precomputer, name: str) -> None:
    """Nor can a transient one, which callers do not know."""
    with pytest.raises(UnknownPrecomputation, match=name):
        precomputer.refresh(name)


def test_a_refresh_says_when_the_broker_is_down(precomputer: Precomputer, bench: Bench) -> None:
    """Nothing is recorded for what could not be queued."""
    bench.have(SOLO)
    bench.dispatch.broken = True

    with pytest.raises(BrokerUnavailable):
        precomputer.refresh("solo", force=True)
    assert bench.state(SOLO) is State.READY


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


def test_changes_come_as_they_happen_until_all_is_done(
    precomputer: Precomputer, bench: Bench, notifications: WatchedSleep
) -> None:
    """First everything, then what changed, and the end when nothing is on its way any more."""
    bench.trigger(SOLO)
    changes = precomputer.changes(V1, within=LONG)
    assert {record.key.task_type for record in next(changes)} == {"cuts", "looks", "rate", "solo"}

    bench.begin(SOLO)
    running = next(step for step in changes if step)
    bench.store(SOLO)
    done = [step for step in changes if step]

    assert [(record.key.task_type, record.state) for record in running] == [("solo", State.RUNNING)]
    assert [[(record.key.task_type, record.state) for record in step] for step in done] == [[("solo", State.READY)]]
    assert all(notifications.woken)


def test_changes_end_when_their_time_is_up(precomputer: Precomputer, bench: Bench) -> None:
    """A stream of a task that never ends does."""
    bench.trigger(SOLO)

    steps = list(precomputer.changes(V1, within=timedelta(milliseconds=50)))

    assert steps[0]
    assert not any(steps[1:])


def test_a_type_can_be_told_by_its_row(bench: Bench, notifications: WatchedSleep, tmp_path: Path) -> None:
    """The engine knows no task type by name: another catalogue, and the old names are unknown."""
    only: TaskType = replace(SOLO, name="only")
    engine = precomputer_with(Catalogue.of((only,)), bench, notifications, tmp_path)

    assert engine.get(key(only)) == Miss(key=key(only), state=State.MISSING)
    with pytest.raises(UnknownPrecomputation):
        engine.get(key(SOLO))
