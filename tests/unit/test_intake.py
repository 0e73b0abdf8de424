"""Bodies that arrive slowly, or never."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore

import pytest
from werkzeug.exceptions import ServiceUnavailable

from api.intake import Intake


def test_slow_bodies_take_half_of_the_threads_at_most() -> None:
    """The next one is sent away, to come again soon; once there is room, bodies are read as before."""
    intake, begun, sent = Intake(threads=4), Semaphore(0), Event()

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


def test_a_body_that_breaks_off_gives_its_turn_back() -> None:
    """However often that happens."""
    intake = Intake(threads=2)

    def broken() -> bytes:
        raise ConnectionResetError

    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            intake.read(broken)
    assert intake.read(lambda: b"whole") == b"whole"
