"""Reporting actions and outcomes over HTTP, down to what waits for the database."""

import socket
import time
from typing import Any

import pytest
from bench import Bench
from flask.testing import FlaskClient
from known_facts import KnownFacts
from servers import ValkeyServer

from api.app import create_app
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.subjects import Subject
from workers.wiring import precomputer

ACTION = {"user_id": "u1", "action": "dashboard_view"}
OUTCOME = {"subject": "video", "subject_id": "v1", "impressions": 100, "clicks": 3}
NOBODY = "redis://127.0.0.1:1/0"


def client_with(**servers: str) -> FlaskClient:
    """A caller of the service on those servers."""
    settings = Settings(**servers)
    return create_app(precomputer(settings), settings).test_client()


@pytest.fixture
def client(bench: Bench, cache_server: ValkeyServer) -> FlaskClient:
    """A caller of the service on the bench's server."""
    return client_with(redis_url=cache_server.url)


def accepted(bench: Bench) -> KnownFacts:
    """What would reach the database now."""
    facts = KnownFacts()
    FactStream(bench.client).drain(facts.write)
    return facts


def test_reported_actions_are_accepted(client: FlaskClient, bench: Bench) -> None:
    """One, or many in their order."""
    one = client.post("/api/precompute/actions", json=ACTION)
    many = client.post("/api/precompute/actions", json={"actions": [ACTION | {"action": name} for name in "ab"]})
    assert (one.status_code, one.json) == (202, {"success": True, "recorded": 1})
    assert (many.status_code, many.json) == (202, {"success": True, "recorded": 2})
    assert [each.action for each in accepted(bench).actions_of("u1")] == ["dashboard_view", "a", "b"]


def test_reported_outcomes_are_accepted(client: FlaskClient, bench: Bench) -> None:
    """The same one twice is two reports: each adds to those before."""
    answer = client.post("/api/precompute/outcomes", json={"outcomes": [OUTCOME, OUTCOME]})
    assert (answer.status_code, answer.json) == (202, {"success": True, "recorded": 2})
    assert accepted(bench).totals(Subject.VIDEO, "v1").clicks == 6


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("actions", {"user_id": "u1"}, {"action"}),
        ("actions", {"actions": [ACTION, {"action": "a"}]}, {"actions.1.user_id"}),
        ("outcomes", {"outcomes": [OUTCOME, OUTCOME | {"clicks": 101}]}, {"outcomes.1.clicks"}),
        ("outcomes", {}, {"outcomes"}),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_accepted(
    client: FlaskClient, bench: Bench, path: str, body: dict[str, Any], fields: set[str]
) -> None:
    """Also not the others of the request, so that it can be sent again when it is mended."""
    answer = client.post(f"/api/precompute/{path}", json=body)
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == fields
    assert FactStream(bench.client).waiting() == 0


@pytest.mark.parametrize(("path", "body"), [("actions", ACTION), ("outcomes", {"outcomes": [OUTCOME]})])
def test_what_cannot_be_kept_is_not_accepted(cache_server: ValkeyServer, path: str, body: dict[str, Any]) -> None:
    """503 with the time to come again, when the server of the facts is away."""
    answer = client_with(redis_url=cache_server.url, broker_url=NOBODY).post(f"/api/precompute/{path}", json=body)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json["error"]["code"] == "broker_unavailable"


@pytest.mark.parametrize(("path", "body"), [("actions", ACTION), ("outcomes", {"outcomes": [OUTCOME]})])
def test_nobody_waits_for_a_frozen_server(cache_server: ValkeyServer, path: str, body: dict[str, Any]) -> None:
    """One that takes connections and does not answer is found out within a second."""
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        broker = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
        client = client_with(redis_url=cache_server.url, broker_url=broker)
        began = time.monotonic()
        answer = client.post(f"/api/precompute/{path}", json=body)
        waited = time.monotonic() - began
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    # A second, and what a busy machine adds; whoever is patient waits for ten.
    assert waited < 5


def test_facts_are_accepted_without_the_cache(bench: Bench, cache_server: ValkeyServer) -> None:
    """They wait on the broker's server."""
    answer = client_with(redis_url=NOBODY, broker_url=cache_server.url).post("/api/precompute/actions", json=ACTION)
    assert answer.status_code == 202
    assert FactStream(bench.client).waiting() == 1


def test_the_document_tells_of_both(client: FlaskClient) -> None:
    """From the schemas."""
    paths = client.get("/openapi.json").json["paths"]
    assert {"post"} <= set(paths["/api/precompute/actions"])
    assert {"post"} <= set(paths["/api/precompute/outcomes"])
