"""Tasks as their status is served, and what stays of them."""

from datetime import timedelta

from bench import CATALOGUE, CUTS, LOOKS, NOON, RATE, RAW, SOLO, TTL, Bench, key

from precompute.entry import State
from precompute.ledger import KEPT
from precompute.measures import measure
from precompute.queues import Queue


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
