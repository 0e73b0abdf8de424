"""Readers who wait, and followers of changes: woken by what they wait for."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from bench import CUTS, LOOKS, RATE, RAW, SOLO, Bench, key
from near_process import NAME, Process, until
from watched_precomputer import WatchedSleep

from precompute.entry import Entry, Miss, State
from precompute.precomputer import Precomputer
from precompute.subjects import Subject, SubjectRef

LONG = timedelta(seconds=30)
V1 = SubjectRef(subject=Subject.VIDEO, id="v1")


def in_thread(work: Callable[[], Any]) -> tuple[Thread, list[Any]]:
    """A started thread, and where its answer comes."""
    answers: list[Any] = []
    thread = Thread(target=lambda: answers.append(work()))
    thread.start()
    return thread, answers


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


def test_a_result_that_is_there_is_read_once_by_who_would_wait(
    precomputer: Precomputer, bench: Bench, notifications: WatchedSleep
) -> None:
    """One question to the server, and nobody listens for changes: as if they would not wait."""
    bench.have(SOLO)
    bench.client.config_resetstat()
    assert isinstance(precomputer.get(key(SOLO), wait=LONG), Entry)
    assert bench.commands()["evalsha"] == 1
    assert notifications._thread is None


def test_a_miss_that_is_waited_for_is_counted_when_the_wait_ends(
    bench: Bench, processes: Callable[..., Process]
) -> None:
    """Only what is on its way can be waited for: where nothing is, the first look is the read."""
    process = processes()
    assert isinstance(process.near.get(NAME, patient=True), Miss)
    assert bench.counters()["miss:solo"] == 1
    bench.trigger(SOLO)
    assert isinstance(process.near.get(NAME, patient=True), Miss)
    assert bench.counters()["miss:solo"] == 1
    process.read()
    assert bench.counters()["miss:solo"] == 2


def test_who_would_wait_is_answered_from_here_and_who_wants_no_copy_is_not(
    bench: Bench, processes: Callable[..., Process]
) -> None:
    """A result that is kept needs no waiting; asked anew, the server answers however often it is read."""
    bench.have(SOLO)
    process = processes()
    process.keeps()

    def asks(**options: bool) -> bool:
        before = process.asked
        assert isinstance(process.near.get(NAME, **options), Entry)
        return process.asked > before

    until(lambda: not asks(patient=True))
    assert all(asks(anew=True) for _ in range(50))
    until(process.from_here)


def test_a_request_that_waited_counts_as_one_read(precomputer: Precomputer, bench: Bench) -> None:
    """However often it looked meanwhile."""
    bench.trigger(SOLO)
    precomputer.get(key(SOLO), wait=timedelta(milliseconds=50))

    bench.compute(SOLO)
    precomputer.get(key(SOLO), wait=LONG)

    counted = precomputer.measures().by_type["solo"]
    assert (counted.misses, counted.hits) == (1, 1)


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
