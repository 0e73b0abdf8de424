"""A video that two tasks decode is fetched once: from a real server on the loopback address."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event

import pytest
import redis
from jobs import NOON, job_for
from local_cluster import LocalWorker
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer, serving

from precompute.addresses import networks
from precompute.catalogue import VIDEO_SAMPLES, VIDEO_SOUND
from precompute.entry import State
from precompute.errors import NotYet, SourceUnavailable
from precompute.events import VideoUploaded
from precompute.job import Job
from precompute.ledger import TaskRecord
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.leftovers import Leftovers
from workers.video.shared_fetch import FOLDER, LEFT_S, clear, fetched_for_both

LATER = NOON + timedelta(milliseconds=1)
SOUND, SAMPLES = (VIDEO_SOUND, VIDEO_SAMPLES), (VIDEO_SAMPLES, VIDEO_SOUND)


class Origin(ThreadingHTTPServer):
    """Serves one video, or has trouble; counts what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.video, self.asked, self.trouble = b"first" * 1000, 0, 0
        self.answers = Event()
        self.answers.set()


class _Handler(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        """The video, or a failure while there is trouble."""
        self.server.asked += 1
        self.server.answers.wait(60)
        self.server.trouble -= 1
        failed = self.server.trouble >= 0
        self.send_response(503 if failed else 200)
        self.send_header("Content-Length", "0" if failed else str(len(self.server.video)))
        self.end_headers()
        self.wfile.write(b"" if failed else self.server.video)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server."""
    server = Origin()
    with serving(server):
        yield server


class Task:
    """One of the two that decode the video; what is known of both is when they were asked for."""

    def __init__(self, origin: Origin, data_dir: Path) -> None:
        self._settings = Settings(data_dir=data_dir, allow_addresses=networks("127.0.0.0/8"))
        self._url = f"http://127.0.0.1:{origin.server_port}/video"
        self.asked_at: dict[str, datetime] = {VIDEO_SOUND.name: NOON, VIDEO_SAMPLES.name: NOON}
        self.state = State.RUNNING
        self.meanwhile: Callable[[], object] = lambda: None

    def of(self, rows: Sequence) -> tuple[bytes, str]:
        """What the task of the first row finds, and its version."""
        row, other = rows
        with fetched_for_both(self._job(), row=row, other=other) as video:
            self.meanwhile()
            return video.path.read_bytes(), video.version

    def _job(self) -> Job:
        event = VideoUploaded(subject_id="v1", user_id="u1", data={"url": self._url})
        return replace(job_for(event, settings=self._settings), states=self._states)

    def _states(self, keys: Sequence[CacheKey]) -> Sequence[TaskRecord]:
        return [
            TaskRecord(key=key, task_id="t", state=self.state, queued_at=self.asked_at.get(key.task_type))
            for key in keys
        ]


@pytest.fixture
def task(origin: Origin, tmp_path: Path) -> Task:
    """Both were asked for at noon and are on their way."""
    return Task(origin, tmp_path)


def left(folder: Path) -> list[str]:
    """The files that are there, but for those that are only locked."""
    return [path.name for path in (folder / FOLDER).iterdir() if not path.name.startswith("lock-")]


@pytest.mark.parametrize("order", [(SOUND, SAMPLES), (SAMPLES, SOUND)])
def test_whoever_comes_second_takes_what_the_first_has_left(
    task: Task, origin: Origin, tmp_path: Path, order: tuple
) -> None:
    """The same bytes of the same version, from one request, and no file stays behind."""
    first = task.of(order[0])
    origin.video = b"second" * 1000
    assert task.of(order[1]) == first
    assert (origin.asked, left(tmp_path)) == (1, [])


def test_at_the_same_time_one_fetches_and_the_other_comes_again(task: Task, origin: Origin, tmp_path: Path) -> None:
    """As two processes do that are both idle when a video is uploaded."""

    def until_there(rows: Sequence) -> tuple[bytes, str]:
        while True:
            with suppress(NotYet):
                return task.of(rows)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(until_there, (SOUND, SAMPLES)))
    assert found[0] == found[1]
    assert (origin.asked, left(tmp_path)) == (1, [])


def test_nobody_sits_beside_a_long_fetch(task: Task, origin: Origin) -> None:
    """The one that comes second is told so, while the first still fetches."""
    origin.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(task.of, SOUND)
        wait_for_callable("waiting for the fetch", lambda: origin.asked == 1, timeout=60)
        with pytest.raises(NotYet):
            task.of(SAMPLES)
        origin.answers.set()
        found = first.result()
    assert task.of(SAMPLES) == found
    assert origin.asked == 1


def test_what_was_asked_for_later_is_fetched_anew(task: Task, origin: Origin) -> None:
    """A video that changed at its address is never read from a file that was fetched before."""
    task.of(SOUND)
    origin.video = b"second" * 1000
    task.asked_at = dict.fromkeys(task.asked_at, LATER)
    assert [task.of(rows)[0] for rows in (SOUND, SAMPLES)] == [origin.video] * 2
    assert origin.asked == 2


def test_nothing_is_left_for_nobody(task: Task, tmp_path: Path) -> None:
    """The other is not on its way, or was asked for at another time."""
    task.asked_at = {VIDEO_SAMPLES.name: NOON}
    task.of(SAMPLES)
    task.asked_at = {VIDEO_SAMPLES.name: LATER, VIDEO_SOUND.name: NOON}
    task.of(SAMPLES)
    assert left(tmp_path) == []


def test_a_task_that_nobody_knows_fetches_for_itself(task: Task, origin: Origin, tmp_path: Path) -> None:
    """Its record is gone with the cache; its video is not."""
    task.state = State.MISSING
    assert task.of(SOUND)[0] == task.of(SAMPLES)[0] == origin.video
    assert not (tmp_path / FOLDER).exists()


def test_the_second_tries_where_the_first_has_failed(task: Task, origin: Origin) -> None:
    """The trouble of a server may be over by then."""
    origin.trouble = 1
    with pytest.raises(SourceUnavailable):
        task.of(SOUND)
    assert task.of(SAMPLES)[0] == origin.video


def lies_since_long_ago(path: Path) -> None:
    """As if it had been left just longer than files are."""
    long_ago = time.time() - LEFT_S - 1
    os.utime(path, (long_ago, long_ago))


def test_what_nobody_came_for_is_removed_though_nothing_is_fetched_any_more(task: Task, tmp_path: Path) -> None:
    """Its taker ran on another host, or died; what may still be taken, and the locks, stay."""
    task.of(SOUND)
    for name in left(tmp_path):
        lies_since_long_ago(tmp_path / FOLDER / name)
    task.asked_at = dict.fromkeys(task.asked_at, LATER)
    task.of(SAMPLES)
    locks = {path for path in (tmp_path / FOLDER).iterdir() if path.name.startswith("lock-")}
    for lock in locks:
        lies_since_long_ago(lock)
    assert len(left(tmp_path)) == 4
    looking = Leftovers(tmp_path / FOLDER, look_every_s=0.01)
    looking.start()
    try:
        wait_for_callable("waiting for it to be removed", lambda: len(left(tmp_path)) == 2, timeout=60)
    finally:
        looking.stop()
    assert locks <= set((tmp_path / FOLDER).iterdir())
    video, _ = task.of(SOUND)
    assert (video, left(tmp_path)) == (b"first" * 1000, [])


def test_whoever_takes_a_file_at_the_last_moment_keeps_it(task: Task, origin: Origin, tmp_path: Path) -> None:
    """It is not left over any more, though it was fetched long ago."""
    found = task.of(SOUND)
    for name in left(tmp_path):
        lies_since_long_ago(tmp_path / FOLDER / name)
    task.meanwhile = lambda: clear(tmp_path / FOLDER)
    assert task.of(SAMPLES) == found
    assert origin.asked == 1


def test_a_worker_looks_after_its_host(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> None:
    """From its beginning: also what a worker left there that is not any more."""
    left_over = tmp_path / FOLDER / "of-a-worker-that-is-gone"
    left_over.parent.mkdir()
    left_over.write_bytes(b"a video")
    lies_since_long_ago(left_over)
    own = {"REDIS_URL": cache_server.url, "BROKER_URL": cache_server.url, "PRECOMPUTE_DATA_DIR": str(tmp_path)}
    worker = LocalWorker(name="one", queues=("video",), environ=own, log=tmp_path / "log", processes=1)
    try:
        wait_for_callable("waiting for it to be removed", lambda: not left_over.exists(), timeout=120)
    finally:
        worker.teardown()


def test_a_folder_that_cannot_be_written_to_is_worth_another_try(task: Task, tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / FOLDER).write_text("a file")
    with pytest.raises(SourceUnavailable, match=FOLDER) as raised:
        task.of(SOUND)
    assert raised.value.code == "no_room_for_video"


_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from precompute.addresses import networks
from precompute.errors import NotYet, SourceUnavailable
from precompute.media import RemoteVideo
from precompute.settings import Settings
from workers.video.fetch import fetched

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
settings = Settings(allow_addresses=networks("127.0.0.0/8"))
try:
    with fetched(RemoteVideo(sys.argv[1]), settings=settings, folder=Path(sys.argv[2])):
        print("kept")
except SourceUnavailable as problem:
    print(problem.code)
"""
"""In a process of its own, whose files may not grow beyond what a disk would have left."""


def test_a_video_that_has_no_room_is_worth_another_try(origin: Origin, tmp_path: Path) -> None:
    """Others may be gone by then; of its beginning nothing is left."""
    command = [sys.executable, "-c", _ON_A_FULL_DISK, f"http://127.0.0.1:{origin.server_port}/video", str(tmp_path)]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    told = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert told.stdout.strip() == "no_room_for_video", told.stderr
    assert not list(tmp_path.iterdir())


def test_what_a_taker_left_that_died_halfway_is_not_passed_on(task: Task, origin: Origin, tmp_path: Path) -> None:
    """It had taken the word of which version it is, and not the file."""
    task.of(SOUND)
    [version] = (tmp_path / FOLDER).glob("*.version")
    version.unlink()
    origin.video = b"second" * 1000
    assert task.of(SOUND) == task.of(SAMPLES)
