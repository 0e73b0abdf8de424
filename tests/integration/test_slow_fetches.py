"""Two processes and slow videos: nobody sits beside the fetch of another."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event

import clips
import pytest
from platform_under_test import LONG, Platform
from servers import serving

from precompute.admission import admit
from precompute.catalogue import CAPTION_GENERATION, SCENE_DETECTION
from precompute.entry import Entry
from precompute.events import VideoUploaded
from precompute.planner import plan

NAMES = ("v1", "v2", "v3")
"""Of two, one in a thousand pairs falls on one lock, and then the second is not asked for; of three hardly ever all."""


class Origin(ThreadingHTTPServer):
    """Serves a video; answers the first request only when another video is asked for."""

    def __init__(self, video: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.video, self.both_asked = video, Event()
        self.asked: list[str] = []

    def url(self, name: str) -> str:
        """Of the video of that name."""
        return f"http://127.0.0.1:{self.server_port}/{name}"


class _Handler(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        """The video, late."""
        self.server.asked.append(self.path)
        if len(set(self.server.asked)) >= 2:
            self.server.both_asked.set()
        self.server.both_asked.wait(LONG.total_seconds())
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.video)))
        self.end_headers()
        self.wfile.write(self.server.video)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Origin]:
    """A server with a short video with a tone."""
    server = Origin(clips.with_cuts(tmp_path / "video.mp4").read_bytes())
    with serving(server):
        yield server


@pytest.fixture
def worker_names() -> tuple[str, ...]:
    """One worker."""
    return ("one",)


@pytest.fixture
def processes_each() -> int:
    """As many as tasks decode a video."""
    return 2


@pytest.fixture
def worker_environ(tmp_path: Path) -> dict[str, str]:
    """Nobody else's fetches."""
    return {"PRECOMPUTE_DATA_DIR": str(tmp_path)}


def test_while_one_task_fetches_the_other_process_fetches_another_video(platform: Platform, origin: Origin) -> None:
    """Each video is fetched once, for its pictures and its sound; whoever was put off has not failed."""
    events = [VideoUploaded(subject_id=name, user_id="u1", data={"url": origin.url(name)}) for name in NAMES]
    for event in events:
        planned = plan(event, catalogue=platform.engine.catalogue, rows=(SCENE_DETECTION, CAPTION_GENERATION))
        admit(planned, ledger=platform.engine.ledger, dispatch=platform.engine.dispatch)
    for event in events:
        for row in (SCENE_DETECTION, CAPTION_GENERATION):
            found = platform.precomputer.get(row.key_for(event.ref), wait=LONG)
            assert isinstance(found, Entry), (found, platform.logs())
    assert sorted(origin.asked) == [f"/{name}" for name in NAMES]
    assert "Task failed" not in platform.logs()
