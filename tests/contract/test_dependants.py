"""What follows a result or a failure, however often and in whatever order it is told."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, CUTS, LEASE, LOOKS, RATE, RAW, SOLO, TTL, Bench, key

from precompute.entry import State
from precompute.errors import BrokerUnavailable
from precompute.ledger import Beginning


def test_a_dependant_begins_with_its_last_input(bench: Bench) -> None:
    """After the first of two inputs nothing is published; after the second, once."""
    bench.trigger(RATE)
    bench.compute(RAW)
    bench.compute(LOOKS)
    assert "rate" not in bench.dispatch.names

    bench.compute(CUTS)

    assert bench.dispatch.names.count("rate") == 1
    assert bench.begin(RATE) is Beginning.RUN


def test_releasing_twice_publishes_once(bench: Bench) -> None:
    """Both inputs' workers may come to release at the end; the dependant's message goes out once."""
    bench.trigger(RATE)
    bench.compute(RAW)
    for row in (CUTS, LOOKS):
        bench.begin(row)
        bench.store(row)
    for row in (CUTS, LOOKS):
        bench.dependants.release(row, key(row))

    assert bench.dispatch.names.count("rate") == 1


def test_a_death_between_storing_and_releasing_strands_nothing(bench: Bench) -> None:
    """When the stored input's message comes again, its dependants are released."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.store(RAW)

    assert bench.begin(RAW, owner="w2") is Beginning.DONE
    bench.dependants.release(RAW, key(RAW), again=True)

    assert bench.begin(CUTS) is Beginning.RUN


def test_a_death_between_marking_and_publishing_strands_nothing(bench: Bench) -> None:
    """A dependant that was marked queued but not published is published when the input's message comes again."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.store(RAW)
    bench.dispatch.broken = True
    with pytest.raises(BrokerUnavailable):
        bench.dependants.release(RAW, key(RAW))
    bench.dispatch.broken = False
    assert "cuts" not in bench.dispatch.names

    bench.dependants.release(RAW, key(RAW), again=True)

    assert bench.begin(CUTS) is Beginning.RUN


def test_a_sweep_moves_on_what_was_never_released(bench: Bench) -> None:
    """When even the message is lost, the sweep finds the waiting task and publishes it."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.store(RAW)
    bench.clock.forward(LEASE)

    for task in bench.ledger.overdue():
        bench.dependants.advance(CATALOGUE.get(task.key.task_type), task.key, task_id=task.task_id)

    assert bench.begin(CUTS) is Beginning.RUN


def test_a_failure_passes_on_to_all_that_wait_for_it(bench: Bench) -> None:
    """Those who are computed from a failed result, and those from them, fail with its code and say what failed."""
    bench.trigger(CUTS, LOOKS, RATE, SOLO)
    bench.begin(RAW)
    bench.fail(RAW)
    bench.dependants.release(RAW, key(RAW))

    failures = {row.name: bench.record(row).failure for row in (CUTS, LOOKS, RATE)}
    assert {name: failure and failure.code for name, failure in failures.items()} == dict.fromkeys(
        ("cuts", "looks", "rate"), "not_a_video"
    )
    # The samples are transient and unknown to callers, so they are not named; cuts and looks only passed it on.
    assert {failure and failure.message for failure in failures.values()} == {"that is not a video"}
    assert bench.state(SOLO) is State.QUEUED


def test_a_failure_passed_on_names_what_failed(bench: Bench) -> None:
    """Who reads why there is no rate learns that it was the looks."""
    bench.trigger(RATE)
    bench.compute(RAW)
    bench.begin(LOOKS)
    bench.fail(LOOKS)
    bench.dependants.release(LOOKS, key(LOOKS))

    failure = bench.record(RATE).failure
    assert failure is not None
    assert failure.message == "looks failed: that is not a video"


def test_a_failure_leaves_what_can_be_done(bench: Bench) -> None:
    """With looks failed, cuts are still computed, the rate fails, and the samples go."""
    bench.trigger(CUTS, LOOKS, RATE)
    bench.compute(RAW)
    bench.begin(LOOKS)
    bench.fail(LOOKS)
    bench.dependants.release(LOOKS, key(LOOKS))
    assert bench.state(RATE) is State.FAILED

    bench.compute(CUTS)

    assert bench.state(CUTS) is State.READY
    assert not bench.client.exists(f"pc:e:{key(RAW)}")


