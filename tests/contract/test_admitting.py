"""What a trigger records: each result computed once, whoever asks and how often."""

import pytest
from bench import CATALOGUE, CUTS, LOOKS, RATE, RAW, SOLO, TTL, Bench, at_once, key

from precompute.entry import Entry, State
from precompute.errors import BrokerUnavailable, LeaseLost
from precompute.events import VideoUploaded
from precompute.ledger import Beginning, Verdict
from precompute.measures import measure
from precompute.planner import Cause, plan
from precompute.queues import Queue


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


def test_who_lost_the_answer_and_asks_once_more_publishes_what_the_first_question_recorded(bench: Bench) -> None:
    """A connection that breaks after the script ran has it run again: nobody else knows of these tasks yet."""
    event = VideoUploaded(subject_id="v1", user_id="u1", fingerprint="f1")
    planned = plan(event, catalogue=CATALOGUE, rows=(RATE, SOLO))
    lost = bench.ledger.admit(planned)
    assert bench.ledger.admit(planned) == lost
    assert [one.verdict for one in lost].count(Verdict.QUEUED) == 2
    another = plan(event, catalogue=CATALOGUE, rows=(RATE, SOLO))
    assert {one.verdict for one in bench.ledger.admit(another) if one.task.wanted} == {Verdict.JOINED}
