"""What callers are told while the broker or the cache is down."""

from typing import Any

import pytest
from api_bench import CTR, ApiBench
from servers import ValkeyServer
from werkzeug.test import TestResponse


def is_outage(answer: TestResponse, code: str) -> bool:
    """Whether the answer is a 503 with that code and a time to come back."""
    body: dict[str, Any] = answer.get_json()
    said = (answer.status_code, body["success"], body.get("error", {}).get("code"))
    return said == (503, False, code) and int(answer.headers["Retry-After"]) > 0


@pytest.mark.timeout(30, func_only=True)
def test_a_trigger_without_a_broker(api: ApiBench, broker_server: ValkeyServer) -> None:
    """With the broker down a trigger answers 503 at once, leaves no task behind, and works again afterwards."""
    broker_server.kill()
    assert is_outage(api.trigger(), "broker_unavailable")
    assert api.get(f"/cache/{CTR}").get_json()["status"] == "missing"
    broker_server.start()
    assert api.trigger().status_code == 202


@pytest.mark.timeout(30, func_only=True)
def test_reads_need_no_broker(api: ApiBench, broker_server: ValkeyServer) -> None:
    """With the broker down results are read, also stale ones."""
    api.trigger()
    api.store()
    api.client.delete("/api/precompute/cache", json={"pattern": CTR, "soft": True})
    broker_server.kill()
    answer = api.get(f"/cache/{CTR}")
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "STALE")


@pytest.mark.timeout(60, func_only=True)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/cache/{CTR}"),
        ("GET", f"/cache/{CTR}?wait=5"),
        ("DELETE", "/cache?pattern=ctr_prediction:*"),
        ("GET", "/status/video/v1"),
        ("GET", "/tasks/b1946ac9"),
        ("GET", "/stream/video/v1"),
        ("POST", "/refresh/ctr_prediction"),
        ("GET", "/queue"),
        ("GET", "/metrics"),
        ("GET", "/videos/v1/captions.vtt"),
        ("GET", "/videos/v1/thumbnails/1.jpg"),
    ],
)
def test_nothing_hangs_without_a_cache(api: ApiBench, cache_server: ValkeyServer, method: str, path: str) -> None:
    """With the cache down everything that needs it answers 503."""
    cache_server.kill()
    assert is_outage(api.client.open(f"/api/precompute{path}", method=method), "cache_unavailable")


def test_a_trigger_without_a_cache(api: ApiBench, cache_server: ValkeyServer) -> None:
    """With the cache down a trigger answers 503; nobody could know what is running already."""
    cache_server.kill()
    assert is_outage(api.trigger(), "cache_unavailable")
