"""What a process keeps near is not served when nobody vouches for it: the cache down, frozen, or silent."""

import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import hiredis
import pytest
from bench import SOLO, Bench
from near_process import NAME, Process, until
from servers import ValkeyServer

from precompute.entry import Entry, Miss
from precompute.errors import StoreUnavailable
from precompute.near import AGAIN_AFTER_S
from precompute.scripts import connect
from precompute.tracking import await_followers


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


def test_a_server_that_loads_its_data_is_tried_now_and_then(processes: Callable[..., Process]) -> None:
    """It takes connections and serves nobody: whoever follows waits between two tries, and does not occupy it."""
    tried: list[float] = []

    class Loading(StreamRequestHandler):
        """Says so to everything but what a connection begins with."""

        def handle(self) -> None:
            reader = hiredis.Reader()
            while data := self.connection.recv(4096):
                reader.feed(data)
                while (command := reader.gets()) is not False:
                    tried.extend([time.monotonic()] if b"TRACKING" in command else [])
                    begins = command[0] in {b"HELLO", b"CLIENT"}
                    self.wfile.write(b"%1\r\n$5\r\nproto\r\n:3\r\n" if begins else b"-LOADING data\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Loading) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        process = processes(f"redis://127.0.0.1:{server.server_address[1]}/0")
        assert _unavailable(process)
        until(lambda: len(tried) >= 6)
        process.close()
        server.shutdown()
    # Five pauses; this machine may have noticed the first try late.
    assert tried[5] - tried[0] >= AGAIN_AFTER_S


def test_who_may_not_ask_followers_waits_instead(bench: Bench, processes: Callable[..., Process]) -> None:
    """A user of the cache without the right to that channel takes results back, and nobody reads them afterwards."""
    rights = {"keys": ["*"], "channels": ["pc:n"], "commands": ["+@all"]}
    bench.client.acl_setuser("deleter", enabled=True, passwords=["+secret"], **rights)
    try:
        bench.have(SOLO)
        process = processes()
        process.keeps()
        with connect(bench.url.replace("redis://", "redis://deleter:secret@")) as client:
            client.delete(f"pc:e:{NAME}")
            await_followers(client)
        assert isinstance(process.read(), Miss)
    finally:
        bench.client.acl_deluser("deleter")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_does_not_take_news_from_its_parent(bench: Bench, processes: Callable[..., Process]) -> None:
    """Two that read from one connection would hear half of it each."""
    bench.have(SOLO)
    process = processes()
    process.keeps()
    told: queue.Queue[tuple[bool, bool]] = multiprocessing.get_context("fork").Queue()  # type: ignore[assignment]

    def fork() -> None:
        told.put((process.near._tracking.current(), isinstance(process.read(), Entry)))

    child = multiprocessing.get_context("fork").Process(target=fork)
    child.start()
    assert told.get(timeout=60) == (False, True)
    child.join()
    process.keeps()


def _unavailable(process: Process) -> bool:
    try:
        process.read()
    except StoreUnavailable:
        return True
    return False
