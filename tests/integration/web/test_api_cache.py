"""Results that go out over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import orjson
import pytest
from api_bench import CTR, ApiBench

from api.answers import CacheMissSchema

BODY = b'{"ctr": 0.0142,\n "odd":  [1.0, 1e2, "\\u00e9"]}'
"""Spaced and escaped as no encoder here would do it, so that decoding on the way would show."""


@pytest.fixture
def stored(api: ApiBench) -> ApiBench:
    """With a CTR prediction in the cache, fresh for six hours."""
    api.trigger()
    api.store(value=BODY)
    return api


def test_a_hit_has_the_stored_bytes(stored: ApiBench) -> None:
    """The result goes out byte for byte as it was stored, inside the documented envelope."""
    stored.clock.now += timedelta(seconds=90.5)
    answer = stored.get(f"/cache/{CTR}")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert BODY in answer.data
    assert orjson.loads(answer.data) == {
        "success": True,
        "cache_key": CTR,
        "result": {"ctr": 0.0142, "odd": [1.0, 100.0, "é"]},
        "cached": True,
        "stale": False,
        "computed_at": "2026-03-01T12:00:00.000Z",
        "age_seconds": 90.5,
        "expires_in_seconds": 6 * 3600 - 90.5,
    }


def test_a_hit_says_how_long_it_may_be_kept(stored: ApiBench) -> None:
    """Age and max-age are whole seconds, the ETag is weak, and X-Cache says HIT."""
    stored.clock.now += timedelta(seconds=90.5)
    headers = stored.get(f"/cache/{CTR}").headers
    assert headers["Age"] == "90"
    assert headers["Cache-Control"] == "private, max-age=21509"
    assert headers["ETag"].startswith('W/"')
    assert headers["X-Cache"] == "HIT"


def test_a_stale_hit_is_served_and_refreshed(stored: ApiBench) -> None:
    """Past its time the old result is served as STALE with nothing left to keep, and a new computation is queued."""
    stored.clock.now += timedelta(hours=6.5)
    answer = stored.get(f"/cache/{CTR}")
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "STALE")
    assert answer.headers["Cache-Control"] == "private, max-age=0"
    body = answer.get_json()
    assert (body["stale"], body["cached"], body["expires_in_seconds"]) == (True, True, 0)
    assert stored.get("/status/video/v1").get_json()["tasks"]["ctr_prediction"]["state"] == "queued"


def test_head_has_the_headers_alone(stored: ApiBench) -> None:
    """HEAD answers like GET, without the body."""
    answer = stored.client.head(f"/api/precompute/cache/{CTR}")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["X-Cache"] == "HIT"


@pytest.mark.parametrize("form", ['W/"{}"', '"{}"', 'W/"other", W/"{}"', "*"])
def test_what_the_caller_has_is_not_sent_again(stored: ApiBench, form: str) -> None:
    """A matching If-None-Match, weak or strong, alone, in a list or as a star, answers 304 without a body."""
    etag = stored.get(f"/cache/{CTR}").headers["ETag"]
    answer = stored.get(f"/cache/{CTR}", headers={"If-None-Match": form.format(etag[3:-1])})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert answer.headers["X-Cache"] == "HIT"
    assert "max-age=" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("sent", ['W/"other"', "", "garbage", '"'])
def test_another_etag_gets_the_result(stored: ApiBench, sent: str) -> None:
    """An If-None-Match that does not match, or is none, answers 200."""
    assert stored.get(f"/cache/{CTR}", headers={"If-None-Match": sent}).status_code == 200


def test_the_same_result_keeps_its_etag(stored: ApiBench) -> None:
    """A refresh that comes to the same result leaves the ETag as it was; another result changes it."""
    before = stored.get(f"/cache/{CTR}").headers["ETag"]
    for value, same in ((BODY, True), (b"{}", False)):
        stored.client.post("/api/precompute/refresh/ctr_prediction", json={"force": True})
        stored.store(value=value)
        assert (stored.get(f"/cache/{CTR}").headers["ETag"] == before) is same


def fits(answer: Any) -> dict[str, Any]:
    """The body of a miss, when it is as documented."""
    body: dict[str, Any] = answer.get_json()
    assert CacheMissSchema().validate(body) == {}
    assert (answer.status_code, answer.headers["X-Cache"]) == (404, "MISS")
    assert answer.headers["Cache-Control"] == "no-store"
    return body


def test_a_miss_that_nobody_computes(api: ApiBench) -> None:
    """Without entry and task the answer is 404 `missing`, with nothing to wait for."""
    answer = api.get(f"/cache/{CTR}")
    body = fits(answer)
    assert (body["success"], body["status"], body["error"]["code"]) == (False, "missing", "not_cached")
    assert "task_id" not in body
    assert "Retry-After" not in answer.headers


def test_a_miss_that_is_on_its_way(api: ApiBench) -> None:
    """While it is being computed the answer is 404 `processing` with the task's id and when to ask again."""
    queued = api.trigger().get_json()["queued_tasks"]
    answer = api.get(f"/cache/{CTR}")
    body = fits(answer)
    assert (body["status"], body["error"]["code"]) == ("processing", "processing")
    assert [body["task_id"]] == queued["ctr_prediction"]
    assert answer.headers["Retry-After"] == "1"


