"""What has failed over HTTP: listed, run again, dropped, and what is refused."""

from typing import Any

import pytest
from bench import Bench
from flask.testing import FlaskClient
from servers import ValkeyServer

from api.app import create_app
from precompute.catalogue import CTR_PREDICTION, DASHBOARD_DATA, SCENE_DETECTION, VIDEO_SAMPLES
from precompute.entry import Failure
from precompute.events import UserLoggedIn
from precompute.failures import MOST_AT_ONCE
from precompute.ledger import Ledger
from precompute.message import Message
from precompute.planner import plan
from precompute.settings import Settings
from workers.wiring import Engine, engine, precomputer

FAILED = "/api/precompute/failed"
KEY = "dashboard_data:user:u1"


@pytest.fixture
def parts(bench: Bench, cache_server: ValkeyServer) -> Engine:
    """The engine of the service, on an empty server."""
    return engine(Settings(redis_url=cache_server.url))


@pytest.fixture
def client(parts: Engine) -> FlaskClient:
    """A caller of the service."""
    return create_app(precomputer(parts.settings), parts.settings).test_client()


def fail(parts: Engine, user: str = "u1") -> None:
    """A user's dashboard fails."""
    ledger: Ledger = parts.ledger
    event = UserLoggedIn(subject_id=user, user_id=user)
    [admitted] = ledger.admit(plan(event, catalogue=parts.catalogue, rows=[DASHBOARD_DATA]))
    message = Message(
        task_id=admitted.task_id, key=admitted.task.key, queue="login", event=event.to_json(), cause="event"
    )
    ledger.begin(message, owner="w", lease=parts.settings.lease, fingerprint="")
    ledger.fail(message.key, owner="w", failure=Failure(code="broke", message="it broke"), retry_in=None)


def test_a_failure_is_listed_run_again_and_gone(client: FlaskClient, parts: Engine) -> None:
    """With key, reason and counts; run again it is on its way, with the id that the answer tells."""
    fail(parts)
    found = client.get(FAILED).get_json()
    [one] = found["failed"]
    assert (one["cache_key"], one["task_type"], one["error"]) == (
        KEY,
        "dashboard_data",
        {"code": "broke", "message": "it broke"},
    )
    assert (one["cause"], one["deliveries"], one["set_aside"]) == ("event", 1, False)
    assert (found["counts"], found["total"]) == ({"dashboard_data": {"failed": 1, "set_aside": 0}}, 1)

    answer = client.post(f"{FAILED}/retry", json={"keys": [KEY, KEY]})

    assert answer.status_code == 202
    [result] = answer.get_json()["results"]
    assert answer.get_json()["retried"] == 1
    assert client.get(f"/api/precompute/tasks/{result['task_id']}").get_json()["state"] == "queued"
    assert client.get(FAILED).get_json()["total"] == 0


def test_a_dropped_failure_is_missing(client: FlaskClient, parts: Engine) -> None:
    """The status says so, and a key under which nothing failed is refused beside it."""
    fail(parts)
    answer = client.delete(FAILED, json={"keys": [KEY, "dashboard_data:user:u2"]}).get_json()
    assert answer["dropped"] == 1
    assert [result["success"] for result in answer["results"]] == [True, False]
    assert answer["results"][1]["error"] == {
        "code": "unknown",
        "message": "nothing has failed under dashboard_data:user:u2",
    }
    tasks = client.get("/api/precompute/status/user/u1").get_json()["tasks"]
    assert tasks["dashboard_data"]["state"] == "missing"


def test_the_list_is_asked_for_in_part(client: FlaskClient, parts: Engine) -> None:
    """By number, by type, and only what is set aside."""
    for number in range(3):
        fail(parts, user=f"u{number}")
    assert len(client.get(f"{FAILED}?limit=2").get_json()["failed"]) == 2
    assert len(client.get(f"{FAILED}?task_type=dashboard_data").get_json()["failed"]) == 3
    assert client.get(f"{FAILED}?task_type={CTR_PREDICTION.name}").get_json()["failed"] == []
    aside = client.get(f"{FAILED}?set_aside=true").get_json()
    assert (aside["failed"], aside["total"]) == ([], 3)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "keys"),
        ({"keys": []}, "keys"),
        ({"keys": "dashboard_data:user:u1"}, "keys"),
        ({"keys": [KEY, "dashboard_data:u1"]}, "keys.1"),
        ({"keys": ["dashboard_data:robot:u1"]}, "keys.0"),
        ({"keys": ["dashboard_data:user:u 1"]}, "keys.0"),
        ({"keys": [1]}, "keys.0"),
        ({"keys": [None]}, "keys.0"),
        ({"keys": [f"dashboard_data:user:u{number}" for number in range(MOST_AT_ONCE + 1)]}, "keys"),
    ],
)
def test_what_does_not_fit_is_named(client: FlaskClient, method: str, body: dict[str, Any], field: str) -> None:
    """No keys, too many, or one that is none: 422 with the field."""
    path = f"{FAILED}/retry" if method == "POST" else FAILED
    answer = client.open(path, method=method, json=body)
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == [field]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "set_aside=maybe"])
def test_a_wrong_question_is_refused(client: FlaskClient, query: str) -> None:
    """422 names what does not fit."""
    answer = client.get(f"{FAILED}?{query}")
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == [query.partition("=")[0]]


def test_keys_of_no_known_type_are_refused_one_by_one(client: FlaskClient, parts: Engine) -> None:
    """They leave the others alone."""
    fail(parts)
    keys = ["no_such_type:user:u1", f"{SCENE_DETECTION.name}:video:v1", f"{VIDEO_SAMPLES.name}:video:v1", KEY]
    answer = client.post(f"{FAILED}/retry", json={"keys": keys}).get_json()
    assert [result["success"] for result in answer["results"]] == [False, False, False, True]


def test_without_a_cache_it_says_so() -> None:
    """503 with when to ask again, for all three."""
    settings = Settings(redis_url="redis://127.0.0.1:1/0")
    client = create_app(precomputer(settings), settings).test_client()
    for answer in (
        client.get(FAILED),
        client.post(f"{FAILED}/retry", json={"keys": [KEY]}),
        client.delete(FAILED, json={"keys": [KEY]}),
    ):
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "cache_unavailable")
        assert "Retry-After" in answer.headers
