"""Refreshes by a real worker, of a video on a real web server: decoded again when it has changed, and only then."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import clips
import pytest
from platform_under_test import Platform
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import serving

import celeryconfig
from precompute.admission import admit
from precompute.catalogue import CAPTION_GENERATION, SCENE_DETECTION, VIDEO_SAMPLES
from precompute.entry import Entry
from precompute.events import VideoUploaded
from precompute.fingerprint import fingerprint_of
from precompute.media import RemoteVideo
from precompute.planner import plan
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType

V1 = SubjectRef(subject=Subject.VIDEO, id="v1")


class Shelf(ThreadingHTTPServer):
    """Serves one video with an ETag, whole or its first byte, and counts both."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.video, self.etag = b"", ""
        self.sent = {"whole": 0, "byte": 0}

    @property
    def url(self) -> str:
        """Where the video is."""
        return f"http://127.0.0.1:{self.server_port}/v1.mp4"


class _Handler(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        """The whole video, or of it the byte that was asked for."""
        part = self.headers.get("Range") == "bytes=0-0"
        body = self.server.video[:1] if part else self.server.video
        self.server.sent["byte" if part else "whole"] += 1
        self.send_response(206 if part else 200)
        self.send_header("Content-Length", str(len(body)))
        if part:
            self.send_header("Content-Range", f"bytes 0-0/{len(self.server.video)}")
        self.send_header("ETag", self.server.etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A web server."""
    server = Shelf()
    with serving(server):
        yield server


def uploaded(platform: Platform, shelf: Shelf, *rows: TaskType) -> None:
    """The video was uploaded, and these results of it are there and read."""
    source = fingerprint_of(RemoteVideo(shelf.url))
    event = VideoUploaded(subject_id="v1", user_id="u1", data={"url": shelf.url}, fingerprint=source)
    planned = plan(event, catalogue=platform.engine.catalogue, rows=rows)
    admit(planned, ledger=platform.engine.ledger, dispatch=platform.engine.dispatch)
    for row in rows:
        until(platform, lambda row=row: isinstance(platform.precomputer.get(key(row)), Entry))


def key(row: TaskType) -> CacheKey:
    """Of the video's result."""
    return row.key_for(V1)


def entry(platform: Platform, row: TaskType) -> Entry:
    """As it is served, without counting."""
    found = platform.engine.cache.read(key(row), counted=False)
    assert isinstance(found, Entry)
    return found


def age(platform: Platform, *rows: TaskType) -> None:
    """As much time passes as results are fresh."""
    # A second more: another process's reading of the server's clock may be a few milliseconds behind.
    at = platform.engine.cache.now_ms() - 1000
    for row in rows:
        platform.client.hset(f"pc:e:{key(row)}", "st", at)
        platform.client.zadd("pc:due", {str(key(row)): at})


def until(platform: Platform, there: Callable[[], bool]) -> None:
    """Hold on until it is so."""
    try:
        wait_for_callable("waiting for a refresh", there, timeout=60)
    except TimeoutError:
        raise AssertionError(platform.logs()) from None


def decodes(platform: Platform) -> int:
    """How often the video was decoded."""
    return platform.precomputer.measures().by_type[VIDEO_SAMPLES.name].computations


def test_a_video_is_decoded_again_only_when_it_has_changed(platform: Platform, shelf: Shelf, tmp_path: Path) -> None:
    """One byte is asked for; when the ETag is another, pictures and sound are decoded anew, of a video fetched once."""
    rows = (SCENE_DETECTION, CAPTION_GENERATION)
    shelf.video, shelf.etag = clips.with_cuts(tmp_path / "one.mp4", cuts=[1.0], seconds=2.0).read_bytes(), '"one"'
    uploaded(platform, shelf, *rows)
    first = entry(platform, SCENE_DETECTION)
    assert (decodes(platform), shelf.sent) == (1, {"whole": 1, "byte": 0})

    age(platform, SCENE_DETECTION)
    platform.precomputer.get(key(SCENE_DETECTION))
    until(platform, lambda: not entry(platform, SCENE_DETECTION).stale)
    age(platform, *rows)
    platform.engine.dispatch.app.send_task(celeryconfig.REFRESH, ignore_result=True)
    until(platform, lambda: not any(entry(platform, row).stale for row in rows))
    assert entry(platform, SCENE_DETECTION).computed_at == first.computed_at
    assert (decodes(platform), shelf.sent) == (1, {"whole": 1, "byte": 2})

    shelf.video, shelf.etag = clips.with_cuts(tmp_path / "two.mp4", cuts=[0.5, 1.0], seconds=2.0).read_bytes(), '"two"'
    age(platform, SCENE_DETECTION)
    platform.precomputer.get(key(SCENE_DETECTION))
    until(platform, lambda: all(entry(platform, row).computed_at > first.computed_at for row in rows))
    until(platform, lambda: not any(entry(platform, row).stale for row in rows))
    assert len(entry(platform, SCENE_DETECTION).value["cuts"]) == 2
    assert (decodes(platform), shelf.sent) == (2, {"whole": 2, "byte": 3})
