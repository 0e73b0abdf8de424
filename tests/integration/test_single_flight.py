"""One computation for one input, however many ask."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import redis
from platform_under_test import Platform, key
from plugin_tasks import FOLLOWER, LAST, QUICK, SLOW
from pytest_docker_tools.wrappers.container import wait_for_callable

from precompute.admission import Receipt
from precompute.entry import State
from precompute.message import Message

HERE = Path(__file__).parent


@pytest.fixture
def worker_names() -> tuple[str, ...]:
    """Two workers, so that each could be at it."""
    return ("one", "two")


def test_ten_triggers_at_once_are_computed_once(platform: Platform) -> None:
    """All ten get the same ids; each function of the chain is called once."""
    gate = Barrier(10)

    def trigger(_: int) -> Receipt:
        gate.wait()
        return platform.login(LAST, QUICK)

    with ThreadPoolExecutor(10) as pool:
        receipts = list(pool.map(trigger, range(10)))
    platform.let_go()
    platform.value(LAST)

    assert len({tuple(sorted(receipt.queued.items())) for receipt in receipts}) == 1
    assert {row.name: platform.runs(row) for row in (QUICK, SLOW, FOLLOWER, LAST)} == dict.fromkeys(
        ("quick", "slow", "follower", "last"), 1
    )


def test_a_message_delivered_many_times_is_computed_once(platform: Platform) -> None:
    """Copies of a message that arrive while it runs, or after it, change nothing."""
    receipt = platform.login(SLOW, QUICK)
    copies = [_copy(platform, receipt, name) for name in ("slow", "quick")] * 5
    platform.engine.dispatch(copies)
    platform.until(SLOW, State.RUNNING)
    platform.let_go(times=5)
    platform.value(SLOW)
    platform.value(QUICK)
    platform.engine.dispatch(copies)
    # Behind all copies on the same queue, so they have been taken when this is there.
    platform.login(QUICK, user="u2")
    platform.value(QUICK, user="u2")

    assert (platform.runs(SLOW), platform.runs(QUICK)) == (1, 1)


def _copy(platform: Platform, receipt: Receipt, name: str) -> Message:
    row = platform.engine.catalogue.get(name)
    event = platform.client.hget(f"pc:t:{key(row)}", "event").decode()
    return Message(task_id=receipt.queued[name], key=key(row), queue="login", event=event, cause="event")


class Crowd:
    """Four processes with fifty readers each, and fifty triggers in all, for one key that nobody asked for before."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        settings = platform.engine.settings
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")},
            "REDIS_URL": settings.redis_url,
            "BROKER_URL": settings.broker,
            "PRECOMPUTE_PLUGINS": ",".join(settings.plugins),
            "PRECOMPUTE_DATA_DIR": str(settings.data_dir),
            "PYTHONPATH": f"{HERE.parents[1]}{os.pathsep}{HERE}",
        }
        command = [sys.executable, str(HERE / "crowd.py"), "50"]
        self.processes = [
            subprocess.Popen([*command, triggers, str(key(SLOW))], env=environ, stdout=subprocess.PIPE, text=True)
            for triggers in ("13", "13", "12", "12")
        ]

    def begin(self) -> None:
        """All at once, as soon as all are there."""
        url = self.platform.engine.settings.redis_url
        with redis.Redis.from_url(url, socket_timeout=None, retry=None) as client:
            for _ in self.processes:
                assert client.blpop(["test:crowd"], timeout=60)
        self.platform.client.rpush("test:begin", *["go"] * len(self.processes))

    def answers(self) -> tuple[list[dict[str, int]], set[str]]:
        """What all readers got, and the ids that the triggers were told."""
        told = [json.loads(process.communicate(timeout=150)[0]) for process in self.processes]
        return [read for each in told for read in each["read"]], {one for each in told for one in each["ids"]}

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            with process:
                process.kill()


def begun(platform: Platform) -> None:
    """Hold on until a worker is at it; nobody was when the crowd began."""
    wait_for_callable("waiting for a worker", lambda: platform.runs(SLOW) > 0, timeout=60)


def test_two_hundred_readers_and_fifty_triggers_of_a_cold_key_cause_one_computation(platform: Platform) -> None:
    """From four processes, with two workers: one task, one run, and every reader gets its result."""
    with Crowd(platform) as crowd:
        crowd.begin()
        begun(platform)
        # Triggers that come while it runs join it; those that come later find it fresh.
        platform.let_go()
        read, ids = crowd.answers()

    assert read == [{"run": 1}] * 200
    assert platform.runs(SLOW) == 1
    assert ids - {None} == {platform.record(SLOW).task_id}
    assert platform.precomputer.measures().by_type["slow"].computations == 1


def test_when_its_worker_is_killed_another_takes_over_for_all_who_wait(platform: Platform) -> None:
    """The machine is lost in the middle of it: after the lease one other computes, and all readers get its result."""
    with Crowd(platform) as crowd:
        crowd.begin()
        begun(platform)
        platform.worker_of(SLOW).kill("SIGKILL")
        wait_for_callable(
            "waiting for the other worker", lambda: platform.sweep() or platform.runs(SLOW) == 2, timeout=60
        )
        platform.let_go(times=2)
        read, ids = crowd.answers()

    assert read == [{"run": 2}] * 200
    assert platform.runs(SLOW) == 2
    assert ids - {None} == {platform.record(SLOW).task_id}
    measures = platform.precomputer.measures().by_type["slow"]
    assert (measures.computations, measures.rescued) == (1, 1)
