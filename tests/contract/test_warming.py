"""Warming up: the results of candidates, at a pace, and only where nothing is there."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from bench import CATALOGUE, NOON, SOLO, Bench, key

from precompute.admission import Bounds
from precompute.batch import Trigger
from precompute.candidates import Candidate
from precompute.entry import State
from precompute.errors import BrokerUnavailable
from precompute.events import UserLoggedIn, VideoUploaded
from precompute.ledger import Beginning
from precompute.load import Backlog
from precompute.measures import report_worker
from precompute.planner import Cause
from precompute.queues import Queue
from precompute.warming import EXPIRES_IN, Pace, Tally, WarmUp, taken
from precompute.warmth import FORGETS, PATIENCE, Warmth

EACH = dict.fromkeys(("cuts", "looks", "rate", "solo"), 1.0)
URL = {"url": "https://example.com/clip.mp4"}


@pytest.fixture
def warm_up(bench: Bench, tmp_path: Path) -> WarmUp:
    """What asks for results on the bench; its media folder is empty."""
    return WarmUp(
        catalogue=CATALOGUE,
        cache=bench.cache,
        ledger=bench.ledger,
        dispatch=bench.dispatch,
        backlog=Backlog(bench.cache, CATALOGUE),
        media_root=tmp_path,
        bounds=Bounds(most_waiting=20),
    )


@pytest.fixture
def warmth(bench: Bench) -> Warmth:
    """The marker of the bench's cache."""
    return Warmth(bench.cache)


def candidate(video: str = "v1", *, data: Mapping[str, str] = URL) -> Candidate:
    """A video that was uploaded once."""
    return Candidate(trigger=Trigger(kind=VideoUploaded, subject_id=video, user_id="u1", data=data), chance=0.5)


class TestStarting:
    """One candidate."""

    def test_everything_that_is_missing_is_queued_last_in_line(self, bench: Bench, warm_up: WarmUp) -> None:
        """On the background queue, with its cause, inputs first as always."""
        started = warm_up.start(candidate())

        assert set(started.queued) == {"cuts", "looks", "rate", "solo"}
        assert bench.dispatch.names == ["raw", "solo"]
        assert {(each.queue, each.cause) for each in bench.dispatch.sent} == {("background", Cause.WARM_UP)}

    def test_what_is_fresh_or_on_its_way_is_left(self, bench: Bench, warm_up: WarmUp) -> None:
        """Asked twice, it is queued once; what was computed meanwhile counts as fresh."""
        warm_up.start(candidate())
        bench.take(bench.message(SOLO), fingerprint=event_fingerprint(bench))
        bench.store(SOLO)
        again = warm_up.start(candidate())
        assert (again.queued, again.fresh) == ((), ("solo",))

    def test_a_video_whose_file_is_gone_is_told_and_stops_nothing(self, bench: Bench, warm_up: WarmUp) -> None:
        """It is refused with the reason; the next one goes on."""
        gone = warm_up.start(candidate("gone", data={}))
        assert gone.refused is not None
        assert "gone" in gone.refused
        assert gone.queued == ()
        assert warm_up.start(candidate()).queued

    def test_a_newer_upload_is_not_undone(self, bench: Bench, warm_up: WarmUp) -> None:
        """The store may not know of it yet; neither its result nor its running task is dropped for the older one."""
        bench.have(SOLO)
        before = bench.client.hgetall(f"pc:e:{key(SOLO)}")
        bench.trigger(SOLO, video="v2", fingerprint="newer")
        running = bench.record(SOLO, "v2").task_id

        assert "solo" not in warm_up.start(candidate("v1")).queued
        assert "solo" not in warm_up.start(candidate("v2")).queued
        assert bench.client.hgetall(f"pc:e:{key(SOLO)}") == before
        assert bench.record(SOLO, "v2").task_id == running

    def test_who_asks_meanwhile_does_not_wait_behind(self, bench: Bench, warm_up: WarmUp) -> None:
        """What has not begun is asked for anew on the asker's own queue; the message behind then does nothing."""
        warm_up.start(candidate())
        behind = bench.message(SOLO)
        fingerprint = event_fingerprint(bench)
        bench.trigger(SOLO, fingerprint=fingerprint)
        ahead = bench.message(SOLO)
        assert (behind.queue, ahead.queue) == ("background", "video")
        assert bench.take(ahead, fingerprint=fingerprint) is Beginning.RUN
        assert bench.take(behind, owner="w2", fingerprint=fingerprint) is Beginning.SUPERSEDED

    def test_what_waited_for_an_hour_is_dropped(self, bench: Bench, warm_up: WarmUp) -> None:
        """And may be asked for again."""
        warm_up.start(candidate())
        late = bench.message(SOLO)
        bench.clock.forward(EXPIRES_IN)
        assert bench.take(late, fingerprint=event_fingerprint(bench)) is Beginning.EXPIRED
        assert bench.state(SOLO) is State.MISSING
        assert "solo" in warm_up.start(candidate()).queued

    def test_looking_changes_nothing(self, bench: Bench, warm_up: WarmUp) -> None:
        """It tells what starting would queue, and what is there."""
        bench.have(SOLO)
        before = bench.everything()
        told = warm_up.look(candidate())
        assert (set(told.queued), told.fresh) == ({"cuts", "looks", "rate"}, ("solo",))
        assert warm_up.look(candidate("gone", data={})).refused is not None
        assert bench.everything() == before

    def test_a_broker_that_is_away_leaves_nothing_behind(self, bench: Bench, warm_up: WarmUp) -> None:
        """As for any trigger."""
        bench.dispatch.broken = True
        with pytest.raises(BrokerUnavailable):
            warm_up.start(candidate())
        assert bench.state(SOLO) is State.MISSING


