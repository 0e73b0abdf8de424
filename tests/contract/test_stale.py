"""What becomes of results past their time, and of samples past their use."""

from datetime import timedelta

from bench import CUTS, GRACE, LOOKS, RAW, SOLO, TTL, Bench, key

from precompute.entry import State
from precompute.ledger import REST, Beginning
from precompute.planner import Cause


def test_a_refresh_that_failed_is_left_alone_for_a_while(bench: Bench) -> None:
    """A stale result that cannot be computed any more is not tried with every read, but again after a rest."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    assert bench.trigger(SOLO, cause=Cause.REFRESH).queued
    bench.begin(SOLO)
    bench.fail(SOLO)

    bench.clock.forward(REST - timedelta(milliseconds=1))
    assert not bench.trigger(SOLO, cause=Cause.REFRESH).queued

    bench.clock.forward(timedelta(milliseconds=1))
    assert bench.trigger(SOLO, cause=Cause.REFRESH).queued


def test_who_asks_after_a_failure_is_not_put_off(bench: Bench) -> None:
    """An upload, or a refresh that insists, tries at once what has just failed."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    for asked in ({"cause": Cause.REFRESH, "force": True}, {"cause": Cause.EVENT}):
        assert bench.trigger(SOLO, **asked).queued
        assert bench.begin(SOLO) is Beginning.RUN
        bench.fail(SOLO)


def test_all_of_a_type_means_what_was_stored_under_a_longer_time_too(bench: Bench) -> None:
    """With its time of being fresh set lower meanwhile, an entry that stays fresh for longer is still listed."""
    bench.have(SOLO)

    assert bench.cache.due(SOLO, within=TTL / 2, most=10) == []
    assert bench.cache.due(SOLO, within=None, most=10) == [key(SOLO)]


def test_samples_that_nobody_waits_for_any_more_are_not_kept(bench: Bench) -> None:
    """Whoever asked for them failed before they were there: they go as soon as they are stored."""
    bench.trigger(CUTS, LOOKS)
    assert bench.begin(RAW) is Beginning.RUN
    for row in (CUTS, LOOKS):
        bench.client.delete(f"pc:t:{key(row)}")
    bench.store(RAW, parts={"sound": b"..."})

    bench.dependants.release(RAW, key(RAW))

    assert bench.cache.read_part(key(RAW), "sound") is None
    assert bench.state(RAW) is State.MISSING
    bench.clock.forward(TTL + GRACE)
    assert bench.cache.clean() == 0
