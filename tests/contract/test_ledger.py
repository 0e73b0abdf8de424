"""Runs: begun by one worker, kept by signs of life, ended by a result, a failure or too many deaths."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, LEASE, NOON, SOLO, Bench, at_once, key

from precompute.entry import Failure, State
from precompute.errors import LeaseLost
from precompute.ledger import FIRST_REST, MOST_DELIVERIES, Beginning
from precompute.measures import measure
from precompute.queues import Queue


def test_one_of_ten_workers_gets_to_run_a_message(bench: Bench) -> None:
    """A message that was delivered more than once is computed once."""
    bench.trigger(SOLO)

    beginnings = at_once(lambda number: bench.begin(SOLO, owner=f"w{number}"), times=10)

    assert sorted(beginnings) == [Beginning.BUSY] * 9 + [Beginning.RUN]


@pytest.mark.parametrize("how", ["store", "fail"])
def test_a_message_that_comes_again_after_the_end_is_done(bench: Bench, how: str) -> None:
    """Neither a result nor a failure is computed a second time because its message was not acknowledged."""
    bench.trigger(SOLO, force=True)
    bench.begin(SOLO)
    bench.store(SOLO) if how == "store" else bench.fail(SOLO)

    assert bench.begin(SOLO, owner="w2") is Beginning.DONE


def test_a_message_finds_the_result_that_came_another_way(bench: Bench) -> None:
    """When the result is fresh by the time the worker gets to it, the task ends as ready without being run."""
    bench.trigger(SOLO)
    message = bench.message(SOLO)
    bench.begin(SOLO)
    bench.store(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")

    assert bench.take(message, owner="w2") is Beginning.DONE


def test_a_message_is_enough_when_the_cache_was_lost(bench: Bench) -> None:
    """After the cache's server lost everything, what is on the broker is still computed and kept."""
    bench.trigger(SOLO)
    bench.client.flushall()

    assert bench.begin(SOLO) is Beginning.RUN
    assert bench.store(SOLO) == 1
    assert bench.record(SOLO).task_id == bench.message(SOLO).task_id
    assert bench.ledger.key_of(bench.message(SOLO).task_id) == key(SOLO)
    assert bench.cache.origin(key(SOLO)).event == bench.message(SOLO).event  # type: ignore[union-attr]


def test_a_lease_is_kept_by_signs_of_life(bench: Bench) -> None:
    """Each one gives the lease its whole length again, and shows the progress."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.client.pexpire(f"pc:l:{key(SOLO)}", 5)

    bench.client.persist(f"pc:l:{key(SOLO)}")
    assert bench.ledger.extend(key(SOLO), owner="w1", lease=LEASE, progress=0.25)

    assert bench.client.pttl(f"pc:l:{key(SOLO)}") > 1000
    assert (bench.state(SOLO), bench.record(SOLO).progress) == (State.RUNNING, 0.25)


def test_progress_does_not_bring_an_evicted_task_back(bench: Bench) -> None:
    """The record of a running task may be evicted; no fragment of it is left for ever."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")

    assert bench.ledger.extend(key(SOLO), owner="w1", lease=LEASE, progress=0.5)
    assert not bench.client.exists(f"pc:t:{key(SOLO)}")


def test_a_worker_that_wakes_up_too_late_has_no_say(bench: Bench) -> None:
    """Paused past its lease, it can neither extend nor store nor fail what another has taken over."""
    bench.trigger(SOLO)
    bench.begin(SOLO, owner="slow")
    bench.die(SOLO)
    bench.begin(SOLO, owner="other")

    assert not bench.ledger.extend(key(SOLO), owner="slow", lease=LEASE, progress=0.9)
    assert not bench.fail(SOLO, owner="slow")
    assert not bench.fail(SOLO, owner="slow", retry_in=timedelta(seconds=1))
    with pytest.raises(LeaseLost):
        bench.store(SOLO, owner="slow")
    assert bench.state(SOLO) is State.RUNNING
    assert bench.store(SOLO, owner="other") == 1


def test_a_failure_is_kept_with_its_reason(bench: Bench) -> None:
    """The status says what went wrong and when; a read says so too."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.clock.forward(timedelta(seconds=3))
    bench.fail(SOLO)

    record = bench.record(SOLO)

    assert record.state is State.FAILED
    assert record.failure == Failure(code="not_a_video", message="that is not a video")
    assert record.finished_at == NOON + timedelta(seconds=3)
    assert bench.cache.read(key(SOLO)).failure == record.failure  # type: ignore[union-attr]
    assert measure(bench.cache, CATALOGUE).by_type["solo"].failures == 1


def test_a_trigger_some_time_after_a_failure_tries_again(bench: Bench) -> None:
    """A failed task is no obstacle for long: then the next upload starts a new one."""
    first = bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.fail(SOLO)
    bench.clock.forward(FIRST_REST)

    assert bench.trigger(SOLO).queued != first.queued
    assert bench.state(SOLO) is State.QUEUED


def test_a_try_that_failed_leaves_the_task_queued_for_the_next(bench: Bench) -> None:
    """Between two tries the task waits, counts its failed tries, and can be begun by anyone."""
    bench.trigger(SOLO)
    message = bench.message(SOLO)
    tries = []
    for number in range(3):
        verdict, failed = bench.ledger.begin(message, owner=f"w{number}", lease=LEASE, fingerprint="f1")
        assert verdict is Beginning.RUN
        tries.append(failed)
        bench.fail(SOLO, owner=f"w{number}", retry_in=timedelta(seconds=2))

    assert tries == [0, 1, 2]
    assert bench.state(SOLO) is State.QUEUED
    assert measure(bench.cache, CATALOGUE).waiting[Queue.VIDEO] == {"solo": 1}


def test_a_try_whose_task_was_evicted_gives_the_lease_back(bench: Bench) -> None:
    """The server may drop the record of a task; its worker can still say that another try follows."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")

    assert bench.fail(SOLO, retry_in=timedelta(seconds=2))
    assert bench.begin(SOLO, owner="w2") is Beginning.RUN


def test_a_task_that_ends_its_worker_three_times_is_set_aside(bench: Bench) -> None:
    """The fourth delivery is not run: the task has failed, can be seen, and is run again when somebody insists."""
    bench.trigger(SOLO)
    for number in range(MOST_DELIVERIES):
        assert bench.begin(SOLO, owner=f"w{number}") is Beginning.RUN
        bench.die(SOLO)

    assert bench.begin(SOLO, owner="w9") is Beginning.SET_ASIDE
    assert bench.record(SOLO).failure == Failure(code="set_aside", message="its worker died 3 times; set aside")
    assert bench.begin(SOLO, owner="w9") is Beginning.DONE
    bench.clock.forward(FIRST_REST)
    bench.trigger(SOLO, insist=True)
    assert bench.begin(SOLO) is Beginning.RUN


def test_a_failed_try_is_no_death(bench: Bench) -> None:
    """A worker that reports a failure is well, so its deliveries do not count towards setting aside."""
    bench.trigger(SOLO)
    for _ in range(MOST_DELIVERIES - 1):
        bench.begin(SOLO)
        bench.die(SOLO)
    bench.begin(SOLO)
    bench.fail(SOLO, retry_in=timedelta(seconds=2))

    for _ in range(MOST_DELIVERIES):
        assert bench.begin(SOLO) is Beginning.RUN
        bench.die(SOLO)