class TestPace:
    """How fast it goes."""

    def test_half_of_the_background_processes_time(self, bench: Bench, warm_up: WarmUp) -> None:
        """What was measured at 1.5 s rests 1.5 s with two processes; other workers' processes do not count."""
        bench.have(SOLO)
        report_worker(bench.cache, name="a", processes=2, queues=["refresh", Queue.BACKGROUND.label])
        report_worker(bench.cache, name="b", processes=9, queues=[Queue.VIDEO.label])
        pace = warm_up.pace()
        # Of CUTS, which comes first of those that need RAW, 1 s and another for RAW; nothing was measured of them.
        assert pace.rest_s == {"cuts": 2.0, "looks": 1.0, "rate": 1.0, "solo": 1.5}
        assert pace.after(warm_up.start(candidate())) == 4.0

    def test_a_rate_is_results_a_second(self, warm_up: WarmUp) -> None:
        """Whatever they cost; what is fresh costs nothing."""
        pace = warm_up.pace(rate=8)
        assert pace.after(warm_up.start(candidate())) == 4 / 8
        assert pace.after(warm_up.start(candidate())) == 0

    def test_it_holds_on_while_the_workers_have_enough_to_do(self, bench: Bench, warm_up: WarmUp) -> None:
        """Half of the backlog at which predicted work is refused, on whatever queue; and goes on when that is less."""
        for number in range(9):
            bench.trigger(SOLO, video=f"busy{number}")
        assert warm_up.has_room()
        bench.trigger(SOLO, video="busy9")
        bench.clock.forward(timedelta(seconds=1))
        assert not warm_up.has_room()
        bench.begin(SOLO, video="busy0")
        bench.clock.forward(timedelta(seconds=1))
        assert warm_up.has_room()

    def test_what_shows_others_waits_until_they_are_done(self, bench: Bench, warm_up: WarmUp) -> None:
        """A dashboard that is computed before a video of its owner is outdated at once; without a worker none waits."""
        login = Candidate(trigger=Trigger(kind=UserLoggedIn, subject_id="u1", user_id="u1"), chance=0.9)
        todo = [candidate(), login]
        assert taken(warm_up, todo, pace=Pace(rest_s=EACH), within=timedelta(hours=1))[0] == 2
        report_worker(bench.cache, name="a", processes=1, queues=[Queue.BACKGROUND.label])
        assert taken(warm_up, [candidate("v2"), login], pace=Pace(rest_s=EACH), within=timedelta(hours=1))[0] == 1
        assert not warm_up.has_room(login)
        assert warm_up.has_room(candidate())
        bench.client.delete(*bench.client.keys("pc:q:background:*"))
        bench.clock.forward(timedelta(seconds=1))
        assert warm_up.has_room(login)

    def test_a_stretch_ends_with_its_time_or_its_room(self, bench: Bench, warm_up: WarmUp) -> None:
        """Four results of a second each fill four seconds; without a limit of time, ten waiting tasks end it."""
        todo = [candidate(f"v{number}") for number in range(10)]
        pace = Pace(rest_s=dict.fromkeys(("cuts", "looks", "rate", "solo"), 1.0))
        handled, rest_s, tally = taken(warm_up, todo, pace=pace, within=timedelta(seconds=4))
        assert (handled, rest_s, tally) == (1, 4.0, Tally(queued=4))

        handled, _, tally = taken(warm_up, todo, pace=pace, within=timedelta(hours=1))
        # One was there already; of the others two bring the backlog to 12, past the 10 that are half of 20.
        assert (handled, tally.queued) == (3, 8)
        assert taken(warm_up, todo[3:], pace=pace, within=timedelta(hours=1))[0] == 0