def test_a_miss_that_failed_says_why(api: ApiBench) -> None:
    """After a failure the answer is 404 `failed` with the failure's own code and sentence."""
    api.trigger()
    api.fail()
    body = fits(api.get(f"/cache/{CTR}"))
    assert body["status"] == "failed"
    assert body["error"] == {"code": "not_a_video", "message": "the file is not a video"}


@pytest.mark.parametrize("key", ["nothing_like_it:video:v1", "video_samples:video:v1", "ctr_prediction:user:v1"])
def test_a_key_of_no_served_type_is_missing(api: ApiBench, key: str) -> None:
    """A well-formed key that nothing is ever kept under answers 404 `missing` too, with its own code."""
    body = fits(api.get(f"/cache/{key}"))
    assert (body["status"], body["error"]["code"]) == ("missing", "unknown")


@pytest.mark.parametrize("key", ["x", "a:b", "ctr_prediction:video:", "ctr_prediction:planet:v1", "a:video:%00", "%ff"])
def test_a_key_that_is_none_is_named(api: ApiBench, key: str) -> None:
    """Something else than `{task_type}:{subject}:{id}` answers 422 and names `cache_key`."""
    answer = api.get(f"/cache/{key}")
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["cache_key"])


@pytest.mark.parametrize("wait", ["", "soon", "-1", "30.1", "nan", "inf", "1e400"])
def test_a_wait_that_is_none_is_named(stored: ApiBench, wait: str) -> None:
    """`wait` takes 0 to 30 seconds; something else answers 422 and names it, also on a hit."""
    answer = stored.get(f"/cache/{CTR}?wait={wait}")
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["wait"])


def test_a_wait_ends_with_the_result(api: ApiBench) -> None:
    """A request that waits is answered with the result as soon as that is stored."""
    api.trigger()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.get, f"/cache/{CTR}?wait=30")
        assert api.notifications.asleep.wait(timeout=20)
        assert not waiting.done()
        api.store(value=BODY)
        answer = waiting.result()
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "HIT")


def test_a_wait_ends_with_the_failure(api: ApiBench) -> None:
    """A request that waits is answered as soon as the computation failed."""
    api.trigger()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.get, f"/cache/{CTR}?wait=30")
        assert api.notifications.asleep.wait(timeout=20)
        api.fail()
        assert fits(waiting.result())["status"] == "failed"


@pytest.mark.timeout(28, func_only=True)
def test_a_wait_without_a_place_is_answered_at_once(api: ApiBench) -> None:
    """When half of the threads wait already, a further `wait` is answered at once, and a hit is a hit."""
    api.trigger()
    streams = [api.client.get("/api/precompute/stream/video/v1", buffered=False) for _ in range(4)]
    answer = api.get(f"/cache/{CTR}?wait=30")
    assert fits(answer)["status"] == "processing"
    assert answer.headers["Retry-After"] == "1"
    assert not api.notifications.asleep.is_set()
    api.store(value=BODY)
    assert api.get(f"/cache/{CTR}?wait=30").status_code == 200
    for stream in streams:
        stream.close()


def test_invalidation_by_body_and_by_query(stored: ApiBench) -> None:
    """A pattern in the body or in the query deletes what it matches, in either form of the key, and counts it."""
    stored.store("scene_detection:video:v1")
    first = stored.client.delete("/api/precompute/cache", json={"pattern": "ctr_prediction:*"})
    assert (first.status_code, first.get_json()) == (200, {"success": True, "invalidated": 1})
    second = stored.client.delete("/api/precompute/cache?pattern=video:v1:*")
    assert second.get_json() == {"success": True, "invalidated": 1}
    assert stored.get(f"/cache/{CTR}").get_json()["status"] == "missing"


@pytest.mark.parametrize(
    "soft", [{"json": {"pattern": CTR, "soft": True}}, {"query_string": {"pattern": CTR, "soft": "true"}}]
)
def test_soft_invalidation_marks_as_stale(stored: ApiBench, soft: dict[str, Any]) -> None:
    """`soft` keeps the result and serves it as stale."""
    assert stored.client.delete("/api/precompute/cache", **soft).get_json()["invalidated"] == 1
    assert stored.get(f"/cache/{CTR}").headers["X-Cache"] == "STALE"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "pattern"),
        ({"json": {}}, "pattern"),
        ({"json": {"pattern": ""}}, "pattern"),
        ({"json": {"pattern": 5}}, "pattern"),
        ({"json": {"pattern": "a" * 513}}, "pattern"),
        ({"json": {"pattern": "a", "soft": "yes"}}, "soft"),
        ({"query_string": {"pattern": "a", "soft": "perhaps"}}, "soft"),
    ],
)
def test_invalidation_takes_no_guesses(stored: ApiBench, options: dict[str, Any], field: str) -> None:
    """Without a pattern that fits nothing is dropped, and the answer names what is wrong."""
    answer = stored.client.delete("/api/precompute/cache", **options)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])
    assert stored.get(f"/cache/{CTR}").status_code == 200
