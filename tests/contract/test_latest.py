"""The list of the latest results."""

from datetime import timedelta

from bench import LOOKS, NOON, RAW, SOLO, Bench, key

from precompute.latest import LATEST_KEY, Stored, latest


def test_results_are_listed_newest_first(bench: Bench) -> None:
    """Key, instant, cost, cause and size with parts; what only feeds others is not listed."""
    bench.trigger(LOOKS)
    bench.compute(RAW)
    bench.compute(LOOKS, value={"a": 1}, parts={"1.jpg": b"12345"})
    bench.clock.forward(timedelta(seconds=1))
    bench.have(SOLO)
    known = {"took_ms": 1500, "cause": "event"}
    assert latest(bench.cache) == (
        Stored(key=key(SOLO), at=NOON + timedelta(seconds=1), bytes=2, **known),
        Stored(key=key(LOOKS), at=NOON, bytes=7 + 5, **known),
    )


def test_an_evicted_cause_is_unknown(bench: Bench) -> None:
    """A task whose record the server evicted while it ran is listed all the same."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")
    bench.store(SOLO)
    assert [each.cause for each in latest(bench.cache)] == ["unknown"]


def test_a_hundred_are_kept(bench: Bench) -> None:
    """However many are stored, the list stays short."""
    for number in range(105):
        bench.have(SOLO, video=f"v{number}")
    assert bench.client.llen(LATEST_KEY) == 100
    assert [each.key for each in latest(bench.cache, most=2)] == [key(SOLO, "v104"), key(SOLO, "v103")]


def test_nothing_stored_is_nothing_listed(bench: Bench) -> None:
    """An empty cache has an empty list."""
    assert latest(bench.cache) == ()
