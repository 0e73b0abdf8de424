"""A worker paused for longer than its lease, as on a machine that swaps or is moved: it wakes up and has no say."""

import os
import signal

import pytest
from platform_under_test import Platform, key
from plugin_tasks import FOLLOWER, QUICK, SLOW
from pytest_docker_tools.wrappers.container import wait_for_callable

from precompute.entry import Entry, State


@pytest.fixture
def worker_names() -> tuple[str, ...]:
    """One to be paused and one to take over."""
    return ("one", "two")


@pytest.fixture
def processes_each() -> int:
    """One each, so that it is known who computes."""
    return 1


def paused(platform: Platform, user: str = "u1") -> int:
    """The process that has begun SLOW, stopped in the middle of it."""
    _name, pid = platform.client.blpop(f"test:pid:slow:{user}", timeout=60)
    _until_they_wait(platform, 1)
    os.kill(int(pid), signal.SIGSTOP)
    return int(pid)


def taken_over(platform: Platform, user: str = "u1") -> None:
    """Sweep as beat does until the other worker has begun."""
    wait_for_callable(
        "waiting for the other worker", lambda: platform.sweep() or platform.runs(SLOW, user) == 2, timeout=60
    )
    _until_they_wait(platform, 2)


def _until_they_wait(platform: Platform, times: int) -> None:
    """So many wait for their go; it is given to whoever asked for it first."""
    wait_for_callable(
        "waiting for them to wait", lambda: platform.client.info("clients")["blocked_clients"] == times, timeout=60
    )


def wake(platform: Platform, pid: int) -> None:
    """The process goes on, and has ended what it was at when this returns."""
    os.kill(pid, signal.SIGCONT)
    wait_for_callable("waiting for it to end", lambda: "lease_lost" in platform.logs(), timeout=60)


def test_a_worker_that_wakes_up_after_its_lease_does_not_write(platform: Platform) -> None:
    """Another has computed meanwhile: its result stands, was stored once, and what follows was computed from it."""
    platform.login(FOLLOWER)
    pid = paused(platform)
    try:
        taken_over(platform)
        # The first of the two is taken by the connection of the paused one.
        platform.let_go(times=2)
        assert platform.value(SLOW) == {"run": 2}
        before = platform.client.hgetall(f"pc:e:{key(SLOW)}")
    finally:
        wake(platform, pid)

    after = platform.client.hgetall(f"pc:e:{key(SLOW)}")
    assert {name: after[name] for name in (b"v", b"at", b"gn")} == {name: before[name] for name in (b"v", b"at", b"gn")}
    assert platform.value(FOLLOWER)["slow_run"] == 2
    assert (platform.runs(SLOW), platform.runs(FOLLOWER)) == (2, 1)
    assert platform.record(SLOW).state is State.READY
    assert platform.precomputer.measures().by_type["slow"].computations == 1


def test_a_worker_that_wakes_up_first_does_not_write_either(platform: Platform) -> None:
    """It ends while the other still computes: nothing is stored until that one is done."""
    platform.login(SLOW)
    pid = paused(platform)
    try:
        taken_over(platform)
        platform.let_go()
    finally:
        wake(platform, pid)

    assert platform.record(SLOW).state is State.RUNNING
    platform.let_go()
    assert platform.value(SLOW) == {"run": 2}


def test_a_worker_that_wakes_up_after_an_invalidation_does_not_write(platform: Platform) -> None:
    """Whoever invalidated is told of nothing that was computed before."""
    platform.login(SLOW)
    pid = paused(platform)
    platform.precomputer.invalidate("user:u1:*")
    platform.let_go()
    wake(platform, pid)

    assert not isinstance(platform.precomputer.get(key(SLOW)), Entry)
    assert platform.record(SLOW).state is State.MISSING
    platform.login(QUICK, user="u2")
    assert platform.value(QUICK, user="u2")["run"] == 1
