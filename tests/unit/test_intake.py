"""Bodies that arrive slowly, or never."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Semaphore, Thread

import pytest
from werkzeug.exceptions import RequestTimeout, ServiceUnavailable

from api.intake import PATIENCE_S, Intake
from api.waiting import Slots


def test_slow_bodies_take_their_places_and_no_more() -> None:
    """The next one is sent away, to come again soon; once there is room, bodies are read as before."""
    intake, begun, sent = Intake(Slots(2)), Semaphore(0), Event()

    def slow() -> bytes:
        begun.release()
        sent.wait()
        return b"slow"

    with ThreadPoolExecutor(2) as senders:
        waiting = [senders.submit(intake.read, slow) for _ in range(2)]
        assert all(begun.acquire(timeout=30) for _ in waiting)
        with pytest.raises(ServiceUnavailable) as refused:
            intake.read(lambda: b"quick")
        assert refused.value.retry_after
        sent.set()
        assert [one.result(timeout=30) for one in waiting] == [b"slow", b"slow"]
    assert intake.read(lambda: b"quick") == b"quick"


def test_where_all_are_slow_nobody_waits_for_a_turn() -> None:
    """Patience is for the moment in which many bodies come at once; under attack it would hold the other threads."""
    now = [0.0]
    intake = Intake(Slots(1), clock=lambda: now[0])

    def slow() -> bytes:
        now[0] += PATIENCE_S
        # The clock stands still here: who waited for a turn would wait for good.
        with pytest.raises(ServiceUnavailable):
            intake.read(lambda: b"quick")
        return b"slow"

    assert intake.read(slow) == b"slow"


def test_a_body_that_breaks_off_gives_its_turn_back() -> None:
    """However often that happens."""
    intake = Intake(Slots(1))

    def broken() -> bytes:
        raise ConnectionResetError

    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            intake.read(broken)
    assert intake.read(lambda: b"whole") == b"whole"


def test_a_body_that_took_too_long_is_refused() -> None:
    """What there is of one that was cut is no body; nor is a whole one that came too late."""
    now = [0.0]
    intake = Intake(Slots(1), within=timedelta(seconds=40), clock=lambda: now[0])

    def late() -> bytes:
        now[0] += 41
        return b"{}"

    with pytest.raises(RequestTimeout, match="40 seconds"):
        intake.read(late)
    assert intake.read(lambda: b"{}") == b"{}"


def test_where_no_thread_can_look_for_slow_ones_a_turn_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next body tries to start one again."""
    intake = Intake(Slots(1))

    def too_many(thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(Thread, "start", too_many)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="new thread"):
                intake.read(lambda: b"whole", port=1)
    assert intake.read(lambda: b"whole") == b"whole"
