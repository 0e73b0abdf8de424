"""What feeds the operations page."""

import json
import re
from typing import Any

import pytest
import redis
from api_bench import CTR, TWELVE, ApiBench
from servers import ValkeyServer

from precompute.course import take_sample

POLICY = "default-src 'self'"


def fetched(api: ApiBench, path: str) -> Any:
    """The JSON at a path of the page's own."""
    answer = api.client.get(f"/operations{path}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def reads(api: ApiBench) -> dict[bytes, bytes]:
    """The counters of reads."""
    counters = api.parts.cache.client.hgetall("pc:m")
    return {
        name: count for name, count in counters.items() if name.startswith((b"hit:", b"stale:", b"miss:", b"used:"))
    }


def test_the_front_door_is_the_page(api: ApiBench) -> None:
    """For browsers and whoever does not mind; programs that ask for JSON get links. It takes nothing from elsewhere."""
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for accept in (browser, "*/*", ""):
        page = api.client.get("/", headers={"Accept": accept})
        assert page.mimetype == "text/html"
        assert page.headers["Content-Security-Policy"].startswith(POLICY)
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert "Accept" in page.headers["Vary"]
        assert not any(mark in page.text for mark in ("<style", "style=", "onclick", "://"))
    for accept in ("application/json", "application/json, text/plain, */*"):
        assert api.client.get("/", headers={"Accept": accept}).get_json()["success"] is True


def test_figures_tell_what_waits_and_what_failed(api: ApiBench) -> None:
    """By queue and task type, what only feeds others left out; failures with their reasons; results with their cost."""
    api.trigger("v1")
    api.trigger("v2")
    api.store("video_samples:video:v1")
    api.begin("video_samples:video:v2")
    told = fetched(api, "/figures")
    assert told["checks"] == {"cache": "ok", "broker": "ok"}
    waiting = {each["queue"]: each["types"] for each in told["waiting"]}
    assert list(waiting) == ["critical", "campaign", "video", "login", "general", "refresh", "background"]
    assert waiting["video"]["scene_detection"] == 2
    assert "video_samples" not in waiting["video"]
    assert "scene_detection" in told["computations"]
    assert "video_samples" not in told["computations"]
    assert told["latest"] == []
    assert told["alerts"] == []


def test_results_and_failures_are_listed_with_the_way_to_them(api: ApiBench) -> None:
    """Key, subject and id; cost and cause; code and message."""
    api.client.post("/api/precompute/login", json={"user_id": "u1"})
    api.store("dashboard_data:user:u1", value=b'{"a":1}')
    api.fail("predicted_actions:user:u1")
    told = fetched(api, "/figures")
    [stored] = told["latest"]
    expected = {"key": "dashboard_data:user:u1", "subject": "user", "id": "u1", "took_ms": 1500, "bytes": 7}
    assert expected.items() <= stored.items()
    [failure] = told["failures"]
    expected = {"key": "predicted_actions:user:u1", "code": "not_a_video", "subject": "user", "set_aside": False}
    assert expected.items() <= failure.items()
    assert told["failure_counts"]["predicted_actions"]["failed"] == 1


def test_many_pages_cost_the_cache_what_one_costs(api: ApiBench, cache_client: "redis.Redis") -> None:
    """Whoever asks within two seconds gets the same figures."""
    # Which they are, however slow this machine is.
    api.app.extensions["precompute-operations"].figures._clock = lambda: 100.0
    first = fetched(api, "/figures")
    cache_client.config_resetstat()
    assert [fetched(api, "/figures") for _ in range(10)] == [first] * 10
    commands = cache_client.info("commandstats")
    assert set(commands) <= {"cmdstat_config|resetstat", "cmdstat_info"}


def test_the_past_comes_as_columns(api: ApiBench) -> None:
    """One value a step and column, and sums by task type in the page's order; another range is refused."""
    take_sample(api.parts.cache, api.parts.catalogue)
    api.client.post("/api/precompute/login", json={"user_id": "u1"})
    api.store("dashboard_data:user:u1")
    api.get("/cache/dashboard_data:user:u1")
    api.get("/cache/dashboard_data:user:u2")
    api.clock.now = api.clock.now.replace(second=10)
    take_sample(api.parts.cache, api.parts.catalogue)
    told = fetched(api, "/course/hour")
    assert told["at"] == [told["now"]]
    columns = {name: told[name] for name in ("hits", "stale_hits", "misses", "computations", "failures", "seconds")}
    assert columns == {
        "hits": [1],
        "stale_hits": [0],
        "misses": [1],
        "computations": [1],
        "failures": [0],
        "seconds": [10.0],
    }
    assert [each["name"] for each in told["types"]][-3:] == [
        "dashboard_data",
        "predicted_actions",
        "campaign_analytics",
    ]
    assert {each["name"] for each in told["types"]} == TWELVE
    [dashboard] = [each for each in told["types"] if each["name"] == "dashboard_data"]
    assert dashboard["median"] == pytest.approx(1.5, rel=0.2)
    assert (dashboard["used"], dashboard["unused"]) == (1, 0)
    refused = api.client.get("/operations/course/year")
    assert (refused.status_code, refused.get_json()["error"]["fields"].keys()) == (422, {"range"})


def test_results_are_looked_at_without_a_read(api: ApiBench) -> None:
    """Every task of the subject with its state and result, whose it is and what it is called; no counter moves."""
    api.trigger(video_data={"url": "https://example.com/v1.mp4", "title": "Spring"})
    for key in ("video_samples", "scene_detection", "face_detection", "hook_analysis", "caption_generation"):
        api.store(f"{key}:video:v1")
    api.store(CTR, value=b'{"ctr":0.5}')
    api.store("thumbnail_generation:video:v1", parts={"1.jpg": b"jpeg"})
    before = reads(api)
    told = fetched(api, "/results/video/v1")
    assert told["about"] == {"user_id": "u1", "title": "Spring"}
    tasks = {task["task_type"]: task for task in told["tasks"]}
    assert tasks["ctr_prediction"]["entry"]["result"] == {"ctr": 0.5}
    assert tasks["ctr_prediction"]["entry"]["stale"] is False
    assert (tasks["thumbnail_generation"]["state"], tasks["thumbnail_generation"]["entry"]["stale"]) == ("ready", False)
    still = api.client.get("/operations/stills/v1/1.jpg")
    assert (still.data, still.mimetype) == (b"jpeg", "image/jpeg")
    assert api.client.get("/operations/stills/v1/9.jpg").status_code == 404
    assert reads(api) == before
    nobody = fetched(api, "/results/user/nobody")
    assert {task["state"] for task in nobody["tasks"]} == {"missing"}
    assert api.client.get("/operations/results/user/no body").status_code == 422
    assert api.client.get("/operations/results/planet/x").status_code == 404


def brought(page: Any) -> Any:
    """What a page shows as it opens, which stands in the page itself."""
    assert page.status_code == 200
    [content] = re.findall(r'<script type="application/json" id="first">(.*?)</script>', page.text, re.DOTALL)
    return json.loads(content)


def test_a_page_brings_what_it_shows_first(api: ApiBench) -> None:
    """The figures and the last hour, or the results: as they would be asked for; no stored text ends the element."""
    ending = "</script><script>window.attacked = true</script>"
    api.trigger(video_data={"url": "https://example.com/v1.mp4", "title": ending})
    api.store("video_samples:video:v1")
    api.store("scene_detection:video:v1")
    api.get("/cache/scene_detection:video:v1")
    take_sample(api.parts.cache, api.parts.catalogue)
    first = brought(api.client.get("/"))
    assert first == {"figures": fetched(api, "/figures"), "course": fetched(api, "/course/hour")}
    assert [one["key"] for one in first["figures"]["latest"]] == ["scene_detection:video:v1"]
    page = api.client.get("/videos/v1")
    assert ending not in page.text
    assert brought(page) == fetched(api, "/results/video/v1")
    assert brought(page)["about"]["title"] == ending


def test_a_stream_begins_with_the_figures(api: ApiBench) -> None:
    """One server-sent event each; the places are bounded, and a page that finds none is told so."""
    streams = []
    for _ in range(api.settings.api_threads * 3 // 8):
        answer = api.client.get("/operations/live", buffered=False)
        assert answer.mimetype == "text/event-stream"
        told = next(iter(answer.response))
        assert json.loads(told.removeprefix(b"data: "))["checks"]["cache"] == "ok"
        streams.append(answer)
    full = api.client.get("/operations/live")
    assert (full.status_code, full.get_json()["error"]["code"]) == (503, "busy")
    streams.pop().close()
    again = api.client.get("/operations/live", buffered=False)
    assert again.status_code == 200
    for answer in (*streams, again):
        answer.close()


def test_a_cache_that_is_down_is_a_figure(api: ApiBench, cache_server: ValkeyServer) -> None:
    """The page is told what is wrong, and hears of it when it is over."""
    cache_server.stop()
    try:
        told = fetched(api, "/figures")
        assert "cannot be used" in told["checks"]["cache"]
        assert "waiting" not in told
        assert api.client.get("/operations/course/hour").status_code == 503
        assert brought(api.client.get("/")) == {"figures": told, "course": None}
        assert brought(api.client.get("/videos/v1")) is None
    finally:
        cache_server.start()
