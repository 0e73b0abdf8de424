"""Logins that come in over HTTP, and what is predicted at once."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from api_bench import ApiBench
from servers import ValkeyServer

LOGIN = "/api/precompute/login"
PREDICT = "/api/precompute/predict-actions"
THREE = {"dashboard_data", "predicted_actions", "campaign_analytics"}


def login(api: ApiBench, user: str = "u1", **fields: Any) -> Any:
    """The answer to a login."""
    return api.client.post(LOGIN, json={"user_id": user, **fields})


def did(api: ApiBench, *names: str, user: str = "u1") -> None:
    """A user did these, a minute apart, as the gateway reports it."""
    actions = []
    for name in names:
        api.clock.now += timedelta(minutes=1)
        actions.append({"user_id": user, "action": name, "at": api.clock.now.isoformat()})
    assert api.client.post("/api/precompute/actions", json={"actions": actions}).status_code == 202


def test_a_login_queues_three_tasks(api: ApiBench, broker_client: "redis.Redis") -> None:
    """202 with a task id for each result about the user, all on the login queue."""
    answer = login(api, user_data={"last_login": "2026-02-28T18:30:00Z", "plan": "pro"})
    assert answer.status_code == 202
    body = answer.get_json()
    assert set(body) == {
        "success", "user_id", "queued_tasks", "cached", "message", "status", "predicted_actions",
    }  # fmt: skip
    assert (body["success"], body["user_id"], body["status"]) == (True, "u1", "processing")
    assert set(body["queued_tasks"]) == THREE
    assert broker_client.llen("login") == 3


def test_a_user_without_history_has_no_predictions(api: ApiBench) -> None:
    """Valid and empty, though this login was just recorded itself."""
    assert login(api).get_json()["predicted_actions"] == []


def test_a_second_login_finds_what_is_fresh(api: ApiBench) -> None:
    """Results of the first are named under `cached`; with all of them there nothing is queued."""
    login(api)
    for task_type in THREE:
        api.store(f"{task_type}:user:u1")
    body = login(api).get_json()
    assert (body["queued_tasks"], set(body["cached"]), body["status"]) == ({}, THREE, "ready")


def test_what_a_user_does_outdates_what_is_kept_of_them(api: ApiBench) -> None:
    """Their cached predictions go stale with what they report; dashboards do not, nor with the login that just looked.

    Served they still are, and what others do changes nothing.
    """
    for number in (1, 2):
        login(api, f"u{number}")
        for task_type in THREE:
            api.store(f"{task_type}:user:u{number}")

    def stale() -> list[str]:
        keys = [f"{task_type}:user:u{number}" for number in (1, 2) for task_type in sorted(THREE)]
        return [key for key in keys if api.get(f"/cache/{key}").headers["X-Cache"] == "STALE"]

    login(api)
    assert stale() == []
    did(api, "search")
    assert stale() == ["predicted_actions:user:u1"]
    brief = {"campaign_id": "c1", "user_id": "u2", "campaign_data": {"product": "a desk"}}
    assert api.client.post("/api/precompute/campaign", json=brief).status_code == 202
    assert "predicted_actions:user:u2" in stale()


def test_a_login_tells_what_comes_next(api: ApiBench) -> None:
    """By hand: `login` was followed by `dashboard_view` three times, of seven actions of two kinds.

    n(login) = 3, t(login) = 1, P(dashboard_view) = 3/9, so (3 + 3/9) / 4; and P(login) = 4/9, so (4/9) / 4.
    """
    did(api, *("login", "dashboard_view") * 3)
    api.clock.now += timedelta(minutes=1)
    first, second = login(api).get_json()["predicted_actions"]
    assert (first["action"], first["confidence"]) == ("dashboard_view", "high")
    assert first["probability"] == pytest.approx(10 / 12)
    assert (second["action"], second["confidence"]) == ("login", "low")
    assert first["probability"] + second["probability"] < 1


def test_predictions_are_each_users_own(api: ApiBench) -> None:
    """What somebody else does is no habit of this user."""
    did(api, *("login", "dashboard_view") * 3, user="u2")
    assert login(api).get_json()["predicted_actions"] == []


def test_predicting_records_nothing(api: ApiBench) -> None:
    """The same question gives the same answer, names its model, and leaves queues and memory alone."""
    did(api, *("login", "dashboard_view") * 3, "login")
    waiting = api.parts.stream.waiting()
    first = api.client.post(PREDICT, json={"user_id": "u1"})
    assert first.status_code == 200
    body = first.get_json()
    assert set(body) == {"success", "user_id", "predicted_actions", "model"}
    assert (body["success"], body["user_id"]) == (True, "u1")
    assert body["model"] == {"version": "habits-1", "trained_at": None}
    assert body["predicted_actions"][0]["action"] == "dashboard_view"
    assert api.client.post(PREDICT, json={"user_id": "u1"}).get_json() == body
    assert api.parts.stream.waiting() == waiting
    assert api.get("/queue").get_json()["queue_stats"]["total"] == 0


def test_nobody_known_has_no_predictions(api: ApiBench) -> None:
    """200 and an empty list."""
    assert api.client.post(PREDICT, json={"user_id": "nobody"}).get_json()["predicted_actions"] == []


@pytest.mark.parametrize("path", [LOGIN, PREDICT])
@pytest.mark.parametrize("user", [None, 5, "", "a b", "u1\n", "a" * 129])
def test_a_user_has_an_id(api: ApiBench, path: str, user: Any) -> None:
    """422 names the user."""
    answer = api.client.post(path, json={"user_id": user})
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["user_id"])


def test_a_login_without_a_cache_is_refused(api: ApiBench, cache_server: ValkeyServer) -> None:
    """503 with `Retry-After` from both, and nothing is remembered."""
    cache_server.stop()
    try:
        for path in (LOGIN, PREDICT):
            answer = api.client.post(path, json={"user_id": "u1"})
            assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "cache_unavailable")
            assert answer.headers["Retry-After"]
        assert api.parts.stream.waiting() == 0
    finally:
        cache_server.start()


def test_long_histories_are_kept_short(api: ApiBench) -> None:
    """Of a thousand reported actions the latest 200 are at hand, and they are forgotten after ninety days."""
    did(api, *(f"a{number}" for number in range(1000)))
    [recent] = api.precomputer.memory.recent(["u1"])
    assert [one.action for one in recent] == [f"a{number}" for number in range(800, 1000)]
    left = timedelta(milliseconds=api.parts.cache.client.pttl("pc:a:u1"))
    assert timedelta(days=89) < left <= timedelta(days=90)
