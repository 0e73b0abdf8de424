"""What a worker makes of a refresh: what still holds is extended, what has changed is computed anew."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bench import CUTS, GRACE, LOOKS, RATE, RAW, SOLO, TTL, Bench, key
from refreshing_worker import Worker


@pytest.fixture
def worker(bench: Bench, tmp_path: Path) -> Worker:
    """One."""
    return Worker(bench, tmp_path)


def test_what_has_not_changed_is_extended(worker: Worker, bench: Bench) -> None:
    """Fresh again for its whole time, though computed when it was; nothing runs, and the next refresh is due later."""
    worker.have(SOLO)
    stored = bench.clock()
    bench.clock.forward(TTL - timedelta(minutes=1))

    worker.refresh(SOLO)

    entry = worker.entry(SOLO)
    assert (entry.computed_at, entry.stale_at) == (stored, bench.clock() + TTL)
    assert entry.gone_at == bench.clock() + TTL + GRACE
    assert worker.work() == []
    assert bench.client.zscore("pc:due", str(key(SOLO))) > bench.cache.now_ms() + 3_600_000
    assert bench.counters()["refresh:unchanged:solo"] == 1
    assert bench.client.pttl(f"pc:e:{key(SOLO)}") > (TTL + GRACE).total_seconds() * 1000


def test_what_was_renewed_has_its_first_half_before_it_again(worker: Worker, bench: Bench) -> None:
    """However dear it is and however often it was renewed, no read of it is early before then."""
    worker.have(SOLO)
    bench.client.hset(f"pc:e:{key(SOLO)}", "co", 1)
    for _ in range(3):
        bench.clock.forward(TTL - timedelta(minutes=1))
        worker.refresh(SOLO)
    bench.cache.draw = lambda: TTL / timedelta(milliseconds=1)

    bench.clock.forward(TTL / 2 - timedelta(seconds=1))
    assert not worker.entry(SOLO).due
    bench.clock.forward(timedelta(seconds=1))
    assert bench.cache.read(key(SOLO)).due  # type: ignore[union-attr]


def test_what_has_changed_is_computed_anew(worker: Worker, bench: Bench) -> None:
    """It is stale from the moment that is known, and served until the new one is there."""
    worker.have(SOLO)
    before = worker.entry(SOLO).value
    worker.world.outcomes = "1"
    bench.clock.forward(TTL - timedelta(minutes=1))

    worker.refresh(SOLO)
    assert worker.entry(SOLO).stale
    assert worker.entry(SOLO).value == before
    assert [(message.queue, message.cause) for message in bench.dispatch.sent] == [("refresh", "refresh")]

    assert worker.work() == ["solo"]
    assert not worker.entry(SOLO).stale
    assert worker.entry(SOLO).value != before
    assert bench.counters()["refresh:changed:solo"] == 1


def test_a_video_that_has_not_changed_is_not_decoded_again(worker: Worker, bench: Bench) -> None:
    """Its results know which version was decoded; one question extends what is asked for and its inputs."""
    worker.have(CUTS, LOOKS, RATE, read=False)
    bench.cache.read(key(RATE))
    assert worker.world.asked == 0
    bench.clock.forward(TTL)

    worker.refresh(RATE)

    assert worker.work() == []
    assert worker.world.asked == 1
    assert all(worker.entry(row).stale_at == bench.clock() + TTL for row in (CUTS, LOOKS, RATE))


def test_a_video_that_has_changed_is_decoded_once(worker: Worker, bench: Bench) -> None:
    """Whichever of its results was asked for, all are computed anew, in their order."""
    worker.have(CUTS, LOOKS, RATE)
    worker.world.video = "second"
    bench.clock.forward(TTL / 2)

    worker.refresh(LOOKS)

    ran = worker.work()
    assert sorted(ran) == ["cuts", "looks", "rate", "raw"]
    assert (ran[0], ran[-1]) == ("raw", "rate")
    bench.clock.forward(TTL)
    worker.refresh(CUTS, LOOKS, RATE)
    assert worker.work() == []


def test_outcomes_change_what_reads_them_alone(worker: Worker, bench: Bench) -> None:
    """From inputs that still hold, which are not decoded for it though they were stale and nobody reads them."""
    worker.have(CUTS, LOOKS, RATE, read=False)
    bench.cache.read(key(RATE))
    worker.world.outcomes = "1"
    bench.clock.forward(TTL)

    worker.refresh(RATE)

    assert worker.work() == ["rate"]


def test_a_change_that_nobody_would_see_is_not_computed(worker: Worker, bench: Bench) -> None:
    """Never read, never expected to be: it is left stale, and comes up again when somebody reads it."""
    worker.have(SOLO, read=False)
    worker.world.outcomes = "1"

    worker.refresh(SOLO)

    assert worker.work() == []
    assert bench.client.zscore("pc:due", str(key(SOLO))) is None
    bench.cache.read(key(SOLO))
    worker.refresh(SOLO)
    assert worker.work() == ["solo"]


def test_a_result_without_declared_sources_is_always_computed(worker: Worker, bench: Bench) -> None:
    """Before it is stale, and without being shown as stale meanwhile."""
    worker.bindings["solo"] = replace(worker.bindings["solo"], reads=None)
    worker.have(SOLO)
    bench.clock.forward(TTL - timedelta(minutes=1))

    worker.refresh(SOLO)

    assert not worker.entry(SOLO).stale
    assert worker.work() == ["solo"]


def test_without_an_answer_a_fresh_result_is_left_alone(worker: Worker, bench: Bench) -> None:
    """Its server is away: it is due again later, and as long as it is fresh nobody is told of a failure."""
    worker.have(CUTS)
    worker.world.video = "unreachable"
    bench.clock.forward(TTL - timedelta(minutes=1))

    worker.refresh(CUTS)
    assert bench.dispatch.sent == []
    assert bench.counters()["refresh:unreachable:cuts"] == 1

    bench.clock.forward(timedelta(minutes=1))
    worker.refresh(CUTS)
    assert [message.key for message in bench.dispatch.sent] == [key(RAW)]
