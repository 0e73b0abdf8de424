"""Tasks: admitted once, begun by one worker, found again when their worker dies."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from bench import CATALOGUE, CUTS, LEASE, LOOKS, NOON, RATE, RAW, SOLO, TTL, Bench, key

from precompute.entry import Entry, Failure, State
from precompute.errors import BrokerUnavailable, LeaseLost
from precompute.ledger import KEPT, MOST_DELIVERIES, Beginning, Readiness
from precompute.measures import measure
from precompute.planner import Cause
from precompute.queues import Queue


def at_once(work: Callable[[int], Any], *, times: int) -> list[Any]:
    """What ``work`` gives to as many threads, all let go at the same moment."""
    gate = Barrier(times)

    def one(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_what_begins_is_published_and_the_rest_waits_for_its_inputs(bench: Bench) -> None:
    """Of a whole chain only its beginning becomes a message; everything wanted is on its way."""
    receipt = bench.trigger(CUTS, LOOKS, RATE, SOLO)

    assert sorted(bench.dispatch.names) == ["raw", "solo"]
    assert set(receipt.queued) == {"cuts", "looks", "rate", "solo"}
    assert receipt.cached == ()
    assert not receipt.ready
    assert {bench.state(row) for row in (RAW, CUTS, LOOKS, RATE, SOLO)} == {State.QUEUED}


def test_what_is_fresh_is_not_computed_again(bench: Bench) -> None:
    """A second upload of the same finds everything there, and starts nothing."""
    bench.have(SOLO)
    bench.dispatch.sent.clear()

    receipt = bench.trigger(SOLO)

    assert receipt.ready
    assert receipt.cached == ("solo",)
    assert bench.dispatch.sent == []


def test_what_is_stale_is_computed_again(bench: Bench) -> None:
    """A stale entry does not count as an answer to a trigger."""
    bench.have(SOLO)
    bench.clock.forward(TTL)

    assert set(bench.trigger(SOLO).queued) == {"solo"}


def test_a_fresh_entry_from_another_input_does_not_count(bench: Bench) -> None:
    """A new video under an old id is analysed, and what the old one gave is not served any more."""
    bench.have(SOLO)

    assert set(bench.trigger(SOLO, fingerprint="f2").queued) == {"solo"}
    assert not isinstance(bench.cache.read(key(SOLO)), Entry)
    assert bench.client.zscore("pc:gone", str(key(SOLO))) is None


def test_a_new_input_supersedes_the_computation_that_runs(bench: Bench) -> None:
    """The older run has lost its lease, and its message is not run again; the newer one writes."""
    bench.trigger(SOLO, fingerprint="f1")
    older = bench.message(SOLO)
    bench.begin(SOLO, owner="w1")

    receipt = bench.trigger(SOLO, fingerprint="f2")

    assert receipt.queued["solo"] != older.task_id
    with pytest.raises(LeaseLost):
        bench.store(SOLO, owner="w1")
    assert bench.take(older, owner="w2") is Beginning.SUPERSEDED
    assert bench.begin(SOLO, owner="w3", fingerprint="f2") is Beginning.RUN
    assert bench.store(SOLO, owner="w3") == 1


@pytest.mark.parametrize("begun", [False, True])
def test_a_second_trigger_joins_the_task_that_is_on_its_way(bench: Bench, begun: bool) -> None:
    """Queued or running, it answers with the id of the task that is there, and publishes nothing."""
    first = bench.trigger(SOLO)
    if begun:
        bench.begin(SOLO)

    assert bench.trigger(SOLO).queued == first.queued
    assert bench.trigger(SOLO, force=True).queued == first.queued
    assert bench.dispatch.names == ["solo"]


def test_ten_triggers_at_once_start_one_computation(bench: Bench) -> None:
    """Whoever comes first starts it; all ten are told the same ids."""
    receipts = at_once(lambda _: bench.trigger(CUTS, LOOKS, RATE), times=10)

    assert len({tuple(sorted(receipt.queued.items())) for receipt in receipts}) == 1
    assert bench.dispatch.names == ["raw"]


@pytest.mark.parametrize("done", [False, True])
def test_a_refresh_never_takes_the_place_of_a_newer_upload(bench: Bench, done: bool) -> None:
    """An upload that came between looking at a result and refreshing it is left alone, on its way or done."""
    bench.trigger(SOLO, fingerprint="f2")
    newer = bench.message(SOLO)
    if done:
        bench.begin(SOLO, fingerprint="f2")
        bench.store(SOLO, value={"of": "f2"})

    receipt = bench.trigger(SOLO, fingerprint="f1", cause=Cause.REFRESH, force=True)

    assert bench.message(SOLO) == newer
    assert receipt.queued == ({} if done else {"solo": newer.task_id})
    assert isinstance(bench.cache.read(key(SOLO)), Entry) is done


def test_a_running_task_whose_worker_died_is_not_joined(bench: Bench) -> None:
    """A trigger after the lease has lapsed starts anew instead of waiting for the dead."""
    first = bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.die(SOLO)

    assert bench.trigger(SOLO).queued != first.queued


def test_inputs_that_nobody_needs_are_not_computed(bench: Bench) -> None:
    """With cuts and looks fresh, the rate is computed from them, without the samples; it can begin at once."""
    bench.trigger(CUTS, LOOKS)
    for row in (RAW, CUTS, LOOKS):
        bench.compute(row)
    bench.dispatch.sent.clear()

    receipt = bench.trigger(CUTS, LOOKS, RATE)

    assert bench.dispatch.names == ["rate"]
    assert (set(receipt.queued), set(receipt.cached)) == ({"rate"}, {"cuts", "looks"})
    assert bench.begin(RATE) is Beginning.RUN


def test_one_stale_input_brings_only_itself(bench: Bench) -> None:
    """Only what is missing of the chain is computed: looks and what it needs, not cuts."""
    bench.trigger(CUTS, LOOKS)
    for row in (RAW, CUTS, LOOKS):
        bench.compute(row)
    bench.invalidate("looks:video:v1")
    bench.dispatch.sent.clear()

    bench.trigger(RATE)

    assert bench.dispatch.names == ["raw"]
    assert (bench.state(LOOKS), bench.state(CUTS)) == (State.QUEUED, State.READY)


def test_force_computes_what_is_fresh(bench: Bench) -> None:
    """With force a fresh result is computed again, and its message is run though the entry is fresh."""
    bench.have(SOLO)

    assert set(bench.trigger(SOLO, force=True).queued) == {"solo"}
    assert bench.begin(SOLO) is Beginning.RUN
    assert bench.store(SOLO) == 2


def test_a_task_waits_on_the_queue_of_its_row_or_of_its_cause(bench: Bench) -> None:
    """A refresh never stands before an upload."""
    bench.trigger(SOLO, video="v1")
    bench.trigger(SOLO, video="v2", cause=Cause.REFRESH)

    assert [message.queue for message in bench.dispatch.sent] == ["video", "refresh"]
    assert measure(bench.cache, CATALOGUE).waiting[Queue.REFRESH] == {"solo": 1}


def test_with_the_broker_down_a_trigger_leaves_no_trace(bench: Bench) -> None:
    """The caller is told, and the cache holds exactly what it held before."""
    bench.have(SOLO)
    before = bench.everything()
    bench.dispatch.broken = True

    with pytest.raises(BrokerUnavailable):
        bench.trigger(CUTS, LOOKS, RATE, SOLO)

    assert bench.everything() == before


def test_with_the_broker_down_a_joined_task_is_left_alone(bench: Bench) -> None:
    """Withdrawing takes back what this trigger started, never what another one did."""
    first = bench.trigger(SOLO)
    bench.dispatch.broken = True
    with pytest.raises(BrokerUnavailable):
        bench.trigger(SOLO, CUTS)
    bench.dispatch.broken = False

    assert bench.state(CUTS) is State.MISSING
    assert bench.trigger(SOLO).queued == first.queued


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


def test_a_trigger_after_a_failure_tries_again(bench: Bench) -> None:
    """A failed task is no obstacle: the next upload starts a new one."""
    first = bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.fail(SOLO)

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
    """The fourth delivery is not run: the task has failed, can be seen, and is run again when asked for."""
    bench.trigger(SOLO)
    for number in range(MOST_DELIVERIES):
        assert bench.begin(SOLO, owner=f"w{number}") is Beginning.RUN
        bench.die(SOLO)

    assert bench.begin(SOLO, owner="w9") is Beginning.SET_ASIDE
    assert bench.record(SOLO).failure == Failure(code="set_aside", message="its worker died 3 times; set aside")
    assert bench.begin(SOLO, owner="w9") is Beginning.DONE
    bench.trigger(SOLO)
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


def test_nothing_is_overdue_before_its_time(bench: Bench) -> None:
    """What was queued or heard of within the watch is left alone."""
    bench.trigger(CUTS, SOLO)
    bench.begin(SOLO)
    bench.clock.forward(LEASE - timedelta(milliseconds=1))

    assert bench.ledger.overdue() == []


def test_a_running_task_is_overdue_when_its_lease_has_lapsed(bench: Bench) -> None:
    """It is queued again and counted as rescued, once; one that gives signs of life is left alone."""
    bench.trigger(SOLO, video="v1")
    bench.trigger(SOLO, video="v2")
    bench.begin(SOLO, video="v1", owner="dead")
    bench.begin(SOLO, video="v2", owner="alive")
    bench.die(SOLO, video="v1")

    found = bench.ledger.overdue()

    assert [(each.key, each.was, each.queue, each.queued_at) for each in found] == [
        (key(SOLO, "v1"), "running", "video", NOON)
    ]
    assert (bench.state(SOLO, "v1"), bench.state(SOLO, "v2")) == (State.QUEUED, State.RUNNING)
    assert bench.ledger.overdue() == []
    assert measure(bench.cache, CATALOGUE).by_type["solo"].rescued == 1


def test_one_of_ten_sweeps_at_once_finds_a_dead_task(bench: Bench) -> None:
    """Two sweepers at the same time do not both take care of it."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.die(SOLO)

    assert sum(len(found) for found in at_once(lambda _: bench.ledger.overdue(), times=10)) == 1


