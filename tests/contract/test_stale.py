"""What becomes of results past their time, and of samples past their use."""

from bench import CUTS, GRACE, LOOKS, RAW, SOLO, TTL, Bench, key

from precompute.entry import State
from precompute.ledger import Beginning


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
