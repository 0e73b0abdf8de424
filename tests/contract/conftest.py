"""The engine on a real cache server."""

from pathlib import Path

import pytest
import redis
from bench import CATALOGUE, Bench
from servers import ValkeyServer
from watched_precomputer import WatchedSleep, precomputer_with

from precompute.precomputer import Precomputer


@pytest.fixture
def bench(cache_client: "redis.Redis") -> Bench:
    """An engine on an empty cache, at noon."""
    return Bench(cache_client)


@pytest.fixture
def notifications(cache_server: ValkeyServer) -> WatchedSleep:
    """Changes of the bench's server."""
    return WatchedSleep(cache_server.url)


@pytest.fixture
def precomputer(bench: Bench, notifications: WatchedSleep, tmp_path: Path) -> Precomputer:
    """The bench's engine, with an empty media folder."""
    return precomputer_with(CATALOGUE, bench, notifications, tmp_path)
