"""Ends and outages in good order: a worker that is asked to end, a broker and a cache that go away for a while."""

import json

import redis
from platform_under_test import Platform, key
from plugin_tasks import FOLLOWER, QUICK, SLOW
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer

from precompute.entry import Entry, State
from precompute.errors import BrokerUnavailable
from precompute.events import UserLoggedIn
from precompute.message import Message


def retries(broker: "redis.Redis") -> int:
    """How often the message that a worker holds has been tried again."""
    held = [json.loads(entry)[0] for entry in broker.hvals("unacked")]
    return max((message["headers"]["retries"] for message in held), default=0)


def test_a_worker_that_is_asked_to_end_finishes_what_it_does(platform: Platform) -> None:
    """After SIGTERM the running computation is stored, and the process ends by itself, saying goodbye."""
    platform.login(SLOW)
    platform.until(SLOW, State.RUNNING)
    [worker] = platform.workers
    worker.kill("SIGTERM")
    worker.wait_for_log("Initiating Soft Shutdown")
    platform.let_go()
    worker.container.wait()

    found = platform.read(SLOW)
    assert isinstance(found, Entry)
    assert found.value == {"run": 1}
    assert platform.precomputer.measures().workers == ()


def test_what_a_worker_cannot_finish_comes_back(platform: Platform) -> None:
    """A computation that outlasts the worker's patience is computed by the next one."""
    platform.login(SLOW)
    platform.until(SLOW, State.RUNNING)
    [worker] = platform.workers
    worker.kill("SIGTERM")
    worker.container.wait()
    worker.restart()
    worker.ready()
    platform.let_go(times=2)

    assert isinstance(platform.swept_until_there(SLOW), Entry)


def test_a_broker_that_was_away_brings_everything_back(platform: Platform) -> None:
    """Killed with messages waiting: triggers are refused meanwhile, and what was accepted before is computed after."""
    for user in ("hold1", "hold2"):
        platform.login(SLOW, user=user)
        platform.until(SLOW, State.RUNNING, user=user)
    waiting = [f"w{number}" for number in range(10)]
    for user in waiting:
        platform.login(QUICK, user=user)
    assert platform.setup.broker is not None
    platform.setup.broker.kill()
    before = set(platform.client.scan_iter("pc:[tqi]*"))
    try:
        platform.login(FOLLOWER, user="refused")
    except BrokerUnavailable:
        pass
    else:
        raise AssertionError("a broker that is dead took a message")
    assert set(platform.client.scan_iter("pc:[tqi]*")) == before

    platform.setup.broker.restart()
    for user in ("hold1", "hold2"):
        platform.let_go(user, times=2)

    for user in (*waiting, "hold1", "hold2"):
        row = SLOW if user.startswith("hold") else QUICK
        assert isinstance(platform.swept_until_there(row, user=user), Entry)


def test_a_task_waits_for_a_cache_that_is_away(platform: Platform, cache_server: ValkeyServer) -> None:
    """Its message is tried again until the cache is back, however often that is."""
    event = UserLoggedIn(subject_id="u9", user_id="u9", data={"numbers": [1, 2]})
    message = Message(task_id="lonely", key=key(QUICK, "u9"), queue="login", event=event.to_json(), cause="event")
    cache_server.stop()
    platform.engine.dispatch([message])
    with platform.broker_client() as broker:
        # By itself Celery would give up after three.
        wait_for_callable("waiting for the fifth retry", lambda: retries(broker) >= 5, timeout=60)
    cache_server.start()

    # Nothing of the task is on record before its next try, so there is nothing to hold on for yet.
    wait_for_callable(
        "waiting for the result", lambda: platform.record(QUICK, user="u9").state is State.READY, timeout=60
    )
    assert platform.value(QUICK, user="u9")["sum"] == 3
