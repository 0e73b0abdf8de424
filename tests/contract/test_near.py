"""What a process keeps near is what the server has, whatever happens to either."""

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bench import SOLO, TTL, Bench, key
from near_process import NAME, Process, until

from precompute.entry import Entry, Miss, State
from precompute.tracking import GOOD_FOR_S, await_followers

LATE = 1e9
"""Far more often than the cost of a result fits into its time."""


def reads_until_kept(process: Process) -> int:
    """How many reads it took until one was answered from here."""
    reads = 0

    def read_one() -> bool:
        nonlocal reads
        reads += 1
        return process.from_here()

    until(read_one)
    return reads


def test_a_result_that_is_read_again_is_kept(bench: Bench, processes: Callable[..., Process]) -> None:
    """The same entry, with the age of this read, and no question to the server."""
    bench.have(SOLO, value={"n": 1})
    process = processes()
    process.keeps()
    bench.clock.forward(timedelta(minutes=5))
    until(process.from_here)
    found = process.read()
    assert isinstance(found, Entry)
    assert (found.value, found.age_seconds, found.stale) == ({"n": 1}, 300, False)


def test_a_process_that_may_keep_nothing_asks_each_time(bench: Bench, processes: Callable[..., Process]) -> None:
    """An entry too large for what it may keep."""
    bench.have(SOLO)
    process = processes(most_bytes=1_000)
    for _ in range(50):
        assert not process.from_here()


def test_what_was_kept_first_goes_first(bench: Bench, processes: Callable[..., Process]) -> None:
    """No more bytes than allowed, and what is read now is kept."""
    process = processes(most_bytes=10_000)
    names = [str(key(SOLO, f"v{number}")) for number in range(12)]
    for number, name in enumerate(names):
        bench.have(SOLO, video=f"v{number}")
        process.keeps(name)
    assert len(process.near._kept) < len(names)
    assert not process.from_here(names[0])


@pytest.mark.parametrize("soft", [False, True])
def test_what_is_taken_back_is_seen_by_no_later_read(
    bench: Bench, processes: Callable[..., Process], soft: bool
) -> None:
    """One process takes back, another reads at once, hundreds of times, under readers that never rest."""
    reader = processes()
    ended = threading.Event()

    def read_on() -> None:
        while not ended.is_set():
            reader.read()

    bench.have(SOLO, value={"n": 0})
    reader.keeps()
    others = [threading.Thread(target=read_on) for _ in range(3)]
    for other in others:
        other.start()
    try:
        for number in range(1, 150):
            assert bench.invalidate(NAME, soft=soft) == 1
            found = reader.read()
            assert isinstance(found, Miss) or (soft and found.stale), number
            bench.clock.forward(timedelta(seconds=1))
            bench.trigger(SOLO, force=True)
            bench.compute(SOLO, value={"n": number})
            until(lambda number=number: reader.number() == number)  # type: ignore[misc]
    finally:
        ended.set()
        for other in others:
            other.join()


@pytest.mark.parametrize("behind", [timedelta(milliseconds=20), timedelta(minutes=5)])
def test_what_is_marked_stale_is_fresh_by_no_clock(
    bench: Bench, processes: Callable[..., Process], behind: timedelta
) -> None:
    """Who is behind the server's clock gets it as stale all the same, kept or not, and has it refreshed."""
    bench.have(SOLO)
    bench.clock.forward(timedelta(minutes=30))
    keeper, other = processes(), processes()
    for process in (keeper, other):
        process.cache.clock = lambda: bench.clock() - behind
    keeper.keeps()
    assert bench.invalidate(NAME, soft=True) == 1
    for process in (keeper, other):
        found = process.read()
        assert isinstance(found, Entry)
        assert (found.stale, found.expires_in_seconds) == (True, 0)
        assert process.refreshed == [found]


def test_a_follower_that_is_paused_holds_nobody_up_for_long(bench: Bench, processes: Callable[..., Process]) -> None:
    """What it had kept it does not give any more when it goes on: nobody told it anything meanwhile."""
    bench.have(SOLO)
    process = processes()
    process.keeps()
    # Whoever holds this can neither be told nor answer; and not read either.
    with process.near._tracking.lock:
        began = time.monotonic()
        bench.invalidate(NAME)
        assert time.monotonic() - began >= GOOD_FOR_S * 0.9
    assert isinstance(process.read(), Miss)


def test_a_question_without_followers_is_answered_at_once(bench: Bench) -> None:
    """Nobody is waited for, and nothing is left on the server."""
    await_followers(bench.client)
    assert not bench.client.keys("pc:near*")


def test_a_new_result_takes_the_place_of_the_old(bench: Bench, processes: Callable[..., Process]) -> None:
    """In every process, also where the old one was fresh still."""
    two = processes(), processes()
    bench.have(SOLO, value={"n": 0})
    for process in two:
        process.keeps()
    for number in range(1, 30):
        bench.trigger(SOLO, force=True)
        bench.compute(SOLO, value={"n": number})
        for process in two:
            until(lambda process=process, number=number: process.number() == number)  # type: ignore[misc]


