"""A task that has begun and waits for what somebody else makes: it comes again, and has not failed."""

from datetime import timedelta

import pytest
from bench import SOLO, Bench, key

from precompute.entry import State
from precompute.ledger import Beginning
from precompute.queues import Queue

PAUSE = timedelta(seconds=10)


def test_it_is_queued_again_and_counts_no_failure(bench: Bench) -> None:
    """However often: no delivery is counted that would set it aside, and it has waited once."""
    bench.trigger(SOLO)
    bench.clock.forward(timedelta(seconds=5))
    for _ in range(5):
        assert bench.begin(SOLO) is Beginning.RUN
        assert bench.ledger.put_off(key(SOLO), owner="w1", within=PAUSE)
        assert bench.state(SOLO) is State.QUEUED
        bench.clock.forward(PAUSE)
    assert bench.begin(SOLO) is Beginning.RUN
    assert bench.counters()["waited_ms:video"] == 5000
    assert bench.record(SOLO).failure is None


def test_it_has_waited_since_it_was_asked_for(bench: Bench) -> None:
    """The oldest that waits is not younger for having begun."""
    bench.trigger(SOLO)
    asked_at = bench.cache.now_ms()
    bench.clock.forward(timedelta(seconds=5))
    bench.begin(SOLO)
    bench.ledger.put_off(key(SOLO), owner="w1", within=PAUSE)
    assert bench.client.zscore("pc:q:video:solo", str(key(SOLO))) == asked_at


def test_what_was_invalidated_meanwhile_is_not_taken_up_again(bench: Bench) -> None:
    """The lease is lost, and nobody wants it."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.invalidate("*")
    assert not bench.ledger.put_off(key(SOLO), owner="w1", within=PAUSE)
    assert bench.state(SOLO) is State.MISSING


def test_it_goes_on_where_its_record_was_evicted(bench: Bench) -> None:
    """The message brings everything again."""
    bench.trigger(SOLO)
    message = bench.message(SOLO)
    bench.begin(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")
    assert bench.ledger.put_off(key(SOLO), owner="w1", within=PAUSE)
    assert bench.take(message) is Beginning.RUN


@pytest.mark.parametrize("queue", list(Queue))
def test_it_goes_before_what_has_not_begun(queue: Queue) -> None:
    """On the first queue that the same workers drain: those of low queues drain no other."""
    low = queue in (Queue.REFRESH, Queue.BACKGROUND)
    assert queue.ahead is (Queue.REFRESH if low else Queue.CRITICAL)
