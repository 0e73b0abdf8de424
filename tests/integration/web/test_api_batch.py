"""Many triggers in one request."""

import logging
from typing import Any

import pytest
import redis
from api_bench import SIX, URL, ApiBench
from servers import ValkeyServer

BATCH = "/api/precompute/batch"


def video(video_id: str = "v1", **fields: Any) -> dict[str, Any]:
    """An upload."""
    return {"video_id": video_id, "user_id": "u1", "video_data": {"url": URL}, **fields}


def campaign(campaign_id: str = "c1", **fields: Any) -> dict[str, Any]:
    """A creation."""
    return {"campaign_id": campaign_id, "user_id": "u1", "campaign_data": {"budget": 5}, **fields}


def send(api: ApiBench, **body: Any) -> Any:
    """The answer to a batch."""
    return api.client.post(BATCH, json=body)


def test_each_entry_is_answered_like_its_trigger(api: ApiBench) -> None:
    """Videos, then campaigns, then logins, each in the order in which they were sent."""
    answer = send(api, logins=[{"user_id": "u9"}], campaigns=[campaign()], videos=[video("v2"), video("v1")])
    assert answer.status_code == 202
    body = answer.get_json()
    assert (body["success"], body["accepted"]) == (True, 4)
    second, first, created, welcomed = body["results"]
    assert (second["video_id"], first["video_id"]) == ("v2", "v1")
    assert set(second) == {"success", "video_id", "queued_tasks", "cached", "message", "status"}
    assert set(second["queued_tasks"]) == SIX
    assert (created["campaign_id"], len(created["queued_tasks"])) == ("c1", 3)
    assert (welcomed["user_id"], welcomed["predicted_actions"]) == ("u9", [])
    assert {one["success"] for one in body["results"]} == {True}


def test_a_wrong_entry_leaves_the_others_alone(api: ApiBench) -> None:
    """Each flaw stands where its entry stood, with the fields it would have alone; the rest is accepted."""
    entries = [
        video("v1"),
        {"video_id": "v2"},
        "v3",
        video("v4", video_data={"url": "../../etc/passwd"}),
        video("v5\n"),
    ]
    body = send(api, videos=[*entries, video("v6")], logins=[{"user_id": None}]).get_json()
    assert [one["success"] for one in body["results"]] == [True, False, False, False, False, True, False]
    assert body["accepted"] == 2
    flaws = [list(one["error"]["fields"]) for one in body["results"] if not one["success"]]
    assert flaws == [["user_id"], ["body"], ["video_data.url"], ["video_id"], ["user_id"]]
    assert {one["error"]["code"] for one in body["results"] if not one["success"]} == {"bad_parameters"}
    assert body["results"][1]["video_id"] == "v2"
    nothing = send(api, videos=[None, 5, video("v7")], campaigns=[[]]).get_json()
    assert [one["success"] for one in nothing["results"]] == [False, False, True, False]
    assert api.get("/status/video/v6").get_json()["tasks"]["ctr_prediction"]["state"] == "queued"
    assert api.get("/status/video/v4").get_json()["tasks"]["ctr_prediction"]["state"] == "missing"


def test_a_batch_without_any_list_is_refused(api: ApiBench, broker_client: "redis.Redis") -> None:
    """By the names of all three: with a list's name misspelt nobody would be told that nothing was started."""
    answer = send(api, video=[video()], videos=None, priority=3)
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == ["videos", "campaigns", "logins"]
    assert send(api).status_code == 422
    assert broker_client.llen("background") == 0


def test_what_a_batch_does_not_know_is_named(api: ApiBench) -> None:
    """Beside what it does know, which is taken."""
    body = send(api, video=[video()], logins=[{"user_id": "u9"}]).get_json()
    assert (body["accepted"], body["ignored"]) == (1, ["video"])


