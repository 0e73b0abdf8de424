"""What tests of several kinds share."""

from collections.abc import Iterator

import pytest
import redis
from servers import ValkeyServer


@pytest.fixture(scope="session")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey that serves as the cache of every test that asks; see ``cache_client`` for an empty one."""
    with ValkeyServer(tmp_path_factory.mktemp("cache")) as server:
        yield server


@pytest.fixture
def cache_client(cache_server: ValkeyServer) -> Iterator["redis.Redis"]:
    """A client of the cache server, emptied before the test."""
    cache_server.start()
    with cache_server.client() as client:
        client.flushall()
        client.config_resetstat()
        yield client
