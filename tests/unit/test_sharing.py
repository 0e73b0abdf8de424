"""Texts that are made once for everybody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier

import pytest

from api.sharing import Shared, sent_again


class Clock:
    """Seconds that go on by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.now += seconds


def counting(clock: Clock) -> Shared:
    """A text that tells how often it was made, every two seconds at most."""
    numbers = count(1)
    return Shared(lambda: str(next(numbers)).encode(), every=timedelta(seconds=2), clock=clock)


def test_a_text_is_made_once_in_its_time() -> None:
    """Asking again at once brings the same, asking when it is old makes another."""
    clock = Clock()
    shared = counting(clock)
    assert [shared.now(), shared.now()] == [b"1", b"1"]
    clock.sleep(1.9)
    assert shared.now() == b"1"
    clock.sleep(0.1)
    assert [shared.now(), shared.now()] == [b"2", b"2"]


def test_ten_who_ask_at_once_get_one_text() -> None:
    """Ten open pages cost what one costs."""
    shared, gate = counting(Clock()), Barrier(10)

    def ask(_: int) -> bytes:
        gate.wait()
        return shared.now()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(ask, range(10))) == {b"1"}


def test_a_failure_is_not_kept() -> None:
    """Who asks after it has it made anew."""
    answers = iter([ValueError("away"), b"there"])

    def make() -> bytes:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    shared = Shared(make, every=timedelta(seconds=2), clock=Clock())
    with pytest.raises(ValueError, match="away"):
        shared.now()
    assert shared.now() == b"there"


def test_a_stream_tells_each_text_until_time_is_up() -> None:
    """At once, and whenever it is old; it ends within its time, and never without a word."""
    clock = Clock()
    told = sent_again(counting(clock), within=timedelta(seconds=5), sleep=clock.sleep, clock=clock)
    assert list(told) == [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]
    assert clock.now == 104.0
    brief = sent_again(counting(clock), within=timedelta(0), sleep=clock.sleep, clock=clock)
    assert list(brief) == [b"data: 1\n\n"]