def test_waiting_and_queued_tasks_are_looked_after_time_and_again(bench: Bench) -> None:
    """As long as they are not done, each length of the watch brings them up again."""
    bench.trigger(CUTS)
    for _ in range(3):
        bench.clock.forward(LEASE)
        assert {(each.key.task_type, each.was) for each in bench.ledger.overdue()} == {
            ("raw", "queued"),
            ("cuts", "waiting"),
        }


def test_a_sweep_takes_no_more_than_it_is_told(bench: Bench) -> None:
    """The rest comes with the next one."""
    for number in range(5):
        bench.trigger(SOLO, video=f"v{number}")
    bench.clock.forward(LEASE)

    assert [len(bench.ledger.overdue(most=3)) for _ in range(3)] == [3, 2, 0]


def test_a_task_that_is_over_is_never_overdue(bench: Bench) -> None:
    """Ready, failed and withdrawn tasks need no looking after."""
    bench.have(SOLO, video="v1")
    bench.trigger(SOLO, video="v2")
    bench.begin(SOLO, video="v2")
    bench.fail(SOLO, video="v2")
    bench.clock.forward(10 * LEASE)

    assert bench.ledger.overdue() == []
    assert not bench.client.exists("pc:watch")


def test_of_ten_that_resume_a_task_at_once_one_publishes_it(bench: Bench) -> None:
    """Two inputs that end at the same moment do not bring two messages."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.store(RAW)
    task_id = bench.record(CUTS).task_id
    assert task_id is not None

    found = at_once(lambda _: bench.ledger.resume(CUTS, key(CUTS), task_id=task_id, again=False).readiness, times=10)

    assert sorted(found) == [Readiness.GONE] * 9 + [Readiness.QUEUED]


def test_a_resumed_task_brings_the_message_it_was_planned_with(bench: Bench) -> None:
    """Its id, queue, event and cause are those of the trigger, though another process publishes it."""
    receipt = bench.trigger(CUTS, cause=Cause.REFRESH)
    bench.begin(RAW)
    bench.store(RAW)

    message = bench.ledger.resume(CUTS, key(CUTS), task_id=receipt.queued["cuts"]).message

    assert message is not None
    assert (message.task_id, message.key, message.queue) == (receipt.queued["cuts"], key(CUTS), "refresh")
    assert (message.event, message.cause) == (bench.message(RAW).event, "refresh")


def test_another_tasks_resumption_is_none_of_ours(bench: Bench) -> None:
    """An id that is not that of the key's task, or of one that is running, moves nothing."""
    bench.trigger(SOLO)
    task_id = bench.message(SOLO).task_id

    assert bench.ledger.resume(SOLO, key(SOLO), task_id="another").readiness is Readiness.GONE
    bench.begin(SOLO)
    assert bench.ledger.resume(SOLO, key(SOLO), task_id=task_id).readiness is Readiness.GONE
    assert bench.state(SOLO) is State.RUNNING


