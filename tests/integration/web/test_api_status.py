"""How far things are, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from api_bench import CTR, SIX, TWELVE, ApiBench
from servers import ValkeyServer
from werkzeug.test import TestResponse

from api.answers import ChangeSchema, StatusSchema, TaskSchema
from api.streaming import HEARTBEAT

STREAM = "/api/precompute/stream/video/v1"


def test_status_names_every_served_task(api: ApiBench) -> None:
    """A video nobody spoke of has six tasks that are missing."""
    body = api.get("/status/video/v1").get_json()
    assert StatusSchema().validate(body) == {}
    assert (body["success"], body["subject"], body["id"]) == (True, "video", "v1")
    assert set(body["tasks"]) == SIX
    assert {task["state"] for task in body["tasks"].values()} == {"missing"}


def test_status_tells_the_states_apart(api: ApiBench) -> None:
    """Queued, running, ready and failed tasks show as such, with times, progress and the error."""
    api.trigger()
    api.clock.now += timedelta(seconds=1)
    api.begin("face_detection:video:v1")
    api.store("scene_detection:video:v1")
    api.fail("hook_analysis:video:v1")
    tasks = api.get("/status/video/v1").get_json()["tasks"]
    assert tasks["thumbnail_generation"]["state"] == "queued"
    assert tasks["thumbnail_generation"]["queued_at"] == "2026-03-01T12:00:00.000Z"
    assert tasks["thumbnail_generation"]["started_at"] is None
    assert (tasks["face_detection"]["state"], tasks["face_detection"]["progress"]) == ("running", 0.0)
    assert tasks["face_detection"]["started_at"] == "2026-03-01T12:00:01.000Z"
    assert (tasks["scene_detection"]["state"], tasks["scene_detection"]["error"]) == ("ready", None)
    assert tasks["scene_detection"]["finished_at"] == "2026-03-01T12:00:01.000Z"
    assert tasks["hook_analysis"]["state"] == "failed"
    assert tasks["hook_analysis"]["error"] == {"code": "not_a_video", "message": "the file is not a video"}


def test_status_says_in_one_word_how_things_ended(api: ApiBench) -> None:
    """Missing; processing while anything is on its way; failed when any has; ready with all."""

    def status(video: str = "v1") -> str:
        return str(api.get(f"/status/video/{video}").get_json()["status"])

    assert status() == "missing"
    api.trigger()
    for name in sorted(SIX - {"ctr_prediction"}):
        assert status() == "processing"
        api.fail(f"{name}:video:v1")
    api.fail(CTR)
    assert status() == "failed"
    api.trigger("v2")
    for name in sorted(SIX):
        assert status("v2") == "processing"
        api.store(f"{name}:video:v2")
    assert status("v2") == "ready"


@pytest.mark.parametrize("subject", ["campaign", "user"])
def test_every_kind_of_subject_has_its_own_tasks(api: ApiBench, subject: str) -> None:
    """Three results about a campaign and three about a user, missing while nobody asked for them."""
    tasks = api.get(f"/status/{subject}/x1").get_json()["tasks"]
    assert set(tasks) == {name for name in TWELVE if api.parts.catalogue.get(name).subject == subject}
    assert [task["state"] for task in tasks.values()] == ["missing"] * 3


@pytest.mark.parametrize("route", ["status", "stream"])
@pytest.mark.parametrize(
    ("path", "field"), [("planet/x", "subject"), ("video/a%20b", "id"), ("video/" + "a" * 129, "id")]
)
def test_what_is_no_subject_is_named(api: ApiBench, route: str, path: str, field: str) -> None:
    """An unknown kind of subject or something that is no id answers 422 and is named."""
    answer = api.get(f"/{route}/{path}")
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])


def test_one_task_by_its_id(api: ApiBench) -> None:
    """A task is found by the id that the trigger gave."""
    [task_id] = api.trigger().get_json()["queued_tasks"]["ctr_prediction"]
    body = api.get(f"/tasks/{task_id}").get_json()
    assert TaskSchema().validate(body) == {}
    assert (body["success"], body["task_id"], body["task_type"], body["cache_key"]) == (
        True,
        task_id,
        "ctr_prediction",
        CTR,
    )
    assert body["state"] == "queued"


@pytest.mark.parametrize("task_id", ["b1946ac9", "%00", "*", "a" * 2000])
def test_an_unknown_task_is_not_found(api: ApiBench, task_id: str) -> None:
    """An id that no task has answers 404."""
    answer = api.get(f"/tasks/{task_id}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "unknown")


def events(answer: TestResponse) -> Iterator[tuple[str, Any]]:
    """The events of a stream as they come, without its heartbeats."""
    for chunk in answer.response:
        text = chunk.decode() if isinstance(chunk, bytes) else chunk
        for event in text.split("\n\n"):
            if event and event != HEARTBEAT.strip():
                name, data = event.split("\n")
                yield name.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))


def test_a_stream_of_nothing_is_done(api: ApiBench) -> None:
    """When nothing is on its way the stream says where each task stands and ends."""
    answer = api.client.get(STREAM, buffered=False)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    *states, last = list(events(answer))
    assert {data["task_type"] for name, data in states if name == "state"} == SIX
    assert all(ChangeSchema().validate(data) == {} for _, data in states)
    assert last == ("done", {})


def test_a_stream_tells_each_change(api: ApiBench) -> None:
    """Each change of a task is an event of its own when it happens; after the last one the stream is done."""
    api.trigger()
    stream = events(api.client.get(STREAM, buffered=False))
    assert {next(stream)[1]["state"] for _ in SIX} == {"queued"}
    api.begin("scene_detection:video:v1")
    name, data = next(stream)
    assert (name, data["cache_key"], data["state"]) == ("state", "scene_detection:video:v1", "running")
    api.fail()
    assert next(stream)[1]["error"]["code"] == "not_a_video"
    for task_type in sorted(SIX - {"ctr_prediction"}):
        api.store(f"{task_type}:video:v1")
        name, data = next(stream)
        assert (name, data["task_type"], data["state"]) == ("state", task_type, "ready")
    assert list(stream) == [("done", {})]


def test_streams_are_bounded(api: ApiBench) -> None:
    """When half of the threads stream, a further one is refused with a time to come back; a closed one makes room."""
    api.trigger()
    open_streams = [api.client.get(STREAM, buffered=False) for _ in range(4)]
    refused = api.client.get(STREAM)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert api.get(f"/cache/{CTR}").status_code == 404
    open_streams.pop().close()
    with api.client.get(STREAM, buffered=False) as again:
        assert again.status_code == 200
    for stream in open_streams:
        stream.close()


def test_a_stream_that_cannot_begin_gives_its_place_back(api: ApiBench, cache_server: ValkeyServer) -> None:
    """With the cache down a stream answers 503 every time, and not because its places are used up."""
    cache_server.kill()
    codes = {api.client.get(STREAM).get_json()["error"]["code"] for _ in range(5)}
    assert codes == {"cache_unavailable"}


def test_a_stream_says_that_the_cache_went_away(api: ApiBench, cache_server: ValkeyServer) -> None:
    """When the cache goes away on the way the stream ends with an error event in the usual shape."""
    api.trigger()
    answer = api.client.get(STREAM, buffered=False)
    stream = events(answer)
    assert {next(stream)[0] for _ in SIX} == {"state"}
    cache_server.kill()
    name, data = list(stream)[-1]
    assert (name, data["success"], data["error"]["code"]) == ("error", False, "cache_unavailable")
