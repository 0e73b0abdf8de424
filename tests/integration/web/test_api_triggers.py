"""Events that come in over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import redis
from api_bench import CTR, SIX, ApiBench

from precompute.cache import Cache
from precompute.subjects import CacheKey

VIDEO = "/api/precompute/video"
SENT = {"video_id": "v1", "user_id": "u1", "video_data": {"url": "https://example.com/v1.mp4"}}


def test_an_upload_queues_six_tasks(api: ApiBench) -> None:
    """The first upload answers 202 with a task id for each of the six analyses, and hides what only feeds them."""
    answer = api.trigger()
    assert answer.status_code == 202
    body = answer.get_json()
    assert set(body) == {"success", "video_id", "queued_tasks", "cached", "message", "status"}
    assert (body["success"], body["video_id"], body["status"]) == (True, "v1", "processing")
    assert set(body["queued_tasks"]) == SIX
    assert all(len(ids) == 1 and isinstance(ids[0], str) for ids in body["queued_tasks"].values())
    assert body["cached"] == []
    assert body["message"] == "Queued 6 precomputation tasks"


def test_an_upload_publishes_the_two_tasks_that_can_begin(api: ApiBench, broker_client: "redis.Redis") -> None:
    """Only pictures and sound are decoded at first; the analyses follow."""
    api.trigger()
    assert broker_client.llen("video") == 2


def test_what_is_fresh_is_not_queued_again(api: ApiBench) -> None:
    """A result that is in the cache is named under `cached`, and its task is not queued."""
    api.trigger()
    api.store("scene_detection:video:v1")
    body = api.trigger().get_json()
    assert body["cached"] == ["scene_detection"]
    assert set(body["queued_tasks"]) == SIX - {"scene_detection"}


def test_everything_fresh_is_ready(api: ApiBench) -> None:
    """An upload whose six results are all fresh queues nothing and is `ready`."""
    api.trigger()
    for task_type in SIX:
        api.store(f"{task_type}:video:v1")
    body = api.trigger().get_json()
    assert (body["queued_tasks"], set(body["cached"]), body["status"]) == ({}, SIX, "ready")
    assert body["message"] == "Queued 0 precomputation tasks"


def test_ten_uploads_at_once_start_one_set_of_tasks(api: ApiBench, broker_client: "redis.Redis") -> None:
    """The same upload posted ten times at once answers everyone with the same six ids and is published once."""
    together = Barrier(10)

    def post() -> Any:
        together.wait()
        return api.trigger().get_json()["queued_tasks"]

    with ThreadPoolExecutor(10) as pool:
        answers = [future.result() for future in [pool.submit(post) for _ in range(10)]]
    assert all(answer == answers[0] for answer in answers)
    assert set(answers[0]) == SIX
    assert broker_client.llen("video") == 2


def test_priority_moves_the_tasks(api: ApiBench, broker_client: "redis.Redis") -> None:
    """Priority 6 means the general queue, the highest that is not above it."""
    api.trigger(priority=6)
    assert (broker_client.llen("general"), broker_client.llen("video")) == (2, 0)


def test_what_comes_along_is_kept(api: ApiBench) -> None:
    """The event beside an entry has every field of video_data, also unknown ones, and the callback's address."""
    data = {"url": "https://example.com/v1.mp4", "title": "é\u0000", "campaign": {"id": 7, "tags": ["a"]}}
    assert api.trigger(video_data=data, callback_url="https://example.com/done").status_code == 202
    api.store()
    cache: Cache = api.parts.cache
    origin = cache.origin(CacheKey.parse(CTR))
    assert origin is not None
    event = json.loads(origin.event)
    assert event["data"] == data | {"title": "é"}  # what nobody sees is left out
    assert event["callback_url"] == "https://example.com/done"


def test_a_callback_that_nothing_signs_is_warned_of(api: ApiBench) -> None:
    """The trigger is taken as before; whoever wants to be called finds out why nobody will."""
    told = api.trigger(callback_url="https://example.com/done").get_json()
    assert "PRECOMPUTE_CALLBACK_SECRET" in told["warnings"][0]
    assert "callback_id" not in told
    assert "warnings" not in api.trigger().get_json()


def test_unknown_fields_are_ignored(api: ApiBench) -> None:
    """A caller that sends more than the contract names is served."""
    assert api.trigger(source="gateway", trace={"id": 1}).status_code == 202


@pytest.mark.parametrize("name", ["video_data", "priority", "callback_url"])
def test_null_is_as_good_as_nothing(api: ApiBench, name: str) -> None:
    """An optional field may be null; without data the video is looked up in the media folder."""
    (api.settings.media_root / "v1.mp4").write_bytes(b"x")
    assert api.trigger(**{name: None}).status_code == 202


def test_a_video_of_the_media_folder_needs_no_url(api: ApiBench) -> None:
    """Without video_data the file `<video_id>.*` of the media folder is taken."""
    (api.settings.media_root / "v1.mp4").write_bytes(b"x")
    answer = api.client.post(VIDEO, json={"video_id": "v1", "user_id": "u1"})
    assert answer.status_code == 202


def test_a_video_that_is_nowhere_is_said_so(api: ApiBench) -> None:
    """Without a URL and without such a file the answer is 422 and names the field."""
    answer = api.client.post(VIDEO, json={"video_id": "nowhere", "user_id": "u1"})
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == ["video_data"]


