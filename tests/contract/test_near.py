"""What a process keeps near is what the server has, whatever happens to either."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bench import SOLO, TTL, Bench, key
from servers import ValkeyServer

from precompute.cache import Cache
from precompute.entry import Entry, Miss, State
from precompute.errors import StoreUnavailable
from precompute.near import NearReads
from precompute.scripts import connect
from precompute.tracking import GOOD_FOR_S, await_followers

NAME = str(key(SOLO))
LATE = 1e9
"""Far more often than the cost of a result fits into its time."""


class Process:
    """Reads as an API process does, on connections of its own; counts how often it asks the server."""

    def __init__(self, url: str, bench: Bench, *, most_bytes: int = 1_000_000) -> None:
        self.asked = 0
        self.early = 0.0
        self.refreshed: list[Entry] = []
        self.client = connect(url, impatient=True)
        self.cache = Cache(self.client, clock=bench.clock, draw=lambda: self.early)
        self.near = NearReads(self.cache, check=self._check, refresh=self.refreshed.append, most_bytes=most_bytes)

    def read(self, name: str = NAME) -> Entry | Miss:
        """One read."""
        return self.near.get(name)

    def number(self) -> Any:
        """What one read gives; None for a miss."""
        found = self.read()
        return found.value.get("n") if isinstance(found, Entry) else None

    def from_here(self, name: str = NAME) -> bool:
        """Whether a read was answered without asking the server."""
        before = self.asked
        self.read(name)
        return self.asked == before

    def keeps(self, name: str = NAME) -> None:
        """Returns once reads are answered from here: the process follows, and the entry has been read before."""
        until(lambda: self.from_here(name))

    def close(self) -> None:
        """Let go of everything."""
        self.near.close()
        self.client.close()

    def _check(self, _: Any) -> None:
        self.asked += 1


def until(met: Callable[[], bool], *, within_s: float = 60) -> None:
    """Returns once it is so; fails when that takes too long even for a busy machine."""
    late = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < late
        time.sleep(0.001)


@pytest.fixture
def processes(bench: Bench) -> Iterator[Callable[..., Process]]:
    """Starts as many as a test wants."""
    started: list[Process] = []

    def start(url: str = bench.url, **options: Any) -> Process:
        started.append(Process(url, bench, **options))
        return started[-1]

    yield start
    for process in started:
        process.close()


@contextmanager
def frozen(server: ValkeyServer) -> Iterator[None]:
    """The server is there and does nothing."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


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
    process.early = LATE
    found = process.read()
    assert isinstance(found, Entry)
    assert (found.stale, found.due) == (False, True)
    assert process.refreshed == [found]


def test_each_read_is_counted_once(bench: Bench, processes: Callable[..., Process]) -> None:
    """As many hits, in all and of the entry, as there were reads by many threads; and when the last was."""
    bench.have(SOLO)
    process = processes()
    reads = [0]

    def read_one() -> bool:
        reads[0] += 1
        return process.from_here()

    until(read_one)
    bench.clock.forward(timedelta(minutes=1))
    threads = [threading.Thread(target=lambda: [process.read() for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    process.near.flush()
    assert bench.counters()["hit:solo"] == reads[0] + 2_000
    read, last = bench.client.hmget(f"pc:e:{NAME}", "rd", "lr")
    assert int(read) == reads[0] + 2_000
    assert int(last) == bench.cache.now_ms()


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


def test_counts_outlive_an_outage(processes: Callable[..., Process], bench: Bench, tmp_path: Path) -> None:
    """What could not be counted is counted when the cache is back."""
    with ValkeyServer(tmp_path) as server, server.client() as client:
        own = Bench(client)
        own.have(SOLO)
        process = processes(server.url)
        reads = [0]

        def read_one() -> bool:
            reads[0] += 1
            return process.from_here()

        until(read_one)
        server.stop()
        with pytest.raises(StoreUnavailable):
            process.near.flush()
        server.start()
        process.near.flush()
        # One that was cut off while it counted may have counted, and counts again.
        assert own.counters()["hit:solo"] >= reads[0]


def test_a_cache_that_is_down_is_told(processes: Callable[..., Process], tmp_path: Path) -> None:
    """Nothing is served that nobody can vouch for; when it is back, with other data, that is what is read."""
    with ValkeyServer(tmp_path) as server, server.client() as client:
        Bench(client).have(SOLO, value={"n": 0})
        process = processes(server.url)
        process.keeps()
        server.kill()
        until(lambda: _unavailable(process))
        server.start()
        client.flushall()
        until(lambda: not _unavailable(process))
        assert isinstance(process.read(), Miss)
        Bench(client).have(SOLO, value={"n": 1})
        process.keeps()
        assert process.number() == 1


def test_a_frozen_cache_is_noticed(processes: Callable[..., Process], tmp_path: Path) -> None:
    """Reads from here end though the connection stands; they are back when the server goes on."""
    with ValkeyServer(tmp_path) as server, server.client() as client:
        Bench(client).have(SOLO)
        process = processes(server.url)
        process.keeps()
        with frozen(server):
            until(lambda: _unavailable(process))
        until(lambda: not _unavailable(process))
        process.keeps()


def test_a_lost_connection_forgets_everything(bench: Bench, processes: Callable[..., Process]) -> None:
    """Who is not told of changes keeps nothing; it follows again by itself."""
    bench.have(SOLO, value={"n": 0})
    process = processes()
    process.keeps()
    for one in bench.client.client_list():
        if "t" in one["flags"]:
            bench.client.client_kill_filter(_id=one["id"])
    bench.client.hset(f"pc:e:{NAME}", "v", b'{"n":1}')
    until(lambda: process.number() == 1)
    process.keeps()


def test_a_server_that_tells_nobody_is_asked_each_time(bench: Bench, processes: Callable[..., Process]) -> None:
    """As one that does not allow it: reads are as they are without keeping anything."""
    url = bench.url.replace("redis://", "redis://reader:secret@")
    rights = ["+@all", "-client|tracking"]
    bench.client.acl_setuser("reader", enabled=True, passwords=["+secret"], keys=["*"], channels=["*"], commands=rights)
    try:
        bench.have(SOLO)
        process = processes(url)
        until(lambda: process.read() is not None and process.near._tracking.refused)
        assert not process.from_here()
        assert isinstance(process.read(), Entry)
    finally:
        bench.client.acl_deluser("reader")


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


def _unavailable(process: Process) -> bool:
    try:
        process.read()
    except StoreUnavailable:
        return True
    return False
