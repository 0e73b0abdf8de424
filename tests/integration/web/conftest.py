"""The API on real servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from api_bench import ApiBench
from servers import ValkeyServer


@pytest.fixture(scope="session")
def broker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey that serves as the broker of every test that asks."""
    with ValkeyServer(tmp_path_factory.mktemp("broker")) as server:
        yield server


@pytest.fixture
def broker_client(broker_server: ValkeyServer) -> Iterator["redis.Redis"]:
    """A client of the broker's server, emptied before the test."""
    broker_server.start()
    with broker_server.client() as client:
        client.flushall()
        yield client


@pytest.fixture
def api(
    cache_server: ValkeyServer,
    broker_server: ValkeyServer,
    cache_client: "redis.Redis",
    broker_client: "redis.Redis",
    tmp_path: Path,
) -> Iterator[ApiBench]:
    """The API on an empty cache and an empty broker, at noon, with an empty media folder."""
    bench = ApiBench(cache_server, broker_server, media_root=tmp_path)
    yield bench
    bench.close()
