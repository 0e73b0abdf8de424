"""How the service is doing, over HTTP."""

from datetime import timedelta

import pytest
from api_bench import CTR, SIX, TWELVE, ApiBench
from servers import ValkeyServer

from api.answers import NotReadySchema, QueueSchema, ReadySchema
from api.metric_answers import MetricsSchema
from precompute.measures import report_worker
from precompute.queues import Queue
from precompute.warming import Tally
from precompute.warmth import Warmth

HIDDEN = dict.fromkeys(("video_samples", "video_sound", "video_speech", "video_text"), 0)
"""What only feeds results of a video."""


def test_the_queue_counts_what_has_not_begun(api: ApiBench) -> None:
    """Two uploads are twelve tasks by type and by queue; what only feeds them is not counted, what began neither."""
    api.trigger("v1")
    api.trigger("v2", priority=3)
    api.begin("scene_detection:video:v1")
    body = api.get("/queue").get_json()
    assert QueueSchema().validate(body) == {}
    assert body["success"] is True
    assert body["queue_stats"] == {
        **dict.fromkeys(TWELVE, 0),
        **dict.fromkeys(SIX, 2),
        "scene_detection": 1,
        "total": 11,
    }
    assert body["queues"] == {**{queue.label: 0 for queue in Queue}, "video": 5, "refresh": 6}


def test_metrics_begin_at_nothing(api: ApiBench) -> None:
    """Before the first read every figure is there and is zero."""
    body = api.get("/metrics").get_json()
    assert MetricsSchema().validate(body) == {}
    figures = body["metrics"]
    assert (figures["cache_hit_rate"], figures["total_requests"], figures["queue_size"]) == (0.0, 0, 0)
    assert (figures["avg_processing_time"], figures["workers_running"], figures["workers"]) == ({}, 0, [])
    assert figures["hits"] == dict.fromkeys(TWELVE, 0)


def test_metrics_count_reads(api: ApiBench) -> None:
    """Three hits, one of them stale, and one miss are 75 % of four requests."""
    api.get(f"/cache/{CTR}")
    api.trigger()
    api.store()
    api.get(f"/cache/{CTR}")
    api.get(f"/cache/{CTR}")
    api.clock.now += timedelta(hours=6.5)
    api.get(f"/cache/{CTR}")
    figures = api.get("/metrics").get_json()["metrics"]
    assert (figures["cache_hit_rate"], figures["total_requests"]) == (75.0, 4)
    assert [figures[name]["ctr_prediction"] for name in ("hits", "stale_hits", "misses")] == [2, 1, 1]


def test_metrics_count_computations(api: ApiBench) -> None:
    """Results and failures are counted by type with the mean time; the decode is counted under computations alone."""
    api.trigger()
    for key in (CTR, "video_samples:video:v1"):
        api.store(key)
    api.fail("hook_analysis:video:v1")
    figures = api.get("/metrics").get_json()["metrics"]
    assert figures["computations"] == {**dict.fromkeys(TWELVE, 0), "ctr_prediction": 1, **HIDDEN, "video_samples": 1}
    assert figures["avg_processing_time"] == {"ctr_prediction": 1.5}
    assert figures["failures"] == {**dict.fromkeys(TWELVE, 0), "hook_analysis": 1}
    assert figures["rescued"] == dict.fromkeys(TWELVE, 0)


def test_metrics_say_how_long_the_oldest_waits(api: ApiBench) -> None:
    """The task that waits longest counts, by queue; empty queues are not named."""
    api.trigger("v1")
    api.clock.now += timedelta(seconds=42)
    api.trigger("v2")
    assert api.get("/metrics").get_json()["metrics"]["oldest_waiting_seconds"] == {"video": 42.0}


def test_metrics_name_the_workers(api: ApiBench) -> None:
    """Workers that reported lately are listed, and their processes are what is running; silent ones are not."""
    cache = api.parts.cache
    report_worker(cache, name="gone@host", processes=9, queues=["video"])
    api.clock.now += timedelta(minutes=1)
    report_worker(cache, name="a@host", processes=3, queues=["critical", "video"])
    report_worker(cache, name="b@host", processes=1, queues=["background"])
    figures = api.get("/metrics").get_json()["metrics"]
    assert figures["workers_running"] == 4
    assert figures["workers"][0] == {
        "name": "a@host",
        "processes": 3,
        "queues": ["critical", "video"],
        "busy": None,
        "reported_at": "2026-03-01T12:01:00.000Z",
    }
    assert [worker["name"] for worker in figures["workers"]] == ["a@host", "b@host"]


