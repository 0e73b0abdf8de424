"""Campaigns that come in over HTTP."""

import json
from typing import Any

import pytest
import redis
from api_bench import ApiBench

from precompute.facts import Action, CampaignFact
from precompute.subjects import CacheKey

CAMPAIGN = "/api/precompute/campaign"
THREE = {"variant_generation", "variant_scoring", "roas_prediction"}
BRIEF = {"budget": 500, "target_audience": "runners"}


def create(api: ApiBench, campaign: str = "c1", **fields: Any) -> Any:
    """The answer to a creation."""
    body = {"campaign_id": campaign, "user_id": "u1", "campaign_data": BRIEF, **fields}
    return api.client.post(CAMPAIGN, json=body)


def test_a_campaign_queues_three_tasks(api: ApiBench, broker_client: "redis.Redis") -> None:
    """202 with a task id for each; only the first can begin, and waits on the campaign queue."""
    answer = create(api)
    assert answer.status_code == 202
    body = answer.get_json()
    assert set(body) == {"success", "campaign_id", "queued_tasks", "cached", "message", "status"}
    assert (body["success"], body["campaign_id"], body["status"]) == (True, "c1", "processing")
    assert set(body["queued_tasks"]) == THREE
    assert all(len(ids) == 1 and isinstance(ids[0], str) for ids in body["queued_tasks"].values())
    assert (body["cached"], body["message"]) == ([], "Queued 3 precomputation tasks")
    assert broker_client.llen("campaign") == 1


def test_the_same_brief_joins_and_another_starts_anew(api: ApiBench) -> None:
    """Posted again the ids are the same; with another budget under the same id they are not."""
    first = create(api).get_json()["queued_tasks"]
    assert create(api).get_json()["queued_tasks"] == first
    other = create(api, campaign_data={**BRIEF, "budget": 600}).get_json()["queued_tasks"]
    assert not {tuple(ids) for ids in other.values()} & {tuple(ids) for ids in first.values()}


def test_what_is_fresh_is_cached(api: ApiBench) -> None:
    """A stored result is named under `cached`, until the brief changes."""
    create(api)
    api.store("variant_generation:campaign:c1")
    assert create(api).get_json()["cached"] == ["variant_generation"]
    assert create(api, campaign_data={"budget": 1}).get_json()["cached"] == []


def test_the_whole_brief_reaches_the_worker(api: ApiBench) -> None:
    """Every field of campaign_data is in the event, known or not."""
    brief = {**BRIEF, "tone": "calm", "offer": {"percent": 20}, "video_ids": ["v1"]}
    assert create(api, campaign_data=brief, callback_url="https://example.com/done").status_code == 202
    key = "variant_generation:campaign:c1"
    api.store(key)
    origin = api.parts.cache.origin(CacheKey.parse(key))
    assert origin is not None
    event = json.loads(origin.event)
    assert (event["data"], event["callback_url"]) == (brief, "https://example.com/done")


@pytest.mark.parametrize("brief", [None, {}, {"budget": None, "target_audience": None}])
def test_a_sparse_brief_is_enough(api: ApiBench, brief: Any) -> None:
    """Nothing of a brief is required, nor is the brief."""
    assert create(api, campaign_data=brief).status_code == 202
    body = {"campaign_id": "c2", "user_id": "u1"}
    assert api.client.post(CAMPAIGN, json=body).status_code == 202


def test_a_campaign_is_remembered(api: ApiBench) -> None:
    """The campaign and what its user did are on their way to the store, and the action is among the recent ones."""
    create(api)
    written: list[Any] = []
    api.parts.stream.drain(written.extend)
    campaign, action = written
    assert isinstance(campaign, CampaignFact)
    assert (campaign.campaign_id, campaign.user_id, campaign.data) == ("c1", "u1", BRIEF)
    assert isinstance(action, Action)
    assert (action.user_id, action.subject_id) == ("u1", "c1")
    assert [one.fact_id for one in api.precomputer.memory.recent(["u1"])[0]] == [action.fact_id]


WRONG = {
    "no campaign": ({"campaign_id": None}, "campaign_id"),
    "an id with a colon": ({"campaign_id": "a:b"}, "campaign_id"),
    "an id that ends its line": ({"campaign_id": "c1\n"}, "campaign_id"),
    "a user beyond ASCII": ({"user_id": "ü"}, "user_id"),
    "a brief that is a list": ({"campaign_data": []}, "campaign_data"),
    "a budget below zero": ({"campaign_data": {"budget": -1}}, "campaign_data.budget"),
    "priority zero": ({"priority": 0}, "priority"),
    "a callback that is a path": ({"callback_url": "/done"}, "callback_url"),
}


@pytest.mark.parametrize(("change", "field"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_named(api: ApiBench, change: dict[str, Any], field: str) -> None:
    """422 with the field's name; nothing is queued and nothing remembered."""
    answer = create(api, **change)
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == [field]
    assert api.get("/queue").get_json()["queue_stats"]["total"] == 0
    assert api.parts.stream.waiting() == 0


def test_a_brief_nested_too_deeply_is_refused(api: ApiBench) -> None:
    """Hundreds of levels answer 422 and name the brief."""
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}
    answer = create(api, campaign_data=deep)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["campaign_data"])
