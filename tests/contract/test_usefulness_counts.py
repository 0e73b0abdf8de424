"""What is counted of each result: that it was made, and whether anybody read it before it went."""

from datetime import timedelta

import pytest
from bench import CUTS, GRACE, KEPT_FOR_ERRORS, RAW, SOLO, TTL, Bench, key

from precompute.planner import Cause

COST_MS = 1500
"""What the bench says that every result took."""


def counters(bench: Bench) -> dict[str, int]:
    """Of usefulness, those that are there."""
    kinds = ("made:", "used:", "unused:", "wasted_ms:", "saved_ms:")
    found = {name.decode(): int(count) for name, count in bench.client.hgetall("pc:m").items()}
    return {name: count for name, count in found.items() if name.startswith(kinds)}


def test_a_result_counts_as_used_with_its_first_read(bench: Bench) -> None:
    """However often it is read, it is one result that was of use, and its cost was saved once."""
    bench.have(SOLO)
    assert counters(bench) == {"made:solo:event": 1}
    bench.cache.read(key(SOLO), counted=False)
    assert counters(bench) == {"made:solo:event": 1}

    for _ in range(3):
        bench.cache.read(key(SOLO))

    assert counters(bench) == {"made:solo:event": 1, "used:solo:event": 1, "saved_ms:solo:event": COST_MS}
    bench.invalidate("solo:*")
    assert "unused:solo:event" not in counters(bench)


def _replaced(bench: Bench) -> None:
    bench.trigger(SOLO, force=True, cause=Cause.REFRESH)
    bench.compute(SOLO)


def _expired(bench: Bench) -> None:
    bench.clock.forward(TTL + GRACE + KEPT_FOR_ERRORS)
    # By its own clock, the server is first.
    bench.client.delete(f"pc:e:{key(SOLO)}")
    bench.cache.clean()


def _evicted(bench: Bench) -> None:
    bench.client.delete(f"pc:e:{key(SOLO)}")
    bench.cache.read(key(SOLO))


def _invalidated(bench: Bench) -> None:
    bench.invalidate("solo:*")


def _superseded(bench: Bench) -> None:
    bench.trigger(SOLO, fingerprint="f2")


@pytest.mark.parametrize("goes", [_replaced, _expired, _evicted, _invalidated, _superseded])
def test_a_result_that_goes_unread_counts_as_unused(bench: Bench, goes: object) -> None:
    """Replaced, past its time, evicted, invalidated or of an older upload: its time was wasted, once."""
    assert callable(goes)
    bench.have(SOLO)

    goes(bench)
    bench.cache.read(key(SOLO))
    bench.cache.clean()

    counted = counters(bench)
    assert counted["unused:solo:event"] == 1
    assert counted["wasted_ms:solo:event"] == COST_MS
    assert "used:solo:event" not in counted


def test_each_cause_has_counts_of_its_own(bench: Bench) -> None:
    """A prediction that nobody needed does not lessen what uploads were worth."""
    bench.have(SOLO, video="v1")
    bench.cache.read(key(SOLO, "v1"))
    bench.trigger(SOLO, video="v2", cause=Cause.PREDICTION)
    bench.compute(SOLO, video="v2")
    bench.invalidate("video:v2:*")

    assert counters(bench) == {
        "made:solo:event": 1,
        "used:solo:event": 1,
        "saved_ms:solo:event": COST_MS,
        "made:solo:prediction": 1,
        "unused:solo:prediction": 1,
        "wasted_ms:solo:prediction": COST_MS,
    }


def test_what_no_reader_gets_is_not_judged_by_its_readers(bench: Bench) -> None:
    """Samples are of use to the analyses; they count as neither."""
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.clock.forward(timedelta(days=2))
    bench.cache.clean()

    assert counters(bench) == {}
    assert not bench.client.exists("pc:unread", "pc:due")