@pytest.mark.parametrize(
    "gone",
    [
        lambda client: client.flushall(),
        lambda client: client.flushdb(asynchronous=True),
        lambda client: client.delete(f"pc:e:{NAME}"),
        lambda client: client.pexpire(f"pc:e:{NAME}", 1),
        lambda client: client.rename(f"pc:e:{NAME}", "elsewhere"),
    ],
    ids=["flushall", "flushdb", "deleted", "expired", "renamed"],
)
def test_what_is_gone_from_the_server_is_gone_here(
    bench: Bench, processes: Callable[..., Process], gone: Callable[[Any], Any]
) -> None:
    """Whichever way it went."""
    bench.have(SOLO)
    process = processes()
    process.keeps()
    gone(bench.client)
    until(lambda: isinstance(process.read(), Miss))


def test_what_the_server_evicts_is_gone_here(bench: Bench, processes: Callable[..., Process]) -> None:
    """For want of memory."""
    bench.have(SOLO)
    process = processes()
    process.keeps()
    bench.client.config_set("maxmemory-policy", "allkeys-random")
    bench.client.config_set("maxmemory", bench.client.info("memory")["used_memory"] + 1_000_000)
    try:
        until(lambda: bool(bench.client.set(os.urandom(8), bytes(10_000))) and not bench.client.exists(f"pc:e:{NAME}"))
    finally:
        bench.client.config_set("maxmemory", 0)
    until(lambda: isinstance(process.read(), Miss))


def test_it_goes_stale_in_time(bench: Bench, processes: Callable[..., Process]) -> None:
    """To the millisecond, and whoever reads it first then starts its refresh, once."""
    bench.have(SOLO)
    process = processes()
    process.keeps()
    bench.clock.forward(TTL - timedelta(milliseconds=1))
    until(process.from_here)
    bench.clock.forward(timedelta(milliseconds=1))
    found = process.read()
    assert isinstance(found, Entry)
    assert found.stale
    assert process.refreshed == [found]


def test_a_read_that_comes_early_is_the_servers(bench: Bench, processes: Callable[..., Process]) -> None:
    """With the same draw: one draw decides, not two."""
    bench.have(SOLO)
    process = processes()
    process.keeps()
    bench.clock.forward(TTL / 2)
    until(process.from_here)
    process.early = LATE
    found = process.read()
    assert isinstance(found, Entry)
    assert (found.stale, found.due) == (False, True)
    assert process.refreshed == [found]


def test_each_read_is_counted_once(bench: Bench, processes: Callable[..., Process]) -> None:
    """As many hits, in all and of the entry, as there were reads by many threads; and when the last was."""
    bench.have(SOLO)
    process = processes()
    reads = reads_until_kept(process)
    bench.clock.forward(timedelta(minutes=1))
    threads = [threading.Thread(target=lambda: [process.read() for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    process.near.flush()
    assert bench.counters()["hit:solo"] == reads + 2_000
    read, last = bench.client.hmget(f"pc:e:{NAME}", "rd", "lr")
    assert int(read) == reads + 2_000
    assert int(last) == bench.cache.now_ms()


def test_hits_are_told_without_changing_the_entry(bench: Bench, processes: Callable[..., Process]) -> None:
    """Everybody's counters are up to date as often as asked; the entry's own count waits, so that it stays kept."""
    bench.have(SOLO)
    process = processes()
    reads = reads_until_kept(process)
    before = bench.client.hgetall(f"pc:e:{NAME}")
    process.near.flush_hits()
    process.near.flush_hits()
    assert bench.counters()["hit:solo"] == reads
    assert bench.client.hgetall(f"pc:e:{NAME}") == before
    process.near.flush()
    assert bench.counters()["hit:solo"] == reads
    assert int(bench.client.hget(f"pc:e:{NAME}", "rd")) == reads


def test_reads_of_what_was_replaced_are_not_the_new_ones(bench: Bench, processes: Callable[..., Process]) -> None:
    """They count as hits; the new result waits for its first reader, who is told apart."""
    bench.have(SOLO, value={"n": 0})
    process = processes()
    process.keeps()
    bench.clock.forward(timedelta(minutes=1))
    bench.trigger(SOLO, force=True)
    bench.compute(SOLO, value={"n": 1})
    process.near.flush()
    assert bench.client.hget(f"pc:e:{NAME}", "rd") == b"0"
    used = bench.counters().get("used:solo:event", 0)
    process.read()
    assert bench.counters()["used:solo:event"] == used + 1


def test_what_is_parked_is_taken_up_by_its_next_read(bench: Bench, processes: Callable[..., Process]) -> None:
    """Also where it was kept: it is due again."""
    bench.have(SOLO)
    process = processes()
    process.keeps()
    bench.client.hset(f"pc:e:{NAME}", "pk", 1)
    bench.client.zrem("pc:due", NAME)
    until(lambda: process.read() is not None and bench.client.zscore("pc:due", NAME) is not None)
    assert bench.client.hget(f"pc:e:{NAME}", "pk") is None


def test_misses_are_the_servers(bench: Bench, processes: Callable[..., Process]) -> None:
    """What is on its way is seen to come."""
    process = processes()
    assert not process.from_here()
    bench.trigger(SOLO)
    found = process.read()
    assert isinstance(found, Miss)
    assert found.state is State.QUEUED
