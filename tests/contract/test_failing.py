"""When computing fails: left alone for a growing while, with the last result still there for its readers."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, CUTS, GRACE, KEPT_FOR_ERRORS, RATE, RAW, SOLO, TTL, Bench, key

from precompute.entry import Entry, Miss, State
from precompute.ledger import FIRST_REST, LONGEST_REST, Beginning
from precompute.measures import measure
from precompute.planner import Cause
from precompute.precomputer import Precomputer

A_MOMENT = timedelta(milliseconds=1)


def _try_in_vain(bench: Bench, **asked: object) -> None:
    assert bench.trigger(SOLO, **asked).queued  # type: ignore[arg-type]
    assert bench.begin(SOLO) is Beginning.RUN
    bench.fail(SOLO)


@pytest.mark.parametrize("cause", list(Cause))
def test_what_failed_is_not_tried_again_before_its_rest_is_over(bench: Bench, cause: Cause) -> None:
    """Whoever asks, an upload, a reader's refresh or a prediction, is told of the task that failed."""
    _try_in_vain(bench)
    failed = bench.record(SOLO)

    bench.clock.forward(FIRST_REST - A_MOMENT)
    receipt = bench.trigger(SOLO, cause=cause)
    assert (receipt.queued, receipt.failed, receipt.ready) == ({}, {"solo": failed.task_id}, False)
    assert bench.record(SOLO) == failed

    bench.clock.forward(A_MOMENT)
    assert set(bench.trigger(SOLO, cause=cause).queued) == {"solo"}


def test_the_rest_doubles_with_each_failure_up_to_an_hour(bench: Bench) -> None:
    """One minute, two, four and so on; a broken video costs its tenth try no sooner than one an hour."""
    rests = []
    for _ in range(9):
        _try_in_vain(bench)
        began = bench.clock()
        while not bench.trigger(SOLO).queued:
            bench.clock.forward(FIRST_REST)
        rests.append(bench.clock() - began)
        bench.client.hset(f"pc:t:{key(SOLO)}", "state", "failed")

    assert rests == [min(FIRST_REST * 2**number, LONGEST_REST) for number in range(9)]


def test_a_result_ends_the_series(bench: Bench) -> None:
    """Once it was computed, the next failure is the first one again."""
    for _ in range(3):
        _try_in_vain(bench)
        bench.clock.forward(LONGEST_REST)
    bench.trigger(SOLO)
    bench.compute(SOLO)
    bench.clock.forward(TTL)

    _try_in_vain(bench)
    bench.clock.forward(FIRST_REST)

    assert bench.trigger(SOLO).queued


@pytest.mark.parametrize("mended", ["another input", "insisting", "an invalidation", "a soft invalidation"])
def test_who_mended_it_is_not_put_off(bench: Bench, mended: str) -> None:
    """A new upload, whoever insists and whoever takes the result back has it tried at once, as for the first time."""
    for _ in range(3):
        _try_in_vain(bench)
        bench.clock.forward(LONGEST_REST)
    _try_in_vain(bench)

    if "invalidation" in mended:
        bench.invalidate("solo:*", soft="soft" in mended)
    asked = {"another input": {"fingerprint": "f2"}, "insisting": {"insist": True}}.get(mended, {})
    assert set(bench.trigger(SOLO, **asked).queued) == {"solo"}

    fingerprint = asked.get("fingerprint", "f1")
    assert bench.begin(SOLO, fingerprint=str(fingerprint)) is Beginning.RUN
    bench.fail(SOLO)
    bench.clock.forward(FIRST_REST)
    assert bench.trigger(SOLO, fingerprint=str(fingerprint)).queued


def test_forcing_does_not_insist(bench: Bench) -> None:
    """A refresh computes anew what is fresh; that alone is no reason to try again what has just failed."""
    bench.have(SOLO)
    _try_in_vain(bench, force=True, cause=Cause.REFRESH)

    assert not bench.trigger(SOLO, force=True, cause=Cause.REFRESH).queued
    assert bench.trigger(SOLO, force=True, cause=Cause.REFRESH, insist=True).queued