def test_ready_when_cache_and_broker_answer(api: ApiBench) -> None:
    """With both there the service is ready."""
    answer = api.client.get("/readyz")
    assert ReadySchema().validate(answer.get_json()) == {}
    checks = {"cache": "ok", "broker": "ok"}
    assert answer.get_json() == {"success": True, "status": "ready", "checks": checks, "workers": 0}
    report_worker(api.parts.cache, name="a@host", processes=3, queues=["video"])
    assert (api.client.get("/readyz").status_code, api.client.get("/readyz").get_json()["workers"]) == (200, 1)


@pytest.mark.parametrize("down", ["cache", "broker"])
def test_not_ready_says_what_is_down(
    api: ApiBench, cache_server: ValkeyServer, broker_server: ValkeyServer, down: str
) -> None:
    """With one of them down the service is not ready, says which, and is alive all the same."""
    {"cache": cache_server, "broker": broker_server}[down].kill()
    answer = api.client.get("/readyz")
    body = answer.get_json()
    assert NotReadySchema().validate(body) == {}
    assert (answer.status_code, body["success"], body["error"]["code"]) == (503, False, "not_ready")
    assert [name for name, state in body["checks"].items() if state != "ok"] == [down]
    assert body["workers"] == (None if down == "cache" else 0)
    assert int(answer.headers["Retry-After"]) > 0
    assert api.client.get("/healthz").get_json() == {"success": True, "status": "alive"}


def test_metrics_tell_how_long_things_take_and_whether_they_were_read(api: ApiBench) -> None:
    """Percentiles, the share that was read, by cause, and how much of the workers' time went to tasks."""
    api.trigger()
    api.store()
    assert api.get("/metrics").get_json()["metrics"]["share_read"][CTR.partition(":")[0]] is None
    api.get(f"/cache/{CTR}")
    report_worker(api.parts.cache, name="a@host", processes=2, queues=["video"], busy=0.25)
    figures = api.get("/metrics").get_json()["metrics"]
    took = figures["processing_time"]["ctr_prediction"]
    assert took["p50"] == pytest.approx(1.5, rel=0.2)
    assert took["p95"] == pytest.approx(1.5, rel=0.2)
    assert "hook_analysis" not in figures["processing_time"]
    assert figures["share_read"] == {**dict.fromkeys(TWELVE), "ctr_prediction": 1.0}
    seen = figures["usefulness"]["ctr_prediction"]["event"]
    assert (seen["made"], seen["used"], seen["unused"], seen["saved_seconds"]) == (1, 1, 0, 1.5)
    assert set(figures["refreshes"]["ctr_prediction"].values()) == {0}
    assert figures["memory"]["ctr_prediction"]["entries"] == 1
    assert figures["memory"]["ctr_prediction"]["bytes"] > 200
    assert (figures["worker_utilisation"], figures["workers"][0]["busy"]) == (0.25, 0.25)
    assert set(figures["prediction_accuracy"]) == {"hour", "day", "week"}
    assert figures["prediction_accuracy"]["hour"]["all"]["followed"] == 0
    assert figures["warm_up"] is None


def test_metrics_tell_of_the_warm_up(api: ApiBench) -> None:
    """When it began, how far it is, what it did."""
    warmth = Warmth(api.parts.cache)
    found = warmth.slice(warmth.due() or 0)
    assert found is not None
    warmth.went(found, place=2, of=5, rest=timedelta(seconds=1), tally=Tally(queued=6, fresh=1, refused=1))
    body = api.get("/metrics").get_json()
    assert MetricsSchema().validate(body) == {}
    told = body["metrics"]["warm_up"]
    assert (told["place"], told["of"], told["queued"], told["fresh"], told["refused"]) == (2, 5, 6, 1, 1)
    assert (told["began_at"], told["ended_at"]) == ("2026-03-01T12:00:00.000Z", None)


def test_metrics_tell_what_became_of_refreshes(api: ApiBench) -> None:
    """By the words under which they are counted; asking whether anything changed has a cost of its own."""
    counters = {
        "refresh:queued:ctr_prediction": 4,
        "refresh:unchanged:ctr_prediction": 3,
        "refresh:changed:hook_analysis": 1,
    }
    checks = {"refresh:checks:video": 4, "refresh:check_ms:video": 50}
    api.parts.cache.client.hset("pc:m", mapping=counters | checks)
    figures = api.get("/metrics").get_json()["metrics"]
    ctr = {name: count for name, count in figures["refreshes"]["ctr_prediction"].items() if count}
    hook = {name: count for name, count in figures["refreshes"]["hook_analysis"].items() if count}
    assert (ctr, hook) == ({"queued": 4, "unchanged": 3}, {"changed": 1})
    assert figures["refresh_checks"]["video"] == {"count": 4, "avg_seconds": 0.0125}
    assert figures["refresh_checks"]["user"] == {"count": 0, "avg_seconds": None}
