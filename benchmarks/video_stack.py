"""Workers as the Procfile starts them, for videos: how long they take, on how much processor time and memory."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from processes import Memory, memory_of, started, stats_of, used_by
from servers import AS_DEPLOYED, ValkeyServer

from precompute.entry import State
from precompute.precomputer import Precomputer
from precompute.settings import Settings
from precompute.subjects import Subject, SubjectRef
from workers.wiring import precomputer

LONGEST = timedelta(minutes=10)

_HELPER_MB = 50
"""Spawning brings along a process that tracks semaphores; it takes 15 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One computation of a video, in seconds since its upload."""

    name: str
    began_s: float
    ended_s: float


class Workers:
    """A worker of some processes that is up; it analyses videos of its media folder.

    Args:
        engine: What uploads are told to.
        media: The folder.
        session: Process id of the worker's main process, which leads a session of its own.
        log: What it writes.
    """

    def __init__(self, engine: Precomputer, *, media: Path, session: int, log: Path) -> None:
        self._engine = engine
        self._media = media
        self._session = session
        self._log = log
        self._numbers = count()
        self._last = ("", 0.0)

    def analyse(self, clip: Path, *, times: int = 1) -> float:
        """Upload the clip so often at once, each under an id of its own; seconds until the last result is stored."""
        names = [f"v{next(self._numbers)}" for _ in range(times)]
        for name in names:
            shutil.copy(clip, self._media / f"{name}{clip.suffix}")
        began = time.perf_counter()
        self._last = (names[-1], time.time())
        for name in names:
            self._engine.on_video_upload(name, "u1")
        for name in names:
            self._wait(SubjectRef(subject=Subject.VIDEO, id=name))
        return time.perf_counter() - began

    def timeline(self) -> list[Step]:
        """What was computed when of the video that was uploaded last, in the order of beginning, by the log.

        Raises:
            SystemExit: The log does not tell.
        """
        name, uploaded_at = self._last
        steps = []
        for line in self._log.read_text().splitlines():
            told = json.loads(line) if line.startswith("{") else {}
            task_type, _, about = str(told.get("key", "")).partition(":")
            if about == f"video:{name}" and told["action"] == "entry_stored":
                ended_s = datetime.fromisoformat(told["at"]).timestamp() - uploaded_at
                steps.append(Step(name=task_type, began_s=ended_s - told["seconds"], ended_s=ended_s))
        if not steps:
            raise SystemExit("the worker's log tells of no result")
        return sorted(steps, key=lambda step: step.began_s)

    def cpu_seconds(self) -> float:
        """Processor time of all the worker's processes so far, with those that have ended."""
        return used_by(self._session).all_s

    def memory(self) -> list[Memory]:
        """Of each child that computes, by process id."""
        children = sorted(pid for pid, fields in stats_of(self._session) if int(fields[1]) == self._session)
        return [found for pid in children if (found := memory_of(pid)).rss_mb > _HELPER_MB]

    def _wait(self, ref: SubjectRef) -> None:
        for _ in self._engine.changes(ref, within=LONGEST):
            pass
        failed = [status for status in self._engine.status(ref) if status.state is not State.READY]
        if failed:
            raise SystemExit(f"not analysed: {failed}")


@contextmanager
def workers(folder: Path, *, processes: int = 2) -> Iterator[Workers]:
    """A worker with so many processes beside a cache and a broker, all fresh."""
    media = folder / "media"
    media.mkdir(parents=True)
    with ValkeyServer(folder / "cache", *AS_DEPLOYED) as cache, ValkeyServer(folder / "broker", *AS_DEPLOYED) as broker:
        environ = {
            "REDIS_URL": cache.url,
            "BROKER_URL": broker.url,
            "PRECOMPUTE_DATA_DIR": str(folder / "data"),
            "PRECOMPUTE_MEDIA_ROOT": str(media),
            "PRECOMPUTE_WORKERS": str(processes),
        }
        engine = precomputer(Settings.from_environ(environ))
        log = folder / "worker.log"
        with started("worker", environ=environ, log=log) as process:
            yield Workers(engine, media=media, session=process.pid, log=log)
