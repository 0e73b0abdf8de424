"""Work that nobody waits for."""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from threading import Event

import pytest

from precompute.afterwards import AT_ONCE, MOST_WAITING, Afterwards
from precompute.errors import StoreUnavailable

LONG = timedelta(minutes=1)


def test_everything_is_done_in_order_and_in_batches() -> None:
    """What comes while work is under way is handed over together, a hundred at most."""
    done: list[list[int]] = []
    first, go_on = Event(), Event()

    def work(items: Sequence[int]) -> None:
        first.set()
        assert go_on.wait(60)
        done.append(list(items))

    afterwards = Afterwards(work, name="test")
    afterwards.put([0])
    assert first.wait(60)
    afterwards.put(range(1, AT_ONCE + 51))
    go_on.set()
    afterwards.close(LONG)
    assert [len(batch) for batch in done if batch] == [1, AT_ONCE, 50]
    assert [number for batch in done for number in batch] == list(range(AT_ONCE + 51))


def test_what_comes_soon_after_the_first_is_done_with_it() -> None:
    """A burst is one piece of work, though nothing was under way; closing waits for nobody else."""
    done: list[list[int]] = []
    afterwards = Afterwards[int](lambda items: done.append(list(items)), name="test", gather=timedelta(hours=1))
    for number in range(3):
        afterwards.put([number])
    afterwards.close(LONG)
    assert done == [[0, 1, 2]]


def test_what_fails_is_told_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """One batch is lost, the next is not."""
    done: list[int] = []

    def work(items: Sequence[int]) -> None:
        if 1 in items:
            raise StoreUnavailable("away")
        done.extend(items)

    afterwards = Afterwards(work, name="test")
    for number in (1, 2):
        afterwards.put([number])
        afterwards.close(LONG)
    assert done == [2]
    [line] = [record for record in caplog.records if getattr(record, "action", "") == "afterwards_failed"]
    assert (line.code, line.what) == ("cache_unavailable", "test")


def test_too_much_is_dropped_and_nobody_waits(caplog: pytest.LogCaptureFixture) -> None:
    """While the work is stuck: how much was dropped is told."""
    caplog.set_level(logging.WARNING)
    first, go_on = Event(), Event()
    done: list[int] = []

    def work(items: Sequence[int]) -> None:
        first.set()
        assert go_on.wait(60)
        done.extend(items)

    afterwards = Afterwards(work, name="test")
    afterwards.put([0])
    assert first.wait(60)
    afterwards.put(range(1, MOST_WAITING + 8))
    [line] = [record for record in caplog.records if getattr(record, "action", "") == "afterwards_full"]
    assert line.count == 7
    go_on.set()
    afterwards.close(LONG)
    assert done == list(range(MOST_WAITING + 1))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_foresaw_is_not_the_end_of_all_work() -> None:
    """The thread it ended is followed by another with the next item."""
    done: list[int] = []

    def work(items: Sequence[int]) -> None:
        if 1 in items:
            raise ZeroDivisionError
        done.extend(items)

    afterwards = Afterwards(work, name="test")
    afterwards.put([1])
    for thread in threading.enumerate():
        if thread.name == "test":
            thread.join(60)
    afterwards.put([2])
    afterwards.close(LONG)
    assert done == [2]


def test_nothing_starts_before_there_is_work() -> None:
    """Closing what never began is no matter."""
    Afterwards(list, name="test").close()