WRONG = {
    "no video": ({"video_id": None}, "video_id"),
    "an id that is a number": ({"video_id": 12345}, "video_id"),
    "an empty id": ({"video_id": ""}, "video_id"),
    "an id with a slash": ({"video_id": "a/b"}, "video_id"),
    "an id with a colon": ({"video_id": "a:b"}, "video_id"),
    "an id that ends its line": ({"video_id": "v1\n"}, "video_id"),
    "a long id": ({"video_id": "a" * 129}, "video_id"),
    "an id beyond ASCII": ({"user_id": "ü"}, "user_id"),
    "a user that is a list": ({"user_id": ["u1"]}, "user_id"),
    "priority zero": ({"priority": 0}, "priority"),
    "priority eleven": ({"priority": 11}, "priority"),
    "priority in words": ({"priority": "5"}, "priority"),
    "a truth for a priority": ({"priority": True}, "priority"),
    "half a priority": ({"priority": 5.5}, "priority"),
    "a priority beyond all bounds": ({"priority": 10**30}, "priority"),
    "data that is a string": ({"video_data": "https://example.com/v1.mp4"}, "video_data"),
    "data that is a list": ({"video_data": []}, "video_data"),
    "a URL that is a number": ({"video_data": {"url": 5}}, "video_data.url"),
    "a URL of another kind": ({"video_data": {"url": "ftp://example.com/a.mp4"}}, "video_data.url"),
    "a URL with a NUL": ({"video_data": {"url": "https://example.com/\u0000"}}, "video_data.url"),
    "a path that leads out": ({"video_data": {"url": "../../etc/passwd"}}, "video_data.url"),
    "a duration in words": (
        {"video_data": {"url": "https://example.com/a", "duration": "long"}},
        "video_data.duration",
    ),
    "a callback that is a path": ({"callback_url": "/done"}, "callback_url"),
    "a callback of another kind": ({"callback_url": "file:///etc/passwd"}, "callback_url"),
    "a callback without a host": ({"callback_url": "https://"}, "callback_url"),
    "a callback of bad port": ({"callback_url": "https://example.com:99999/"}, "callback_url"),
    "a video at home": ({"video_data": {"url": "http://127.1:8003/v1.mp4"}}, "video_data.url"),
    "a video of the cloud's metadata": ({"video_data": {"url": "http://169.254.169.254/"}}, "video_data.url"),
    "a video behind a login": ({"video_data": {"url": "https://u:p@example.com/a.mp4"}}, "video_data.url"),
    "a callback to a private address": ({"callback_url": "http://[::ffff:10.0.0.1]/done"}, "callback_url"),
    "a callback behind a login": ({"callback_url": "https://u:p@example.com/done"}, "callback_url"),
    "a long callback": ({"callback_url": "https://example.com/" + "a" * 2048}, "callback_url"),
}


@pytest.mark.parametrize(("change", "field"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_named(api: ApiBench, change: dict[str, Any], field: str) -> None:
    """A value that does not fit answers 422 and names the field, and nothing is queued."""
    answer = api.client.post(VIDEO, json={**SENT, **change})
    assert answer.status_code == 422
    error = answer.get_json()["error"]
    assert answer.get_json()["success"] is False
    assert error["code"] == "bad_parameters"
    assert list(error["fields"]) == [field]
    assert field in error["message"]
    assert api.get("/queue").get_json()["queue_stats"]["total"] == 0


@pytest.mark.parametrize("field", ["video_id", "user_id"])
def test_what_is_missing_is_named(api: ApiBench, field: str) -> None:
    """A required field that is not there answers 422 and is named."""
    answer = api.client.post(VIDEO, json={name: value for name, value in SENT.items() if name != field})
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == [field]


def test_json_nested_too_deeply_is_refused(api: ApiBench) -> None:
    """video_data that nests hundreds of levels answers 422; it could not be written as JSON again."""
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}
    answer = api.client.post(VIDEO, json={**SENT, "video_data": deep})
    assert answer.status_code == 422
    assert list(answer.get_json()["error"]["fields"]) == ["video_data"]


def test_refresh_queues_what_is_read_and_close_to_expiry(api: ApiBench) -> None:
    """Of two entries that go stale soon only the one that was read is queued; the other is skipped."""
    for video in ("v1", "v2"):
        api.trigger(video)
        api.store(f"ctr_prediction:video:{video}")
    api.get(f"/cache/{CTR}")
    row = api.parts.catalogue.get("ctr_prediction")
    api.clock.now += row.ttl - row.refresh_lead / 2
    answer = api.client.post("/api/precompute/refresh/ctr_prediction")
    assert answer.status_code == 202
    assert answer.get_json() == {"success": True, "task_type": "ctr_prediction", "queued": 1, "skipped": 1, "left": 0}


def test_refresh_can_be_forced(api: ApiBench) -> None:
    """With `force` an entry that is fresh and unread is computed again, at most `limit` of them."""
    for video in ("v1", "v2"):
        api.trigger(video)
        api.store(f"ctr_prediction:video:{video}")
    answer = api.client.post("/api/precompute/refresh/ctr_prediction", json={"force": True, "limit": 1})
    assert answer.get_json()["queued"] == 1


@pytest.mark.parametrize("name", ["nothing_like_it", "video_samples"])
def test_refresh_knows_its_task_types(api: ApiBench, name: str) -> None:
    """A task type that is not there, or not served, answers 404."""
    answer = api.client.post(f"/api/precompute/refresh/{name}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "unknown")


@pytest.mark.parametrize(
    ("body", "field"), [({"force": "yes"}, "force"), ({"force": 1}, "force"), ({"limit": 0}, "limit")]
)
def test_refresh_takes_no_guesses(api: ApiBench, body: dict[str, Any], field: str) -> None:
    """`force` is a JSON boolean and `limit` a positive number."""
    answer = api.client.post("/api/precompute/refresh/ctr_prediction", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])
