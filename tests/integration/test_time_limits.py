"""Time limits that cannot be hidden: by a library that catches everything, or by native code that hears nothing."""

from collections.abc import Iterator

import pytest
from local_cluster import LocalWorker
from platform_under_test import Platform
from pytest_celery import CeleryTestSetup, CeleryTestWorker, CeleryWorkerCluster
from servers import ValkeyServer
from untimely_tasks import COUNTS_NATIVELY, RENAMES, SWALLOWS, UNTIMELY

from celeryconfig import HARD_LIMIT_MARGIN
from precompute.entry import Failure, Miss
from precompute.queues import IN_DRAIN_ORDER
from precompute.settings import Settings
from precompute.task_type import TaskType


@pytest.fixture(scope="module")
def untimely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A worker that was given all of them at once, a process for each."""
    folder = tmp_path_factory.mktemp("untimely")
    with ValkeyServer(folder / "valkey") as server:
        settings = Settings(redis_url=server.url, broker_url=server.url, plugins=("untimely_tasks",))
        environ = {
            "REDIS_URL": settings.redis_url,
            "BROKER_URL": settings.broker,
            "DATABASE_URL": f"sqlite:///{folder / 'facts.sqlite3'}",
            "PRECOMPUTE_DATA_DIR": str(folder),
            "PRECOMPUTE_PLUGINS": ",".join(settings.plugins),
        }
        queues = tuple(queue.label for queue in IN_DRAIN_ORDER)
        log = folder / "one.log"
        worker = LocalWorker(name="one", queues=queues, environ=environ, log=log, processes=len(UNTIMELY))
        try:
            cluster = CeleryWorkerCluster(CeleryTestWorker(worker, app=None))
            cluster.ready()
            platform = Platform(settings, server.client(), CeleryTestSetup(cluster, None, None))
            platform.login(*UNTIMELY)
            yield platform
        finally:
            worker.teardown()


def failure_of(platform: Platform, row: TaskType) -> Failure:
    """Why it failed, once it has."""
    found = platform.read(row)
    for _ in range(3):
        if not isinstance(found, Miss) or not found.state.on_its_way:
            break
        found = platform.read(row)
    assert isinstance(found, Miss), found
    assert found.failure is not None, (row.name, found, platform.logs())
    return found.failure


@pytest.mark.parametrize("row", [SWALLOWS, RENAMES], ids=lambda row: row.name)
def test_a_limit_that_is_caught_is_told_all_the_same(untimely: Platform, row: TaskType) -> None:
    """Half a result is not stored, and nothing else is blamed."""
    assert failure_of(untimely, row) == Failure(code="timed_out", message="it took longer than 10 seconds")


def test_native_code_is_ended_at_the_hard_limit(untimely: Platform) -> None:
    """Though it holds the interpreter; with the reason, and without a second try."""
    hard = (COUNTS_NATIVELY.time_limit + HARD_LIMIT_MARGIN).total_seconds()
    text = f"it did not end when its time was over, and its process was ended after {hard:.0f} seconds"
    assert failure_of(untimely, COUNTS_NATIVELY) == Failure(code="timed_out", message=text)
