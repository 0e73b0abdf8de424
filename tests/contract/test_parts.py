"""Reading a still or the subtitles beside a result is a read of that result: as fresh, as counted, as refreshed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bench import GRACE, KEPT_FOR_ERRORS, SOLO, TTL, Bench, key
from near_process import NAME, Process, until

from precompute.entry import Entry, Miss, State
from precompute.errors import UnknownPrecomputation
from precompute.measures import measure
from precompute.precomputer import Precomputer

STILL = "1.jpg"
JPEG = b"\xff\xd8\xff"
EARLY = 1e9
"""Far more often than the cost of a result fits into its time."""


def failing(bench: Bench) -> None:
    """It is past its grace, and computing it anew has failed."""
    bench.clock.forward(TTL + GRACE)
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.fail(SOLO)


def parked(bench: Bench) -> None:
    """It was not read for long, so nothing refreshes it."""
    bench.client.hset(f"pc:e:{NAME}", "pk", 1)
    bench.client.zrem("pc:due", NAME)


def early(bench: Bench) -> None:
    """It has been read before, and the next read comes early."""
    bench.cache.read(key(SOLO), early=0)
    bench.clock.forward(TTL - timedelta(minutes=1))
    bench.cache.draw = lambda: EARLY


STANDINGS: dict[str, Callable[[Bench], Any]] = {
    "fresh": lambda bench: bench.clock.forward(TTL - timedelta(milliseconds=1)),
    "early": early,
    "parked": parked,
    "stale": lambda bench: bench.clock.forward(TTL),
    "marked stale": lambda bench: bench.invalidate(NAME, soft=True),
    "being computed anew": lambda bench: bench.clock.forward(TTL) or bench.trigger(SOLO),
    "gone": lambda bench: bench.clock.forward(TTL + GRACE),
    "gone and on its way": lambda bench: bench.clock.forward(TTL + GRACE) or bench.trigger(SOLO),
    "kept while it fails": failing,
    "not kept any longer": lambda bench: failing(bench) or bench.clock.forward(KEPT_FOR_ERRORS),
    "taken back": lambda bench: bench.invalidate(NAME),
    "of a newer format": lambda bench: bench.client.hset(f"pc:e:{NAME}", "fv", 2),
}


def read_in(bench: Bench, precomputer: Precomputer, standing: str, *, part: str) -> dict[str, Any]:
    """What a read finds of a result that stands so, and what it leaves behind."""
    bench.client.flushall()
    bench.cache.draw = lambda: 0.0
    bench.have(SOLO, value={"n": 1}, parts={STILL: JPEG})
    STANDINGS[standing](bench)
    bench.dispatch.sent.clear()
    at = bench.clock()
    found = precomputer.get(key(SOLO), part=part)
    left = {
        "counted": bench.counters(),
        "entry": bench.client.hmget(f"pc:e:{NAME}", "rd", "lr", "pk", "st"),
        "unread": bench.client.hgetall("pc:unread"),
        "due": [
            (name, due - 1000 * at.timestamp()) for name, due in bench.client.zrange("pc:due", 0, -1, withscores=True)
        ],
        "started": bench.dispatch.names,
        "state": bench.state(SOLO),
    }
    since = {name: value for name, value in left.items() if name != "entry"}
    if isinstance(found, Miss):
        return since | {"found": (found.state, found.failure)}
    told = (found.stale, found.kept, found.due, found.etag, found.age_seconds, found.expires_in_seconds)
    return since | {"found": told, "entry": left["entry"][0:1] + left["entry"][2:]}


@pytest.mark.parametrize("standing", STANDINGS)
def test_a_part_stands_as_its_result_does(bench: Bench, precomputer: Precomputer, standing: str) -> None:
    """Whatever became of the result: the same answer, the same counts, the same refresh, and the same left behind."""
    began = bench.clock()
    whole = read_in(bench, precomputer, standing, part="")
    bench.clock.now = began
    assert read_in(bench, precomputer, standing, part=STILL) == whole


def test_a_parts_body_is_its_bytes(precomputer: Precomputer, bench: Bench) -> None:
    """With the ages of the result that it belongs to."""
    bench.have(SOLO, value={"n": 1}, parts={STILL: JPEG})
    bench.clock.forward(timedelta(minutes=5))
    found = precomputer.get(key(SOLO), part=STILL)
    assert isinstance(found, Entry)
    assert (found.body, found.age_seconds, found.key) == (JPEG, 300, key(SOLO))


def test_a_part_that_the_result_does_not_have_is_no_read(precomputer: Precomputer, bench: Bench) -> None:
    """Not there, and nothing is counted or started, stale or not; the result stays."""
    bench.have(SOLO, value={"n": 1}, parts={STILL: JPEG})
    for _ in range(2):
        before = bench.everything()
        with pytest.raises(UnknownPrecomputation, match=r"solo:video:v1 has no 9\.jpg"):
            precomputer.get(key(SOLO), part="9.jpg")
        assert bench.everything() == before
        bench.clock.forward(TTL)


def test_a_part_that_is_read_before_its_result_is_there_is_waited_for(precomputer: Precomputer, bench: Bench) -> None:
    """As long as the reader wants; it counts as the one read that it is."""
    bench.trigger(SOLO)
    found = precomputer.get(key(SOLO), part=STILL, wait=timedelta(milliseconds=50))
    assert found == Miss(key=key(SOLO), state=State.QUEUED, task_id=bench.record(SOLO).task_id)
    bench.compute(SOLO, parts={STILL: JPEG})
    precomputer.get(key(SOLO), part=STILL, wait=timedelta(seconds=30))
    counted = measure(bench.cache, precomputer.catalogue).by_type["solo"]
    assert (counted.misses, counted.hits) == (1, 1)


def test_pages_of_stills_leave_what_is_kept_near(bench: Bench, processes: Callable[..., Process]) -> None:
    """Each still is asked for where it lies, and counted once; the result beside it does not change, and stays kept."""
    bench.have(SOLO, value={"n": 1}, parts={STILL: JPEG})
    process = processes()
    process.keeps()
    process.near.flush_hits()
    hits, stills = bench.counters()["hit:solo"], 0

    def leaves_it() -> bool:
        nonlocal stills
        stills += 1
        before = bench.client.hgetall(f"pc:e:{NAME}")
        found = process.near.get(NAME, part=STILL)
        assert isinstance(found, Entry)
        assert found.body == JPEG
        return bool(bench.client.hgetall(f"pc:e:{NAME}") == before)

    until(leaves_it)
    process.near.flush_hits()
    assert bench.counters()["hit:solo"] == hits + stills
    until(process.from_here)
    assert process.number() == 1
    process.near.flush()
    assert int(bench.client.hget(f"pc:e:{NAME}", "rd")) == bench.counters()["hit:solo"]
