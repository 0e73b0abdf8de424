"""The whole stack as ``make run`` starts it: an upload is precomputed and read, and everything ends again."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx2
import pytest
from stack_process import Stack

from precompute.catalogue import ROWS
from precompute.subjects import Subject

Up = Callable[..., Stack]

UPLOAD = {"video_id": "test_vid_001", "user_id": "test_user_001"}
KEY = "ctr_prediction:video:test_vid_001"
ANALYSES = {
    "scene_detection",
    "face_detection",
    "hook_analysis",
    "ctr_prediction",
    "thumbnail_generation",
    "caption_generation",
}
WAITS = 8
"""Times thirty seconds: a busy machine with two cores needs about one for the shipped clip."""

POSTS = 10

needs_proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells the environment of a process")


@pytest.fixture
def service(environ: dict[str, str]) -> httpx2.Client:
    """The API on the port of the test."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{environ['PRECOMPUTE_PORT']}/api/precompute", timeout=40) as client:
        yield client


def read(service: httpx2.Client, key: str) -> dict[str, Any]:
    """The entry, waited for as the API offers it."""
    for _ in range(WAITS):
        answer = service.get(f"/cache/{key}", params={"wait": 30})
        if answer.status_code == 200:
            break
        assert answer.json()["status"] == "processing", answer.text
    body: dict[str, Any] = answer.json()
    return body


@needs_proc
def test_an_upload_is_precomputed_and_outlives_the_stack(up: Up, service: httpx2.Client) -> None:
    """The two calls of the README work, SIGTERM leaves nothing running, and a second start serves the same entry."""
    first = up().wait_until_up()
    posted = service.post("/video", json=UPLOAD)
    assert posted.status_code == 202, posted.text
    assert set(posted.json()["queued_tasks"]) == ANALYSES
    entry = read(service, KEY)
    assert 0 < entry["result"]["low"] < entry["result"]["ctr"] < entry["result"]["high"] < 1
    assert first.end(signal.SIGTERM) == 0, first.output
    assert first.left() == {}
    assert "Traceback" not in first.output

    second = up().wait_until_up()
    again = service.get(f"/cache/{KEY}")
    assert again.status_code == 200, again.text
    assert again.json()["computed_at"] == entry["computed_at"]
    assert second.end(signal.SIGINT, whole_group=True) == 0, second.output
    assert second.left() == {}


def test_ten_posts_at_once_give_six_results_of_one_decode(up: Up, service: httpx2.Client) -> None:
    """All are told the same ids; each analysis is computed once, from a video that is decoded once."""
    stack = up().wait_until_up()
    gate = Barrier(POSTS)

    def post(_: int) -> Any:
        gate.wait()
        return service.post("/video", json=UPLOAD).json()["queued_tasks"]

    with ThreadPoolExecutor(POSTS) as pool:
        told = list(pool.map(post, range(POSTS)))
    results = {name: read(service, f"{name}:video:{UPLOAD['video_id']}")["result"] for name in ANALYSES}

    assert set(told[0]) == ANALYSES
    assert told == [told[0]] * POSTS
    assert all(results.values())
    computations = service.get("/metrics").json()["metrics"]["computations"]
    # What the user who uploaded it will probably look at next is computed ahead, too.
    videos = {row.name for row in ROWS if row.subject is Subject.VIDEO}
    done = {name: times for name, times in computations.items() if times and name in videos}
    assert done == dict.fromkeys({*ANALYSES, "video_samples", "video_sound", "video_speech", "video_text"}, 1)
    assert service.post("/video", json=UPLOAD).json()["status"] == "ready"
    assert stack.end(signal.SIGTERM) == 0, stack.output
    assert stack.output.count("action=video_decoded") == 1
    assert stack.output.count("action=event_admitted") == POSTS + 1


@needs_proc
def test_work_that_a_stop_interrupts_is_done_after_the_next_start(up: Up, service: httpx2.Client) -> None:
    """What was queued or running when the stack ended is computed by the next one, without another upload."""
    first = up().wait_until_up()
    assert service.post("/video", json=UPLOAD).status_code == 202
    assert first.end(signal.SIGTERM) == 0, first.output
    assert first.left() == {}
    second = up().wait_until_up()
    assert read(service, KEY)["success"]
    assert second.end(signal.SIGTERM) == 0, second.output
    assert second.left() == {}


def test_flower_asks_for_its_login(up: Up, environ: dict[str, str]) -> None:
    """Flower answers on the loopback, to the login of the settings only."""
    stack = up(PRECOMPUTE_FLOWER_LOGIN="me:secret").wait_until_up()
    url = f"http://127.0.0.1:{environ['PRECOMPUTE_FLOWER_PORT']}/"
    with httpx2.Client(transport=httpx2.HTTPTransport(retries=8), timeout=30) as client:
        assert client.get(url).status_code == 401
        assert client.get(url, auth=("me", "secret")).status_code == 200
    assert stack.end(signal.SIGTERM) == 0, stack.output
