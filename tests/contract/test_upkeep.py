"""What goes stale next, what is gone, and what nobody needs any more."""

from datetime import timedelta

from bench import CATALOGUE, CUTS, GRACE, KEPT_FOR_ERRORS, RATE, RAW, SOLO, TTL, Bench, key

from precompute.entry import Entry
from precompute.ledger import Beginning


def test_what_goes_stale_soonest_is_due_first(bench: Bench) -> None:
    """Due entries come in the order in which they go stale, up to a limit, and none that is fresh for longer."""
    for minutes, video in enumerate(("v1", "v2", "v3")):
        bench.have(SOLO, video=video)
        bench.clock.forward(timedelta(minutes=1 + minutes))

    # It is six past noon: v1 goes stale in two hours less six minutes, v2 in less five, v3 in less three.
    soon = TTL - timedelta(minutes=4)

    assert bench.cache.due(SOLO, within=soon, most=10) == [key(SOLO, "v1"), key(SOLO, "v2")]
    assert bench.cache.due(SOLO, within=TTL, most=2) == [key(SOLO, "v1"), key(SOLO, "v2")]
    assert bench.cache.due(CUTS, within=TTL, most=2) == []


def test_clean_takes_what_is_gone_out_of_the_indexes(bench: Bench) -> None:
    """Entries past their time leave no trace but the counters; those that are kept for errors stay."""
    bench.have(SOLO, video="v1")
    bench.clock.forward(GRACE)
    bench.have(SOLO, video="v2")
    bench.clock.forward(TTL + KEPT_FOR_ERRORS)

    assert bench.cache.clean() == 1
    assert bench.cache.clean() == 0
    assert bench.client.zrange("pc:gone", 0, -1) == [b"solo:video:v2"]
    assert bench.client.zrange("pc:y:solo", 0, -1) == [b"solo:video:v2"]


def test_clean_keeps_to_its_limit(bench: Bench) -> None:
    """One call does a bounded amount of work, so a sweep never holds the server up."""
    for video in ("v1", "v2", "v3"):
        bench.have(SOLO, video=video)
    bench.clock.forward(TTL + GRACE + KEPT_FOR_ERRORS)

    assert [bench.cache.clean(most=2), bench.cache.clean(most=2)] == [2, 1]


def test_a_transient_input_is_dropped_only_when_no_reader_is_on_its_way(bench: Bench) -> None:
    """The samples stay while an analysis waits, is queued or runs, and go with the last one."""
    bench.trigger(CUTS)
    bench.compute(RAW)
    readers = CATALOGUE.dependants_of(RAW)
    assert not bench.cache.drop_unneeded(RAW, key(RAW), dependants=readers)
    assert bench.begin(CUTS) is Beginning.RUN
    assert not bench.cache.drop_unneeded(RAW, key(RAW), dependants=readers)
    bench.store(CUTS)

    assert bench.cache.drop_unneeded(RAW, key(RAW), dependants=readers)
    assert not bench.client.exists(f"pc:e:{key(RAW)}")
    assert bench.client.zscore("pc:gone", str(key(RAW))) is None


def test_what_readers_get_is_never_dropped_as_unneeded(bench: Bench) -> None:
    """Only transient rows are; the inputs of the CTR stay."""
    bench.have(SOLO)

    assert not bench.cache.drop_unneeded(SOLO, key(SOLO), dependants=(RATE,))
    assert isinstance(bench.cache.read(key(SOLO)), Entry)
