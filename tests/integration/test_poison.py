"""Tasks that hang, leak and crash, all at once on one worker: each ends with its reason, and the rest goes on."""

import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from local_cluster import LocalWorker
from platform_under_test import Platform
from poison_tasks import (
    AFTER_CRASH,
    CRASHES,
    EXITS,
    HANGS,
    HANGS_ON,
    HEALTHY,
    INTERRUPTS,
    LEAKS,
    LEAKS_NATIVELY,
    LEAVES,
    PANICS,
    POISONS,
)
from pytest_celery import CeleryTestSetup, CeleryTestWorker, CeleryWorkerCluster
from servers import ValkeyServer

from celeryconfig import HARD_LIMIT_MARGIN
from precompute.entry import Entry, Failure, Miss
from precompute.failures import Counts, failure_counts, latest_failures
from precompute.ledger import MOST_DELIVERIES
from precompute.queues import IN_DRAIN_ORDER
from precompute.settings import Settings
from precompute.subjects import CacheKey
from precompute.task_type import TaskType

LINUX = sys.platform.startswith("linux")
LEASE = timedelta(minutes=10)
"""So long that a death is found out by the worker itself or not within these tests."""

CRASHED = "its worker died 3 times, last by signal 11 (SIGSEGV); set aside"


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A worker of three processes that was given everything at once, with a healthy task behind."""
    folder = tmp_path_factory.mktemp("poison")
    with ValkeyServer(folder / "valkey") as server:
        settings = Settings(
            redis_url=server.url, broker_url=server.url, plugins=("poison_tasks",), lease=LEASE, child_memory_mb=700
        )
        environ = {
            "REDIS_URL": settings.redis_url,
            "BROKER_URL": settings.broker,
            "DATABASE_URL": f"sqlite:///{folder / 'facts.sqlite3'}",
            "PRECOMPUTE_DATA_DIR": str(folder),
            "PRECOMPUTE_PLUGINS": ",".join(settings.plugins),
            "PRECOMPUTE_LEASE": f"{LEASE.total_seconds()}s",
            "PRECOMPUTE_CHILD_MEMORY_MB": str(settings.child_memory_mb),
        }
        queues = tuple(queue.label for queue in IN_DRAIN_ORDER)
        worker = LocalWorker(name="one", queues=queues, environ=environ, log=folder / "one.log", processes=3)
        try:
            cluster = CeleryWorkerCluster(CeleryTestWorker(worker, app=None))
            cluster.ready()
            platform = Platform(settings, server.client(), CeleryTestSetup(cluster, None, None))
            platform.login(*POISONS)
            platform.login(HEALTHY, user="u2")
            yield platform
        finally:
            worker.teardown()


def _over(platform: Platform, row: TaskType, *, user: str = "u1") -> Entry | Miss:
    """What came of it: a new process takes seconds to start where a machine has much to do."""
    found = platform.read(row, user=user)
    for _ in range(3):
        if isinstance(found, Entry) or not found.state.on_its_way:
            break
        found = platform.read(row, user=user)
    return found


def _failure(platform: Platform, row: TaskType) -> Failure:
    """Why it failed, once it has."""
    found = _over(platform, row)
    assert isinstance(found, Miss), found
    assert found.failure is not None, (row.name, found, platform.logs())
    return found.failure


def _runs(platform: Platform, row: TaskType) -> int:
    return int(platform.client.get(f"test:runs:{row.name}") or 0)


def _key(row: TaskType) -> CacheKey:
    return CacheKey.parse(f"{row.name}:user:u1")


def test_the_others_go_on(poisoned: Platform) -> None:
    """What stands behind all of it on the same queue is computed."""
    assert isinstance(_over(poisoned, HEALTHY, user="u2"), Entry)


def test_what_hangs_is_told_that_its_time_is_over(poisoned: Platform) -> None:
    """The soft limit of its row, at which it ends and says so; its process lives on."""
    assert _failure(poisoned, HANGS) == Failure(code="timed_out", message="it took longer than 12 seconds")
    assert _runs(poisoned, HANGS) == 1


def test_what_does_not_listen_is_ended(poisoned: Platform) -> None:
    """At the hard limit, once; it is told at once, though its lease would last for minutes."""
    hard = (HANGS_ON.time_limit + HARD_LIMIT_MARGIN).total_seconds()

    failure = _failure(poisoned, HANGS_ON)

    assert failure.code == "timed_out"
    assert f"its process was ended after {hard:.0f} seconds" in failure.message
    assert _runs(poisoned, HANGS_ON) == 1


@pytest.mark.skipif(not LINUX, reason="memory is bounded on Linux only")
def test_what_takes_too_much_memory_fails(poisoned: Platform) -> None:
    """It is refused at the bound, and says which; its process lives on."""
    failure = _failure(poisoned, LEAKS)
    assert failure == Failure(
        code="out_of_memory", message="it needs more memory than the 700 MB that a process may take"
    )
    assert _runs(poisoned, LEAKS) == 1


@pytest.mark.parametrize(
    ("row", "how"),
    [
        (CRASHES, "signal 11 (SIGSEGV)"),
        (LEAVES, "exitcode 7"),
        pytest.param(LEAKS_NATIVELY, "signal 6 (SIGABRT)", marks=pytest.mark.skipif(not LINUX, reason="no bound")),
    ],
)
def test_what_ends_its_process_is_set_aside(poisoned: Platform, row: TaskType, how: str) -> None:
    """A segmentation fault, an exit, native code without memory: after three of them, without waiting for a lease."""
    message = f"its worker died 3 times, last by {how}; set aside"
    assert _failure(poisoned, row) == Failure(code="set_aside", message=message)
    assert _runs(poisoned, row) == MOST_DELIVERIES


@pytest.mark.parametrize("row", [EXITS, INTERRUPTS, PANICS])
def test_what_asks_for_the_end_of_its_process_just_fails(poisoned: Platform, row: TaskType) -> None:
    """``sys.exit``, Ctrl-C and what is no Exception end the task, at the first try."""
    assert _failure(poisoned, row).code == "internal"
    assert _runs(poisoned, row) == 1


def test_what_needs_poison_fails_with_it(poisoned: Platform) -> None:
    """It names what was set aside."""
    assert _failure(poisoned, AFTER_CRASH) == Failure(code="set_aside", message=f"crashes failed: {CRASHED}")


def test_all_of_it_is_listed_and_what_was_mended_is_run_again(poisoned: Platform) -> None:
    """Once its cause is mended, what was set aside is computed, and what needs it."""
    engine = poisoned.engine
    for row in POISONS:
        _failure(poisoned, row)
    assert {one.key for one in latest_failures(engine.cache, engine.catalogue)} == {_key(row) for row in POISONS}
    aside = {
        one.key.task_type: one.deliveries for one in latest_failures(engine.cache, engine.catalogue, set_aside=True)
    }
    assert {name: aside[name] for name in ("crashes", "leaves", "after_crash")} == {
        "crashes": MOST_DELIVERIES,
        "leaves": MOST_DELIVERIES,
        "after_crash": MOST_DELIVERIES,
    }

    poisoned.client.set("test:mended", 1)
    poisoned.precomputer.failures.retry([_key(CRASHES), _key(AFTER_CRASH)])

    mended = _over(poisoned, AFTER_CRASH)
    assert isinstance(mended, Entry)
    assert mended.value == {"after": MOST_DELIVERIES + 1}
    assert "crashes" not in failure_counts(engine.cache, engine.catalogue)
    assert failure_counts(engine.cache, engine.catalogue)["leaves"] == Counts(failed=1, set_aside=1)


def test_no_lease_and_no_count_is_left_over(poisoned: Platform) -> None:
    """Nothing reserves a key or counts deaths of what is over."""
    assert list(poisoned.client.scan_iter("pc:l:*")) == []
    assert list(poisoned.client.scan_iter("pc:d:*")) == []
    assert poisoned.client.zcard("pc:watch") == 0
