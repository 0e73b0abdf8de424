"""Workers as the Procfile starts them, for videos: how long they take, on how much processor time and memory."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from honcho.environ import parse_procfile

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from servers import AS_DEPLOYED, ValkeyServer  # noqa: E402

from precompute.entry import State  # noqa: E402
from precompute.precomputer import Precomputer  # noqa: E402
from precompute.settings import Settings  # noqa: E402
from precompute.subjects import Subject, SubjectRef  # noqa: E402
from workers.wiring import precomputer  # noqa: E402

LONGEST = timedelta(minutes=10)
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


_HELPER_MB = 50
"""Spawning brings along a process that tracks semaphores; it takes 15 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of one process, in megabytes (10^6 bytes): resident, and with shared pages divided among those who share them."""

    pid: int
    rss_mb: float
    pss_mb: float


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
        """What was computed when of the video that was uploaded last, in the order of beginning, by the log."""
        name, uploaded_at = self._last
        began: dict[str, float] = {}
        steps = []
        for line in self._log.read_text().splitlines():
            told = json.loads(line) if line.startswith("{") else {}
            task_type, _, about = str(told.get("key", "")).partition(":")
            if about == f"video:{name}" and told["action"] in ("task_started", "entry_stored"):
                at = datetime.fromisoformat(told["at"]).timestamp() - uploaded_at
                if told["action"] == "task_started":
                    began[task_type] = at
                else:
                    steps.append(Step(name=task_type, began_s=began[task_type], ended_s=at))
        return sorted(steps, key=lambda step: step.began_s)

    def cpu_seconds(self) -> float:
        """Processor time of all the worker's processes so far, with those that have ended."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self._processes()) / TICKS_A_SECOND

    def memory(self) -> list[Memory]:
        """Of each child that computes, by process id."""
        children = sorted(pid for pid, fields in self._processes() if int(fields[1]) == self._session)
        return [found for pid in children if (found := _memory_of(pid)).rss_mb > _HELPER_MB]

    def _wait(self, ref: SubjectRef) -> None:
        for _ in self._engine.changes(ref, within=LONGEST):
            pass
        failed = [status for status in self._engine.status(ref) if status.state is not State.READY]
        if failed:
            raise SystemExit(f"not analysed: {failed}")

    def _processes(self) -> Iterator[tuple[int, Sequence[str]]]:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue  # it has ended
                if int(fields[3]) == self._session:
                    yield int(entry.name), fields


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
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        }
        engine = precomputer(Settings.from_environ(environ))
        line = dict(parse_procfile((HERE.parent / "Procfile").read_text()).processes)["worker"]
        log = folder / "worker.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["sh", "-c", line],
                cwd=HERE.parent,
                env={**os.environ, **environ, "PYTHONPATH": str(HERE.parent)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            yield Workers(engine, media=media, session=process.pid, log=log)
        except BaseException:
            print(log.read_text()[-4000:], file=sys.stderr)
            raise
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _memory_of(pid: int) -> Memory:
    sizes = {"Rss": 0.0, "Pss": 0.0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, size = line.partition(":")
        if name in sizes:
            sizes[name] = int(size.split()[0]) * 1024 / 1e6
    return Memory(pid=pid, rss_mb=sizes["Rss"], pss_mb=sizes["Pss"])