def test_what_needs_an_input_that_rests_fails_with_it_at_once(bench: Bench) -> None:
    """It says which input it was, and nothing is queued for it: neither the input nor what stands between."""
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.begin(CUTS)
    bench.fail(CUTS)
    bench.dispatch.sent.clear()

    receipt = bench.trigger(RATE)

    assert (receipt.queued, set(receipt.failed)) == ({}, {"rate"})
    failure = bench.record(RATE).failure
    assert failure is not None
    assert (failure.code, failure.message) == ("not_a_video", "cuts failed: that is not a video")
    assert "rate" not in bench.dispatch.names
    assert not bench.client.zscore("pc:watch", str(key(RATE)))


def test_a_result_is_served_past_its_time_while_computing_it_fails(bench: Bench) -> None:
    """Stale, to whoever reads it, until it is not kept any longer; then the failure is all there is to tell."""
    bench.have(SOLO, value={"n": 1})
    bench.clock.forward(TTL + GRACE)
    assert isinstance(bench.cache.read(key(SOLO)), Miss)
    _try_in_vain(bench)

    bench.clock.forward(KEPT_FOR_ERRORS - A_MOMENT)
    found = bench.cache.read(key(SOLO))
    assert isinstance(found, Entry)
    assert (found.stale, found.kept, found.value) == (True, True, {"n": 1})
    assert measure(bench.cache, CATALOGUE).by_type["solo"].stale_hits == 1

    bench.clock.forward(A_MOMENT)
    found = bench.cache.read(key(SOLO))
    assert isinstance(found, Miss)
    assert found.state is State.FAILED


def test_it_is_served_as_well_while_it_is_tried_again(bench: Bench) -> None:
    """Queued, running and between two tries, until one of them succeeds."""
    bench.have(SOLO, value={"n": 1})
    bench.clock.forward(TTL + GRACE)
    _try_in_vain(bench)
    bench.clock.forward(FIRST_REST)

    bench.trigger(SOLO)
    assert isinstance(bench.cache.read(key(SOLO)), Entry)
    bench.begin(SOLO)
    assert isinstance(bench.cache.read(key(SOLO)), Entry)
    bench.fail(SOLO, retry_in=timedelta(seconds=2))
    assert isinstance(bench.cache.read(key(SOLO)), Entry)
    bench.begin(SOLO)
    bench.store(SOLO, value={"n": 2})

    found = bench.cache.read(key(SOLO))
    assert isinstance(found, Entry)
    assert (found.value, found.stale) == ({"n": 2}, False)


def test_a_first_try_after_its_time_is_a_miss(bench: Bench) -> None:
    """As long as nothing failed, what is past its grace is not shown: its readers wait for what is on its way."""
    bench.have(SOLO)
    bench.clock.forward(TTL + GRACE)
    bench.trigger(SOLO)

    found = bench.cache.read(key(SOLO))

    assert isinstance(found, Miss)
    assert found.state is State.QUEUED
    bench.compute(SOLO)
    assert isinstance(bench.cache.read(key(SOLO)), Entry)


def test_readers_of_a_broken_result_try_it_once_for_each_rest(precomputer: Precomputer, bench: Bench) -> None:
    """A thousand reads of a stale result that cannot be computed start no more tries than its rests allow."""
    bench.have(SOLO, value={"n": 1})
    bench.clock.forward(TTL)
    tries = 0
    for _ in range(100):
        bench.dispatch.sent.clear()
        found = precomputer.get(key(SOLO))
        assert isinstance(found, Entry)
        if bench.dispatch.sent:
            tries += 1
            bench.begin(SOLO)
            bench.fail(SOLO)
        bench.clock.forward(timedelta(seconds=36))

    # In an hour: at once, and after 1, 2, 4, 8 and 16 minutes of rest; the next would come after 32 more.
    assert tries == 6


def test_what_is_kept_for_errors_is_no_input(bench: Bench) -> None:
    """Nothing is computed from a result that only stands in for one that cannot be computed."""
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.compute(CUTS)
    bench.clock.forward(TTL + GRACE)

    bench.dispatch.sent.clear()
    bench.trigger(RATE)

    assert bench.dispatch.names == ["raw"]
    assert bench.state(CUTS) is State.QUEUED
