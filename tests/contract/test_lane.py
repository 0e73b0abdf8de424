"""The short way to the server: no answer goes to the wrong question, whatever happens on the way."""

import multiprocessing
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import redis
from bench import SOLO, Bench, at_once, key
from servers import ValkeyServer

from precompute.entry import Entry
from precompute.lane import Lanes
from precompute.scripts import Scripts, connect


def test_an_answer_that_comes_too_late_is_not_taken_for_another(cache_server: ValkeyServer, bench: Bench) -> None:
    """After a question that was given up, the next one gets its own answer."""
    bench.client.rpush("late", "the answer to another question")
    with redis.Redis.from_url(cache_server.url, socket_timeout=0.05, retry=None) as impatient:
        lanes = Lanes(impatient)
        with pytest.raises(redis.TimeoutError):
            lanes.ask("BLPOP", "nothing", 1)

        assert lanes.ask("ECHO", "mine") == b"mine"
        lanes.close()


def test_a_refusal_leaves_the_lane_usable(bench: Bench) -> None:
    """What the server refuses was answered whole: the same connection goes on."""
    lanes = Lanes(bench.client)
    lane = lanes.ask("CLIENT", "ID")

    with pytest.raises(redis.ResponseError, match="unknown command"):
        lanes.ask("NONSENSE")

    assert lanes.ask("CLIENT", "ID") == lane
    lanes.close()


def test_each_of_many_at_once_gets_its_own_answer(tmp_path: Path) -> None:
    """Twenty threads ask a hundred times each; there are no more connections than threads."""
    # On a server of its own: nobody else comes and goes there.
    with ValkeyServer(tmp_path) as server, server.client() as client:
        lanes = Lanes(client)
        before = len(client.client_list())

        def ask(number: int) -> list[bytes]:
            return [lanes.ask("ECHO", f"{number}-{turn}") for turn in range(100)]

        answers = at_once(ask, times=20)

        assert answers == [[f"{number}-{turn}".encode() for turn in range(100)] for number in range(20)]
        assert len(client.client_list()) <= before + 20
        lanes.close()


def test_reading_goes_on_after_the_server_was_started_again(cache_server: ValkeyServer) -> None:
    """Neither the broken connection nor the scripts that the server has forgotten reach a reader."""
    with connect(cache_server.url) as client:
        client.flushall()
        bench = Bench(client)
        bench.have(SOLO, value={"n": 1})
        cache_server.restart()

        assert isinstance(bench.cache.read(key(SOLO)), Entry)
        client.script_flush()
        assert isinstance(bench.cache.read(key(SOLO)), Entry)


@pytest.mark.parametrize("lost", ["the connection", "the script", "both"])
def test_what_comes_before_a_script_is_done_whatever_was_lost_since(
    cache_server: ValkeyServer, cache_client: "redis.Redis", lost: str
) -> None:
    """A server that has closed the connection has run neither; one that has forgotten the script has run the rest."""
    with connect(cache_server.url) as client:
        scripts = Scripts(client)
        scripts.run("outdate", 0, before=[("SET", "before", "the first")])
        if lost != "the script":
            cache_client.client_kill_filter(_id=scripts._lanes.ask("CLIENT", "ID"))
        if lost != "the connection":
            cache_client.script_flush()

        scripts.run("outdate", 0, before=[("SET", "before", "the second")])

    assert cache_client.get("before") == b"the second"


def _own_lane(lanes: Lanes, answer: Connection) -> None:
    answer.send(lanes.ask("CLIENT", "ID"))
    lanes.close()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_asks_on_a_connection_of_its_own(bench: Bench) -> None:
    """Parent and child would read each other's answers."""
    lanes = Lanes(bench.client)
    ours = lanes.ask("CLIENT", "ID")
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_own_lane, args=(lanes, there))
    child.start()

    assert here.poll(60)
    assert here.recv() != ours
    child.join()
    assert lanes.ask("CLIENT", "ID") == ours
    lanes.close()


def test_a_socket_file_is_a_way_to_the_cache(tmp_path: Path) -> None:
    """REDIS_URL may be unix://: results are stored and read there like anywhere else."""
    # Not below tmp_path: the path of a socket file has room for about 100 characters.
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(tmp_path, "--unixsocket", f"{folder}/s"):
        bench = Bench(connect(f"unix://{folder}/s"))
        bench.have(SOLO)

        assert isinstance(bench.cache.read(key(SOLO)), Entry)