def test_records_tell_when_a_task_was_queued_started_and_finished(bench: Bench) -> None:
    """Each instant is that of the clock at the moment."""
    minute = timedelta(minutes=1)
    bench.trigger(SOLO)
    assert bench.record(SOLO).queued_at == NOON
    bench.clock.forward(minute)
    bench.begin(SOLO)
    assert (bench.record(SOLO).started_at, bench.record(SOLO).progress) == (NOON + minute, 0.0)
    bench.clock.forward(minute)
    bench.store(SOLO)

    record = bench.record(SOLO)
    assert (record.state, record.finished_at, record.progress) == (State.READY, NOON + 2 * minute, 1.0)


def test_a_refresh_on_its_way_has_not_finished(bench: Bench) -> None:
    """The older result that is still served does not lend the new task its end."""
    bench.have(SOLO)
    bench.trigger(SOLO, force=True)

    assert (bench.state(SOLO), bench.record(SOLO).finished_at) == (State.QUEUED, None)


def test_a_ready_task_whose_entry_is_gone_counts_as_missing(bench: Bench) -> None:
    """Expired or evicted: the status never promises what a read does not find."""
    bench.have(SOLO)
    bench.client.delete(f"pc:e:{key(SOLO)}")

    assert bench.state(SOLO) is State.MISSING


