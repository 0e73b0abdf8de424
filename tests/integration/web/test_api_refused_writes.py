"""What callers are told while the cache or the broker answers and takes no writes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from api_bench import CTR, ApiBench
from servers import ValkeyServer, free_port
from test_api_outages import is_outage

NODE = "127.0.0.1"


@contextmanager
def a_replica(server: ValkeyServer) -> Iterator[None]:
    """It is a replica of a primary that is away meanwhile, as after a failover."""
    with server.client() as client:
        client.execute_command("REPLICAOF", NODE, free_port())
        try:
            yield
        finally:
            client.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def alone(server: ValkeyServer) -> Iterator[None]:
    """It has fewer replicas meanwhile than it must have to take writes."""
    with server.client() as client:
        client.config_set("min-replicas-to-write", 1)
        try:
            yield
        finally:
            client.config_set("min-replicas-to-write", 0)


@contextmanager
def full(server: ValkeyServer) -> Iterator[None]:
    """It has no room meanwhile, and drops nothing."""
    with server.client() as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


Refusing = Callable[[ValkeyServer], AbstractContextManager[None]]
REFUSING = pytest.mark.parametrize("refusing", [a_replica, alone])
ACTIONS = {"actions": [{"user_id": "u1", "action": "view_dashboard"}]}
CALLS = (
    ("GET", f"/cache/{CTR}", None),
    ("GET", f"/cache/{CTR}?wait=5", None),
    ("DELETE", "/cache?pattern=ctr_prediction:*", None),
    ("POST", "/login", {"user_id": "u1"}),
)


@REFUSING
def test_calls_that_write_answer_503(api: ApiBench, cache_server: ValkeyServer, refusing: Refusing) -> None:
    """A cache that takes no writes is an outage like any other for whoever needs one, and over when it is over."""
    api.trigger()
    api.store()
    with refusing(cache_server):
        assert is_outage(api.trigger("v2"), "cache_unavailable")
        for method, path, body in CALLS:
            answer = api.client.open(f"/api/precompute{path}", method=method, json=body)
            assert is_outage(answer, "cache_unavailable"), (method, path, answer.status_code, answer.text)
        # Facts are kept by the broker: they are lost by no outage of the cache.
        assert api.client.post("/api/precompute/actions", json=ACTIONS).status_code == 202
        metrics = api.get("/metrics")
        assert metrics.status_code == 200 or is_outage(metrics, "cache_unavailable")
    assert api.trigger("v2").status_code == 202
    assert api.get(f"/cache/{CTR}").status_code == 200
    assert api.client.post("/api/precompute/login", json={"user_id": "u1"}).status_code == 202
    assert api.client.post("/api/precompute/actions", json=ACTIONS).status_code == 202


@REFUSING
def test_a_trigger_while_the_broker_takes_nothing(
    api: ApiBench, broker_server: ValkeyServer, refusing: Refusing
) -> None:
    """It answers 503, leaves no task behind, and works again afterwards."""
    with refusing(broker_server):
        assert is_outage(api.trigger(), "broker_unavailable")
        assert is_outage(api.client.post("/api/precompute/actions", json=ACTIONS), "broker_unavailable")
        assert api.get(f"/cache/{CTR}").get_json()["status"] == "missing"
    assert api.trigger().status_code == 202


@pytest.mark.parametrize("refusing", [a_replica, alone, full])
@pytest.mark.parametrize("which", ["cache", "broker"])
def test_readiness_tells_that_nothing_can_be_written(
    api: ApiBench, cache_server: ValkeyServer, broker_server: ValkeyServer, which: str, refusing: Refusing
) -> None:
    """A server that only answers is not enough to be ready."""
    with refusing({"cache": cache_server, "broker": broker_server}[which]):
        answer = api.client.get("/readyz")
        assert is_outage(answer, "not_ready")
        wrong = [name for name, found in answer.get_json()["checks"].items() if found != "ok"]
        assert wrong == [which]
    assert api.client.get("/readyz").status_code == 200