def test_a_failure_from_another_upload_is_not_passed_on(bench: Bench) -> None:
    """A new upload under an old id computes its own inputs, whatever became of the old ones."""
    bench.trigger(CUTS, fingerprint="f1")
    bench.begin(RAW)
    bench.fail(RAW)
    bench.dependants.release(RAW, key(RAW))

    bench.trigger(CUTS, fingerprint="f2")
    assert bench.begin(RAW, fingerprint="f2") is Beginning.RUN
    bench.store(RAW)
    bench.dependants.release(RAW, key(RAW))

    assert bench.begin(CUTS, fingerprint="f2") is Beginning.RUN


def test_an_older_upload_gives_way_to_a_newer_one(bench: Bench) -> None:
    """Two uploads never take an input from each other in turns; what is left of the older one says why it ended."""
    bench.trigger(CUTS, fingerprint="f1")
    bench.clock.forward(timedelta(seconds=1))
    bench.trigger(LOOKS, fingerprint="f2")
    bench.begin(RAW, fingerprint="f2")
    bench.store(RAW)
    sent = len(bench.dispatch.sent)
    bench.dependants.release(RAW, key(RAW))

    assert [message.key.task_type for message in bench.dispatch.sent[sent:]] == ["looks"]
    failure = bench.record(CUTS).failure
    assert failure is not None
    assert (failure.code, failure.message) == ("superseded", "a newer upload took its place")
    assert bench.begin(LOOKS, fingerprint="f2") is Beginning.RUN


def test_a_newer_upload_takes_an_older_ones_input(bench: Bench) -> None:
    """Where the input on its way is the older upload's, the newer one asks for its own."""
    bench.trigger(LOOKS, fingerprint="f2")
    bench.client.hset(f"pc:t:{key(RAW)}", mapping={"fp": "f1", "queued_at": 1})

    bench.dependants.advance(LOOKS, key(LOOKS), task_id=bench.record(LOOKS).task_id or "")

    assert bench.client.hget(f"pc:t:{key(RAW)}", "fp") == b"f2"
    assert bench.state(LOOKS) is State.QUEUED


@pytest.mark.parametrize("lost", ["evicted", "expired"])
def test_a_missing_input_is_asked_for_again(bench: Bench, lost: str) -> None:
    """An input that is gone before its dependant began is computed once more, and then the dependant runs."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.store(RAW)
    if lost == "evicted":
        bench.client.delete(f"pc:e:{key(RAW)}")
    else:
        bench.clock.forward(TTL)

    bench.dependants.release(RAW, key(RAW))
    assert bench.dispatch.names == ["raw", "raw"]
    assert bench.state(CUTS) is State.QUEUED

    bench.compute(RAW)
    assert bench.begin(CUTS) is Beginning.RUN


def test_an_input_invalidated_while_it_was_computed_is_asked_for_again(bench: Bench) -> None:
    """The lease is lost, nothing is written, and whoever waits for it is not forgotten."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.invalidate("video:v1:*")
    bench.dependants.release(RAW, key(RAW))

    bench.compute(RAW)

    assert bench.begin(CUTS) is Beginning.RUN


def test_an_input_found_gone_at_the_last_moment_brings_its_dependant_back(bench: Bench) -> None:
    """A dependant that began and found nothing waits again, and is published when the input is there."""
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.begin(CUTS)
    bench.client.delete(f"pc:e:{key(RAW)}")
    bench.fail(CUTS, retry_in=LEASE)
    bench.dependants.advance(CUTS, key(CUTS), task_id=bench.message(CUTS).task_id)

    bench.compute(RAW)

    assert bench.dispatch.names == ["raw", "cuts", "raw", "cuts"]
    assert bench.begin(CUTS) is Beginning.RUN


def test_samples_stay_until_the_last_analysis_is_done(bench: Bench) -> None:
    """They are read by two rows and dropped with the second, not before, also when that one fails."""
    bench.trigger(CUTS, LOOKS)
    bench.compute(RAW, parts={"sound": b"..."})
    bench.compute(CUTS)
    assert bench.cache.read_part(key(RAW), "sound") == b"..."

    bench.begin(LOOKS)
    bench.fail(LOOKS)
    bench.dependants.release(LOOKS, key(LOOKS))

    assert bench.cache.read_part(key(RAW), "sound") is None


def test_one_video_does_not_move_another(bench: Bench) -> None:
    """Releases stay within their subject."""
    bench.trigger(CUTS, video="v1")
    bench.trigger(CUTS, video="v2")
    bench.compute(RAW, video="v1")

    assert [str(message.key) for message in bench.dispatch.sent] == ["raw:video:v1", "raw:video:v2", "cuts:video:v1"]