class TestMarker:
    """When a warm-up begins by itself, and how it goes on."""

    def test_an_unknown_cache_is_warmed_up_once(self, bench: Bench, warmth: Warmth) -> None:
        """Of all who look at once, one gets to publish; the next slice is due when that one says so."""
        tokens = [warmth.due() for _ in range(3)]
        assert [token is not None for token in tokens] == [True, False, False]
        found = warmth.slice(int(tokens[0] or 0))
        assert found is not None
        assert (found.began, found.place) == (NOON, 0)
        assert 0 < bench.client.pttl("pc:warm") <= FORGETS / timedelta(milliseconds=1)

        assert warmth.went(found, place=2, of=5, rest=timedelta(seconds=8), tally=Tally(queued=6, refused=1))
        bench.clock.forward(timedelta(seconds=7))
        assert warmth.due() is None
        bench.clock.forward(timedelta(seconds=1))
        token = warmth.due()
        assert token is not None
        going_on = warmth.slice(token)
        assert going_on is not None
        assert (going_on.began, going_on.place) == (NOON, 2)

        assert warmth.went(going_on, place=5, of=5, rest=timedelta(0), tally=Tally(queued=2, fresh=3))
        bench.clock.forward(timedelta(minutes=30))
        assert warmth.due() is None
        assert warmth.told() == {
            "began_at": NOON,
            "ended_at": NOON + timedelta(seconds=8),
            **{"place": 5, "of": 5, "queued": 8, "fresh": 3, "refused": 1},
        }

    def test_a_slice_that_is_lost_is_published_again_and_the_late_one_does_nothing(
        self, bench: Bench, warmth: Warmth
    ) -> None:
        """After a minute; what it still says is not written."""
        first = warmth.due() or 0
        late = warmth.slice(first)
        assert late is not None
        bench.clock.forward(PATIENCE)
        second = warmth.due()
        assert second is not None
        assert warmth.slice(first) is None
        assert not warmth.went(late, place=5, of=5, rest=timedelta(0), tally=Tally())
        assert warmth.slice(second) is not None

    def test_a_lost_cache_begins_anew(self, bench: Bench, warmth: Warmth) -> None:
        """Also in the middle of a warm-up, whose slice then writes nothing into the new cache."""
        token = warmth.due() or 0
        slice_ = warmth.slice(token)
        assert slice_ is not None
        bench.client.flushall()
        assert warmth.slice(token) is None
        assert not warmth.went(slice_, place=1, of=5, rest=timedelta(0), tally=Tally())
        assert warmth.told() is None
        assert bench.client.keys() == []
        assert warmth.due() is not None

    @pytest.mark.parametrize("evicted", ["pc:warm", "pc:m"])
    def test_an_evicted_marker_is_put_back(self, bench: Bench, warmth: Warmth, evicted: str) -> None:
        """One key alone was evicted, not lost: nothing is warmed up, now or later, whichever goes next."""
        warmth.due()
        for name in (evicted, "pc:warm", "pc:m"):
            bench.clock.forward(timedelta(minutes=5))
            warmth.due()
            bench.client.delete(name)
            bench.clock.forward(timedelta(seconds=5))
            if name == "pc:warm":
                assert warmth.due() is None
        bench.clock.forward(timedelta(minutes=5))
        assert warmth.told() is None
        assert warmth.due() is None

    def test_a_platform_that_was_down_for_long_begins_anew(self, bench: Bench, warmth: Warmth) -> None:
        """What its cache still holds is mostly stale; after a short stop it does not."""
        slice_ = warmth.slice(warmth.due() or 0)
        assert slice_ is not None
        warmth.went(slice_, place=0, of=0, rest=timedelta(0), tally=Tally())
        bench.clock.forward(FORGETS - timedelta(minutes=1))
        assert warmth.due() is None
        bench.clock.forward(FORGETS)
        bench.client.delete("pc:warm")  # the server's own clock would have expired it
        assert warmth.due() is not None


def event_fingerprint(bench: Bench) -> str:
    """Of the upload that the last message is about."""
    return str(bench.client.hget(f"pc:t:{bench.dispatch.sent[-1].key}", "fp").decode())