def test_a_batch_runs_in_the_background(api: ApiBench, broker_client: "redis.Redis") -> None:
    """Unless the batch says otherwise, and an entry of its own more than the batch."""
    send(api, videos=[video("v1")], campaigns=[campaign()])
    assert broker_client.llen("background") == 2 + 1
    send(api, videos=[video("v2"), video("v3", priority=10)], priority=7)
    assert (broker_client.llen("login"), broker_client.llen("critical"), broker_client.llen("background")) == (2, 2, 3)


def test_the_same_entry_twice_is_computed_once(api: ApiBench, broker_client: "redis.Redis") -> None:
    """The second joins the first, with the same ids."""
    first, second = send(api, videos=[video(), video()]).get_json()["results"]
    assert first == second
    assert broker_client.llen("background") == 2


def test_what_comes_in_a_batch_is_remembered(api: ApiBench) -> None:
    """Accepted entries are on their way to the store, refused ones are not."""
    send(api, videos=[video("v1"), {"video_id": "v2"}], campaigns=[campaign()], logins=[{"user_id": "u1"}])
    written: list[Any] = []
    api.parts.stream.drain(written.extend)
    assert [fact.kind for fact in written] == ["video", "action", "campaign", "action", "action"]


def test_a_thousand_entries_are_taken(api: ApiBench, broker_client: "redis.Redis") -> None:
    """As many as the contract promises, with a result and two messages for each."""
    body = send(api, videos=[video(f"v{number}") for number in range(1000)]).get_json()
    assert body["accepted"] == 1000
    assert [one["video_id"] for one in body["results"]] == [f"v{number}" for number in range(1000)]
    assert broker_client.llen("background") == 2000


def test_more_than_a_thousand_are_refused_whole(api: ApiBench) -> None:
    """Counted over all kinds; 422 and nothing is queued."""
    users = [{"user_id": f"u{number}"} for number in range(501)]
    answer = send(api, videos=[video(f"v{number}") for number in range(500)], logins=users)
    assert answer.status_code == 422
    assert "1001" in answer.get_json()["error"]["message"]
    assert api.get("/queue").get_json()["queue_stats"]["total"] == 0


@pytest.mark.parametrize("body", [{"videos": []}, {"videos": None, "logins": []}])
def test_an_empty_batch_does_nothing(api: ApiBench, body: dict[str, Any]) -> None:
    """202 and no results."""
    answer = send(api, **body)
    assert (answer.status_code, answer.get_json()) == (202, {"success": True, "accepted": 0, "results": []})


@pytest.mark.parametrize(
    ("body", "field"), [({"videos": {}}, "videos"), ({"logins": "u1"}, "logins"), ({"priority": 11}, "priority")]
)
def test_a_batch_that_is_none_is_refused(api: ApiBench, body: dict[str, Any], field: str) -> None:
    """422 names the list that is no list."""
    answer = send(api, **body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])


def test_without_a_broker_nothing_of_a_batch_is_taken(api: ApiBench, broker_server: ValkeyServer) -> None:
    """503 for the whole, once, and no task is left behind that nobody will run; later the same batch goes through."""
    broker_server.stop()
    try:
        answer = send(api, videos=[video(f"v{number}") for number in range(20)])
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "broker_unavailable")
        assert api.get("/queue").get_json()["queue_stats"]["total"] == 0
    finally:
        broker_server.start()
    assert send(api, videos=[video("v1")]).get_json()["accepted"] == 1


def test_a_batch_is_told_in_lines_that_somebody_can_read(api: ApiBench, caplog: pytest.LogCaptureFixture) -> None:
    """Each of its tasks once, at most fifty on a line."""
    caplog.set_level(logging.INFO, logger="workers.dispatch")
    queued = [
        task
        for one in send(api, logins=[{"user_id": f"u{number}"} for number in range(60)]).get_json()["results"]
        for ids in one["queued_tasks"].values()
        for task in ids
    ]
    told = [vars(record)["tasks"] for record in caplog.records if getattr(record, "action", "") == "tasks_queued"]
    assert max(map(len, told)) == 50
    assert sorted(task for tasks in told for task in tasks.values()) == sorted(queued)
