"""A worker says that a process of its own has ended in the middle of a task."""

import pytest
from bench import CATALOGUE, LEASE, SOLO, Bench, key

from precompute.entry import Failure, State
from precompute.failures import latest_failures
from precompute.ledger import MOST_DELIVERIES, Beginning
from precompute.process_end import process_ended

MINE, ANOTHERS = "host:17:", "host:18:"
TIMED_OUT = Failure(code="timed_out", message="it did not end")


def _begun(bench: Bench, owner: str = f"{MINE}abc") -> str:
    bench.trigger(SOLO)
    assert bench.begin(SOLO, owner=owner) is Beginning.RUN
    return bench.message(SOLO).task_id


def test_the_next_try_need_not_wait_for_the_lease(bench: Bench) -> None:
    """It is given back, and the task waits for its message again."""
    task_id = _begun(bench)

    assert process_ended(bench.ledger, key(SOLO), task_id=task_id, owner=MINE)

    assert bench.state(SOLO) is State.QUEUED
    assert bench.begin(SOLO, owner=f"{ANOTHERS}def") is Beginning.RUN


def test_a_message_that_does_not_come_is_found_missing(bench: Bench) -> None:
    """Whoever looks after queued tasks looks after this one."""
    process_ended(bench.ledger, key(SOLO), task_id=_begun(bench), owner=MINE)
    bench.clock.forward(LEASE)

    assert [task.key for task in bench.ledger.overdue()] == [key(SOLO)]
    assert bench.client.zcard("pc:q:video:solo") == 1


def test_deaths_count_and_ends_with_the_worker_do_not(bench: Bench) -> None:
    """Any number of restarts sets nothing aside; three deaths do."""
    for _ in range(2 * MOST_DELIVERIES):
        process_ended(bench.ledger, key(SOLO), task_id=_begun(bench), owner=MINE, innocent=True)
    assert not bench.client.exists(f"pc:d:{key(SOLO)}")
    for _ in range(MOST_DELIVERIES):
        process_ended(bench.ledger, key(SOLO), task_id=_begun(bench), owner=MINE)
    bench.trigger(SOLO)

    assert bench.begin(SOLO) is Beginning.SET_ASIDE


def test_the_last_death_is_told_as_far_as_it_is_known(bench: Bench) -> None:
    """Who looks at what is set aside sees whether it crashed or was killed."""
    for _ in range(MOST_DELIVERIES):
        task_id = _begun(bench)
        process_ended(bench.ledger, key(SOLO), task_id=task_id, owner=MINE, how="signal 11 (SIGSEGV)")
    bench.begin(SOLO)

    failure = bench.record(SOLO).failure
    assert failure is not None
    assert failure.message == "its worker died 3 times, last by signal 11 (SIGSEGV); set aside"


def test_a_time_that_was_over_is_told_at_once(bench: Bench) -> None:
    """The task has failed with it, without another try."""
    task_id = _begun(bench)

    process_ended(bench.ledger, key(SOLO), task_id=task_id, owner=MINE, failure=TIMED_OUT)

    assert bench.record(SOLO).failure == TIMED_OUT
    [failed] = latest_failures(bench.cache, CATALOGUE)
    assert (failed.code, failed.set_aside) == ("timed_out", False)
    assert not bench.client.exists(f"pc:d:{key(SOLO)}")


def test_a_time_that_was_over_is_told_after_the_lease_too(bench: Bench) -> None:
    """Native code that lets nothing else run keeps its process from extending it; nobody has taken the task up."""
    task_id = _begun(bench)
    bench.die(SOLO)

    assert process_ended(bench.ledger, key(SOLO), task_id=task_id, owner=MINE, failure=TIMED_OUT)

    assert bench.record(SOLO).failure == TIMED_OUT


@pytest.mark.parametrize("failure", [None, TIMED_OUT])
def test_whoever_has_the_task_by_now_keeps_it(bench: Bench, failure: Failure | None) -> None:
    """A process that was stopped beyond its lease and then ended takes nothing from the one that took over."""
    task_id = _begun(bench)
    bench.die(SOLO)
    assert bench.begin(SOLO, owner=f"{ANOTHERS}def") is Beginning.RUN

    assert not process_ended(bench.ledger, key(SOLO), task_id=task_id, owner=MINE, failure=failure)

    assert bench.state(SOLO) is State.RUNNING
    assert bench.store(SOLO, owner=f"{ANOTHERS}def") == 1


def test_an_end_after_the_result_changes_nothing(bench: Bench) -> None:
    """It was stored already."""
    task_id = _begun(bench)
    bench.store(SOLO, owner=f"{MINE}abc")

    assert not process_ended(bench.ledger, key(SOLO), task_id=task_id, owner=MINE, failure=TIMED_OUT)

    assert bench.state(SOLO) is State.READY


def test_an_end_after_an_invalidation_changes_nothing(bench: Bench) -> None:
    """What was taken back, and asked for anew, is another's."""
    task_id = _begun(bench)
    bench.invalidate("solo:*")
    bench.trigger(SOLO)

    assert not process_ended(bench.ledger, key(SOLO), task_id=task_id, owner=MINE, failure=TIMED_OUT)

    assert bench.state(SOLO) is State.QUEUED
