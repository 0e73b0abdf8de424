"""The engine on a real cache server."""

import pytest
import redis
from bench import Bench


@pytest.fixture
def bench(cache_client: "redis.Redis") -> Bench:
    """An engine on an empty cache, at noon."""
    return Bench(cache_client)
