"""A real worker leaves its queues to those of a newer edition, and comes back to them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import Celery
from local_cluster import LocalWorker
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer

from precompute.edition import EDITION
from precompute.entry import Entry, State
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.succession import KEY
from workers.wiring import precomputer, publishing_app

QUEUES = ["critical", "login", "general"]
RESULT = CacheKey.parse("campaign_analytics:user:u1")


@pytest.fixture
def settings(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Settings:
    """One server for everything, empty."""
    return Settings(redis_url=cache_server.url, broker_url=cache_server.url, data_dir=tmp_path)


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[LocalWorker]:
    """Of this edition; it joins a newer one, for which a task waits."""
    with redis.Redis.from_url(settings.redis_url) as client:
        client.set(KEY, EDITION + 1)
    assert "campaign_analytics" in precomputer(settings).on_user_login("u1").queued
    own = {
        "REDIS_URL": settings.redis_url,
        "BROKER_URL": settings.broker,
        "PRECOMPUTE_DATA_DIR": str(tmp_path),
    }
    worker = LocalWorker(name="one", queues=tuple(QUEUES), environ=own, log=tmp_path / "log", processes=1)
    try:
        worker.ready()
        yield worker
    finally:
        worker.teardown()


def drained(app: Celery) -> list[str] | None:
    """What the worker takes from now, in order; None when it does not say so in time."""
    [told] = (app.control.inspect(timeout=30, limit=1).active_queues() or {"": None}).values()
    return None if told is None else [queue["name"] for queue in told]


def test_a_worker_takes_nothing_while_a_newer_one_runs(
    worker: LocalWorker, settings: Settings, cache_client: "redis.Redis"
) -> None:
    """What waits is the newer one's, or this one's when that is gone; and the next one's when that comes."""
    app, service = publishing_app(settings), precomputer(settings)
    assert drained(app) == []
    found = service.get(RESULT)
    assert not isinstance(found, Entry)
    assert found.state is State.QUEUED

    cache_client.delete(KEY)
    assert isinstance(service.get(RESULT, wait=timedelta(seconds=120)), Entry), worker.logs()
    assert drained(app) == QUEUES
    assert int(cache_client.get(KEY) or 0) == EDITION

    cache_client.set(KEY, EDITION + 1)
    wait_for_callable("waiting for it to leave", lambda: drained(app) == [], timeout=120)
