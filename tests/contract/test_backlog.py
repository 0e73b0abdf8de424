"""How much waits, and when no more events are taken in."""

from datetime import timedelta
from pathlib import Path

import pytest
from bench import CATALOGUE, CUTS, RAW, SOLO, Bench

from precompute.admission import Bounds, Load
from precompute.errors import Backlogged
from precompute.load import TRUSTED_FOR, Backlog, check_room
from precompute.precomputer import Precomputer
from precompute.queues import Queue


@pytest.fixture
def backlog(bench: Bench) -> Backlog:
    """Of one process."""
    return Backlog(bench.cache, CATALOGUE)


def test_what_is_as_urgent_or_more_is_before_a_task(bench: Bench, backlog: Backlog) -> None:
    """What waits for its inputs counts too; what only feeds others does not, as in the figures of the queue."""
    bench.trigger(CUTS)
    bench.trigger(SOLO, video="v2")
    assert set(bench.dispatch.names) == {RAW.name, SOLO.name}
    assert backlog.before(Queue.VIDEO) == Load(waiting=2)
    assert backlog.before(Queue.BACKGROUND) == Load(waiting=2)
    assert backlog.before(Queue.CAMPAIGN) == Load(waiting=0)


def test_a_look_serves_for_a_while(bench: Bench, backlog: Backlog) -> None:
    """What this process queues itself counts at once, what others queue after half a second."""
    assert backlog.before(Queue.VIDEO).waiting == 0
    bench.trigger(SOLO)
    backlog.added(Queue.LOGIN, 3)
    assert backlog.before(Queue.LOGIN).waiting == 3
    assert backlog.before(Queue.CAMPAIGN).waiting == 0
    bench.clock.forward(TRUSTED_FOR)
    assert backlog.before(Queue.LOGIN).waiting == 1


def test_a_clock_that_is_set_back_is_no_reason_to_trust_an_old_look(bench: Bench, backlog: Backlog) -> None:
    """The next question looks again."""
    assert backlog.before(Queue.VIDEO).waiting == 0
    bench.trigger(SOLO)
    bench.clock.forward(timedelta(days=-1))
    assert backlog.before(Queue.VIDEO).waiting == 1


def test_events_are_refused_when_far_too_much_waits(bench: Bench, backlog: Backlog) -> None:
    """At their bound, not before; and on a more urgent queue they still have room."""
    bench.trigger(SOLO, video="v1")
    bench.trigger(SOLO, video="v2")
    check_room(backlog, Queue.VIDEO, bounds=Bounds(most_waiting_events=3))
    check_room(backlog, Queue.CAMPAIGN, bounds=Bounds(most_waiting_events=2))
    with pytest.raises(Backlogged, match="2 tasks wait on the queue video"):
        check_room(backlog, Queue.VIDEO, bounds=Bounds(most_waiting_events=2))


def test_a_refused_trigger_leaves_nothing_behind(bench: Bench, precomputer: Precomputer, tmp_path: Path) -> None:
    """Neither tasks nor messages nor facts; it can come again."""
    (tmp_path / "v9.mp4").write_bytes(b"video")
    bench.trigger(SOLO)
    sent, known = len(bench.dispatch.sent), set(bench.client.keys())
    precomputer.settings = type(precomputer.settings)(media_root=tmp_path, most_waiting_events=1)
    with pytest.raises(Backlogged):
        precomputer.on_video_upload("v9", "u1")
    assert len(bench.dispatch.sent) == sent
    assert set(bench.client.keys()) == known
    # More urgent ones are taken in.
    assert precomputer.on_video_upload("v9", "u1", priority=10).queued
