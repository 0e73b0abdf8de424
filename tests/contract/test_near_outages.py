"""What a process keeps near is not served when nobody vouches for it: the cache down, frozen, or silent."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench import SOLO, Bench
from near_process import NAME, Process, until
from servers import ValkeyServer

from precompute.entry import Entry, Miss
from precompute.errors import StoreUnavailable


@contextmanager
def frozen(server: ValkeyServer) -> Iterator[None]:
    """The server is there and does nothing."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


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


def _unavailable(process: Process) -> bool:
    try:
        process.read()
    except StoreUnavailable:
        return True
    return False
