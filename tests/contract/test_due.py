"""When a result is due for its refresh, and what is known of its readers by then."""

from datetime import timedelta

import pytest
from bench import CUTS, RAW, SOLO, TTL, Bench, key

from precompute.clock import to_ms
from precompute.due import DueEntries
from precompute.entry import State
from precompute.planner import Cause


def due_at(bench: Bench, video: str = "v1") -> float | None:
    """Milliseconds since 1970, by the index."""
    found: float | None = bench.client.zscore("pc:due", str(key(SOLO, video)))
    return found


def test_results_stored_together_are_due_one_after_the_other(bench: Bench) -> None:
    """Within the lead of their row, spread over all of it, each at the same place of it every time."""
    videos = [f"v{number}" for number in range(200)]
    bench.have(*[SOLO], video="v0")
    for video in videos[1:]:
        bench.have(SOLO, video=video)
    stale = to_ms(bench.clock() + TTL)
    lead = SOLO.refresh_lead.total_seconds() * 1000

    shares = [(stale - (due_at(bench, video) or 0)) / lead for video in videos]

    assert all(0 < share <= 1 for share in shares)
    tenths = [sum(1 for share in shares if tenth <= share * 10 < tenth + 1) for tenth in range(10)]
    assert min(tenths) >= 8
    bench.clock.forward(timedelta(minutes=10))
    bench.trigger(SOLO, video="v7", force=True)
    bench.compute(SOLO, video="v7")
    again = (to_ms(bench.clock() + TTL) - (due_at(bench, "v7") or 0)) / lead
    assert again == pytest.approx(shares[7], abs=1e-5)


def test_a_result_that_goes_is_no_longer_due(bench: Bench) -> None:
    """Invalidated, it leaves the index; samples, which are made anew in one go, never enter it."""
    bench.have(SOLO)
    bench.trigger(CUTS)
    bench.compute(RAW)
    assert bench.client.zrange("pc:due", 0, -1) == [str(key(SOLO)).encode()]

    bench.invalidate("solo:*")

    assert not bench.client.exists("pc:due")


def test_what_is_known_of_its_readers_outlives_a_result(bench: Bench) -> None:
    """When it was last read, and until when it is expected to be, pass on to the result that replaces it."""
    bench.have(SOLO)
    bench.client.hset(f"pc:e:{key(SOLO)}", "wu", to_ms(bench.clock() + TTL))
    bench.cache.read(key(SOLO))
    seen = to_ms(bench.clock())
    bench.clock.forward(timedelta(minutes=5))

    bench.trigger(SOLO, force=True, cause=Cause.REFRESH)
    bench.compute(SOLO)

    last, wanted, reads = bench.client.hmget(f"pc:e:{key(SOLO)}", "lr", "wu", "rd")
    assert (int(last), int(wanted), int(reads)) == (seen, seen + TTL.total_seconds() * 1000, 0)


def test_a_parked_result_is_due_again_once_it_is_read(bench: Bench) -> None:
    """What nobody read lately is not refreshed; the next reader brings it back, at the instant it had."""
    bench.have(SOLO)
    before = due_at(bench)
    # What the sweep does to it.
    bench.client.zrem("pc:due", str(key(SOLO)))
    bench.client.hset(f"pc:e:{key(SOLO)}", "pk", 1)
    bench.cache.read(key(SOLO), counted=False)
    assert due_at(bench) is None

    bench.cache.read(key(SOLO))

    assert due_at(bench) == before
    assert not bench.client.hexists(f"pc:e:{key(SOLO)}", "pk")


def test_a_result_marked_stale_is_due_at_once(bench: Bench) -> None:
    """Unless it is parked: then only its readers bring it back, to be refreshed at once as well."""
    bench.have(SOLO, video="v1")
    bench.have(SOLO, video="v2")
    bench.client.zrem("pc:due", str(key(SOLO, "v2")))
    bench.client.hset(f"pc:e:{key(SOLO, 'v2')}", "pk", 1)

    bench.invalidate("solo:*", soft=True)

    now = to_ms(bench.clock())
    assert (due_at(bench, "v1"), due_at(bench, "v2")) == (now, None)
    bench.cache.read(key(SOLO, "v2"))
    assert due_at(bench, "v2") == now


def test_a_result_names_the_sources_it_was_computed_from(bench: Bench) -> None:
    """The token that came with it is kept beside it."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    cost = timedelta(milliseconds=1)

    bench.cache.store(SOLO, key(SOLO), owner="w1", body=b"{}", parts={}, cost=cost, source="etag:abc")

    assert bench.client.hget(f"pc:e:{key(SOLO)}", "sr") == b"etag:abc"


def test_a_result_that_holds_still_has_not_failed(bench: Bench) -> None:
    """Its refresh failed, then its source was found unchanged: the task is done with, the next failure a first one."""
    bench.have(SOLO, source="a token")
    bench.trigger(SOLO, force=True)
    bench.begin(SOLO)
    bench.fail(SOLO)
    due = DueEntries(bench.cache)
    [held] = due.held(key(SOLO).ref, [SOLO])

    assert due.unchanged(held, key(SOLO).ref)
    record = bench.record(SOLO)
    assert (record.state, record.failure) == (State.READY, None)
    assert not bench.client.exists("pc:failed")
    assert not bench.client.hexists(f"pc:t:{key(SOLO)}", "fails")
