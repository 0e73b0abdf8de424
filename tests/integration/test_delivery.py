"""What real workers do with what they are sent."""

from platform_under_test import Platform
from plugin_tasks import AFTER_UNUSABLE, BROKEN, ENDLESS, FOLLOWER, LAST, QUICK, SHAKY, SLOW, UNUSABLE
from pytest_docker_tools.wrappers.container import wait_for_callable

from precompute.entry import Entry, Failure, Miss, State


def test_a_result_is_computed_and_stored(platform: Platform) -> None:
    """From event to entry through a real queue and a real process."""
    receipt = platform.login(QUICK, numbers=(20, 22))

    assert platform.value(QUICK) == {"sum": 42, "run": 1}
    assert platform.precomputer.task(receipt.queued["quick"]).state is State.READY
    assert platform.login(QUICK).cached == ("quick",)


def test_a_chain_is_computed_in_order(platform: Platform) -> None:
    """Each dependant begins when its inputs are stored, and gets them as arguments."""
    platform.login(LAST, numbers=(4, 5))
    platform.until(SLOW, State.RUNNING)
    assert platform.record(FOLLOWER).state is State.QUEUED
    platform.let_go()

    assert platform.value(LAST) == {"sum": 9, "run": 1}
    assert platform.value(FOLLOWER) == {"sum": 9, "slow_run": 1, "run": 1}
    assert [name.split(":")[0] for name in platform.order()][-2:] == ["follower", "last"]


def test_a_failure_that_another_try_cannot_mend_is_final(platform: Platform) -> None:
    """It is tried once; whoever needs the result fails with it, and the rest is computed."""
    platform.login(AFTER_UNUSABLE, QUICK)

    found = platform.read(AFTER_UNUSABLE)

    assert isinstance(found, Miss)
    assert found.state is State.FAILED
    assert found.failure == Failure(code="not_a_video", message="unusable failed: that is not a video")
    assert platform.runs(UNUSABLE) == 1
    assert isinstance(platform.read(QUICK), Entry)


def test_a_source_that_comes_back_is_tried_again(platform: Platform) -> None:
    """Twice unavailable, then there: the reader who waits gets the result of the third try."""
    platform.login(SHAKY)

    assert platform.value(SHAKY) == {"run": 3}
    assert platform.runs(SHAKY) == 3


def test_an_analysis_that_breaks_is_told_and_leaves_the_worker_well(platform: Platform) -> None:
    """The reader learns that it broke and where to look, the log has the trace, and the worker goes on."""
    receipt = platform.login(BROKEN)

    found = platform.read(BROKEN)

    assert isinstance(found, Miss)
    assert found.failure is not None
    assert found.failure.code == "internal"
    assert receipt.queued["broken"] in found.failure.message
    assert platform.runs(BROKEN) == 1
    platform.login(QUICK)
    assert platform.value(QUICK)["run"] == 1
    assert "ZeroDivisionError" in platform.logs()


def test_an_analysis_that_takes_too_long_is_ended_and_says_so(platform: Platform) -> None:
    """Past its time limit it fails, and its process is free for others."""
    platform.login(ENDLESS)

    found = platform.read(ENDLESS)

    assert isinstance(found, Miss)
    assert found.failure == Failure(code="timed_out", message="it took longer than 4 seconds")


def test_a_worker_tells_what_it_drains(platform: Platform) -> None:
    """Its report names its processes and its queues, most urgent first."""
    # It is ready a moment before it has said so.
    wait_for_callable("waiting for its report", lambda: platform.precomputer.measures().workers, timeout=60)
    [worker] = platform.precomputer.measures().workers

    assert worker["processes"] == 2
    assert worker["queues"][0] == "critical"
    assert worker["queues"][-1] == "background"


def test_queues_are_drained_strictly_in_order(platform: Platform) -> None:
    """With the only processes held, what is queued meanwhile runs most urgent first, whenever it came."""
    for user in ("hold1", "hold2"):
        platform.login(SLOW, user=user)
    for user in ("hold1", "hold2"):
        platform.until(SLOW, State.RUNNING, user=user)
    for number, priority in enumerate((1, 3, 5, 7, 8, 9, 10)):
        for each in range(3):
            platform.login(QUICK, user=f"p{priority}-{number}-{each}", priority=priority)
    platform.let_go("hold1")
    platform.value(SLOW, user="hold1")
    for number, priority in enumerate((1, 3, 5, 7, 8, 9, 10)):
        for each in range(3):
            platform.value(QUICK, user=f"p{priority}-{number}-{each}")
    platform.let_go("hold2")
    platform.value(SLOW, user="hold2")

    ran = [int(entry.split(":p")[1].split("-")[0]) for entry in platform.order() if entry.startswith("quick:")]
    # A process holds one message in advance, taken when everything was equal; all others come in the strict order.
    ahead, rest = ran[:2], ran[2:]
    assert rest == sorted(rest, reverse=True), (ahead, rest)
