"""The demo: what it says of results, and what it says when the service refuses."""

import json
from collections.abc import Callable

import httpx2
import pytest

from api.demo.caller import Caller
from api.demo.errors import DemoFailed
from api.demo.findings import in_words

NO_FACE = {"samples": [], "max_faces": 0, "screen_share": 0.0, "first_face_at": None, "largest_face_share": 0.0}


def caller(answer: Callable[[httpx2.Request], httpx2.Response]) -> Caller:
    """A caller of a service that answers as it is told."""
    return Caller(httpx2.Client(base_url="http://service", transport=httpx2.MockTransport(answer)))


@pytest.mark.parametrize(
    ("task_type", "result", "lines"),
    [
        (
            "scene_detection",
            {"duration": 14.0, "frame_rate": 29.97, "cuts": [3.5, 8.25], "scenes": [{}, {}, {}]},
            ["3 scenes in 14.0 s at 30 frames a second", "cuts at 3.50, 8.25 s"],
        ),
        ("scene_detection", {"duration": 2.0, "frame_rate": 25, "cuts": [], "scenes": [{}]}, [None, "cuts at none s"]),
        ("face_detection", NO_FACE, ["no face"]),
        (
            "face_detection",
            {"max_faces": 2, "screen_share": 0.5, "first_face_at": 1.5, "largest_face_share": 0.125},
            ["a face for 50% of the time, at most 2 at once", "the first at 1.5 s, the largest 12% of the frame"],
        ),
        (
            "hook_analysis",
            {"score": 71.6, "text": ["SALE", "50% off"], "spoken": "Look at this", "advice": ["a", "b", "c"]},
            [
                "72 of 100 for the first three seconds",
                "on the screen: SALE / 50% off",
                "spoken: “Look at this”",
                "advice: a",
                "advice: b",
            ],
        ),
        (
            "thumbnail_generation",
            {"thumbnails": [{"rank": 1, "at": 2.04, "width": 720, "height": 1280, "reasons": ["sharp", "a face"]}]},
            ["1. at 2.0 s, 720 by 1280: sharp, a face"],
        ),
        (
            "caption_generation",
            {"text": "", "language": None, "caption": "Look", "hashtags": ["#a", "#b"], "source": "local"},
            ["no speech", "caption: Look #a #b", "worded by local"],
        ),
        (
            "ctr_prediction",
            {
                "ctr": 0.0123,
                "low": 0.004,
                "high": 0.03,
                "drivers": [{"name": "faces", "effect": 0.05}, {"name": "hook", "effect": -0.2}],
                "evidence": {"outcomes": 0, "impressions": 0},
                "model_version": "prior-1",
            },
            [
                "1.23%, with 80 % certainty between 0.40% and 3.00%",
                "moved most by hook -20%, faces +5%",
                "behind it: 0 outcomes (prior-1)",
            ],
        ),
        ("loudness", {"lufs": -14, "peak": -1}, ["2 fields"]),
    ],
)
def test_results_are_told_in_words(task_type: str, result: dict[str, object], lines: list[str | None]) -> None:
    """Each result in a few lines; a task type of a plug-in's is not an error."""
    told = in_words(task_type, result)
    assert [expected or line for expected, line in zip(lines, told, strict=True)] == told


def test_a_video_without_an_address_is_sent_as_its_id_alone() -> None:
    """The shipped clip is found by its id; with a URL the service is told of it."""
    seen = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.url.path, json.loads(request.content)))
        return httpx2.Response(202, json={"message": "Queued 6 precomputation tasks"})

    service = caller(answer)
    assert service.upload("one", data={})["message"] == "Queued 6 precomputation tasks"
    service.upload("two", data={"url": "http://x/y.mp4"})
    assert seen == [
        ("/api/precompute/video", {"video_id": "one", "user_id": "demo"}),
        ("/api/precompute/video", {"video_id": "two", "user_id": "demo", "video_data": {"url": "http://x/y.mp4"}}),
    ]


def test_a_refusal_is_told_in_the_words_of_the_service() -> None:
    """Status, message and what is wrong with each field."""
    error = {"code": "bad_parameters", "message": "the video is not there", "fields": {"video_data": ["has no url"]}}
    service = caller(lambda _: httpx2.Response(422, json={"success": False, "error": error}))
    with pytest.raises(DemoFailed) as failed:
        service.upload("nothing", data={})
    assert failed.value.message == "the service answers 422: the video is not there (video_data has no url)"


@pytest.mark.parametrize("content", [b"<html>", b""])
def test_an_answer_that_is_not_json_is_no_stack_trace(content: bytes) -> None:
    """Something else listens on that port."""
    with pytest.raises(DemoFailed, match="does not answer as it should"):
        caller(lambda _: httpx2.Response(200, content=content)).tasks("one")


def test_nobody_listening_means_not_up() -> None:
    """The demo starts the stack then."""

    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    assert not caller(refuse).is_up()
    assert caller(lambda _: httpx2.Response(200)).is_up()
