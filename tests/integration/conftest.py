"""Real workers, a real broker and a real cache, all local; every test has its own broker and workers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import container_cluster
import pytest
import redis
from local_cluster import LocalWorker, local_broker
from platform_under_test import Platform
from pytest_celery import (
    CeleryBrokerCluster,
    CeleryTestSetup,
    CeleryTestWorker,
    CeleryWorkerCluster,
    RedisTestBroker,
)
from servers import ValkeyServer

from precompute.addresses import networks
from precompute.queues import IN_DRAIN_ORDER
from precompute.settings import Settings

LEASE = timedelta(seconds=2)


@pytest.fixture
def worker_names() -> tuple[str, ...]:
    """The workers of the cluster; a test module may ask for others."""
    return ("one",)


@pytest.fixture
def processes_each() -> int:
    """Children of each worker."""
    return 2


@pytest.fixture(scope="session")
def on_containers(request: pytest.FixtureRequest) -> bool:
    """Whether brokers and workers run on Docker (``--containers``); else they are processes of this machine."""
    if not request.config.getoption("--containers"):
        return False
    container_cluster.build_image()
    return True


@pytest.fixture
def celery_broker_cluster(on_containers: bool, tmp_path: Path) -> Iterator[CeleryBrokerCluster]:
    """One that keeps its messages in a file."""
    with container_cluster.broker_container() if on_containers else local_broker(tmp_path / "broker") as broker:
        cluster = CeleryBrokerCluster(RedisTestBroker(broker))
        yield cluster
        cluster.teardown()


@pytest.fixture
def celery_backend_cluster() -> None:
    """None: values and states live in our own cache."""


@pytest.fixture
def platform_settings(
    cache_server: ValkeyServer, cache_client: "redis.Redis", celery_broker_cluster: CeleryBrokerCluster
) -> Settings:
    """Of the engine in this process; the workers get the same by their environment."""
    return Settings(
        redis_url=cache_server.url,
        broker_url=celery_broker_cluster[0].config()["url"],
        plugins=("plugin_tasks",),
        lease=LEASE,
        allow_addresses=networks("127.0.0.0/8"),
    )


@pytest.fixture
def worker_environ() -> dict[str, str]:
    """More of the workers' environment; a test module may say what."""
    return {}


@pytest.fixture
def celery_worker_cluster(
    platform_settings: Settings,
    *,
    worker_names: tuple[str, ...],
    processes_each: int,
    worker_environ: dict[str, str],
    on_containers: bool,
    tmp_path: Path,
) -> Iterator[CeleryWorkerCluster]:
    """The workers, started side by side and ready."""
    environ = {
        "REDIS_URL": platform_settings.redis_url,
        "BROKER_URL": platform_settings.broker,
        "DATABASE_URL": platform_settings.database,
        "PRECOMPUTE_DATA_DIR": str(platform_settings.data_dir),
        "PRECOMPUTE_MEDIA_ROOT": str(platform_settings.media_root),
        "PRECOMPUTE_PLUGINS": ",".join(platform_settings.plugins),
        "PRECOMPUTE_LEASE": f"{LEASE.total_seconds()}s",
        "PRECOMPUTE_ALLOW_ADDRESSES": ",".join(map(str, platform_settings.allow_addresses)),
        "PRECOMPUTE_LOG_FORMAT": "text",
        **worker_environ,
    }
    queues = tuple(queue.label for queue in IN_DRAIN_ORDER)
    started = container_cluster.worker_container if on_containers else LocalWorker
    common: dict[str, Any] = {"queues": queues, "environ": environ, "processes": processes_each}
    containers = [started(name=name, log=tmp_path / f"{name}.log", **common) for name in worker_names]
    try:
        cluster = CeleryWorkerCluster(*(CeleryTestWorker(container, app=None) for container in containers))
        cluster.ready()
        yield cluster
    finally:
        for container in containers:
            container.teardown()


@pytest.fixture
def platform(celery_setup: CeleryTestSetup, platform_settings: Settings, cache_client: "redis.Redis") -> Platform:
    """The engine of a service that posts events, beside the running workers."""
    return Platform(platform_settings, cache_client, celery_setup)


@pytest.fixture
def celery_setup_config(celery_worker_cluster_config: dict[str, Any]) -> dict[str, Any]:
    """For the app that pytest-celery makes for itself; ours is configured by celeryconfig."""
    return CeleryTestSetup.config(celery_worker_cluster_config=celery_worker_cluster_config)