def test_an_entry_outlives_the_record_of_its_task(bench: Bench) -> None:
    """With the record gone the entry still says ready, and when it was computed."""
    bench.have(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")

    record = bench.record(SOLO)

    assert (record.state, record.task_id, record.finished_at) == (State.READY, None, NOON)


def test_nothing_about_a_task_that_is_over_stays_for_ever(bench: Bench) -> None:
    """Its record and its id have a time to live, and its lease is gone."""
    bench.have(SOLO, video="v1")
    bench.trigger(SOLO, video="v2")
    bench.begin(SOLO, video="v2")
    bench.fail(SOLO, video="v2")

    for name in bench.client.scan_iter("pc:[ti]:*"):
        assert 0 < bench.client.pttl(name) <= max(KEPT, TTL * 2).total_seconds() * 1000, name
    assert list(bench.client.scan_iter("pc:l:*")) == []
    assert list(bench.client.scan_iter("pc:q:*")) == []


def test_the_oldest_waiting_task_is_measured_by_queue(bench: Bench) -> None:
    """How long the first of a queue has waited, by the clock."""
    bench.trigger(SOLO, video="v1")
    bench.clock.forward(timedelta(seconds=30))
    bench.trigger(SOLO, LOOKS, video="v2")

    assert measure(bench.cache, CATALOGUE).oldest_waiting_seconds == {Queue.VIDEO: 30.0}
    assert measure(bench.cache, CATALOGUE).waiting[Queue.VIDEO] == {"solo": 2, "raw": 1, "looks": 1}


def test_a_chain_is_computed_from_its_beginning_to_its_end(bench: Bench) -> None:
    """Each row begins when its last input is stored: raw, then cuts and looks, then rate."""
    bench.trigger(RATE)
    for row in (RAW, CUTS, LOOKS, RATE):
        bench.compute(row)

    assert bench.dispatch.names == ["raw", "cuts", "looks", "rate"]
    assert bench.state(RATE) is State.READY
