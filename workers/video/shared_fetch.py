"""One fetch of a video for the two tasks that decode it: whoever comes first leaves the file for the other.

A video is decoded by two tasks, its sound and its pictures, which may run at the same time in two processes. Both were
asked for at the same instant, by which they know each other's file: another upload of the same address, a retry of one
alone or a refresh is another instant, so that nobody takes a file that is older than what was asked for. Processes on
two hosts, which share no data folder, fetch it each. Nobody sits beside a long fetch of another: that task comes again
when the file may be there, and its process computes something else meanwhile.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from precompute.clock import to_ms
from precompute.errors import NotYet, SourceUnavailable
from precompute.job import Job
from precompute.media import LocalVideo, RemoteVideo
from precompute.task_type import TaskType
from workers.outward import Resolve, looked_up
from workers.sources import video_source
from workers.video.fetch import Fetched, fetched

FOLDER = "fetched"
"""In the data folder."""

LEFT_S = 900
"""A file that nobody has taken by then, as its taker ran on another host or died, is removed by a worker of its host
(:mod:`workers.leftovers`)."""

PATIENCE_S = 0.3
"""For so long a task waits for the fetch of the other one, which is often over by then, before it is put off."""

_LOOK_EVERY_S = 0.01

_LOCKS = 1024
"""So many files to lock; two videos that fall on one of them wait for each other's fetch, and for nothing else."""


@contextmanager
def fetched_for_both(job: Job, *, row: TaskType, other: TaskType, resolve: Resolve = looked_up) -> Iterator[Fetched]:
    """The video of the event as a file; fetched, unless the task of ``other`` has left it here.

    Args:
        job: Of a task of ``row``.
        row: Whose task this is.
        other: Whose task needs the same file.
        resolve: Looks names up.

    Raises:
        UnusableSource, SourceUnavailable: As :func:`workers.video.fetch.fetched` does.
        NotYet: The task of ``other`` is fetching it.
    """
    source = video_source(job)
    asked_at = None if isinstance(source, LocalVideo) else _asked_at(job, row)
    with ExitStack() as using:
        if isinstance(source, LocalVideo) or asked_at is None:
            yield using.enter_context(fetched(source, settings=job.settings, resolve=resolve))
            return
        shelf = _Shelf.of(source, folder=job.settings.data_dir / FOLDER, asked_at=asked_at)
        with shelf.alone():
            video = shelf.taken()
            if video is not None:
                using.callback(video.path.unlink, missing_ok=True)
            else:
                fetching = fetched(source, settings=job.settings, resolve=resolve, folder=shelf.folder)
                video = using.enter_context(fetching)
                if _asked_at(job, other) == asked_at:
                    shelf.leave(video)
        yield video


def clear(folder: Path) -> None:
    """Remove what nobody came for; nothing where there is no such folder.

    Raises:
        OSError: Something cannot be removed.
    """
    for path in list(folder.iterdir()) if folder.exists() else []:
        with suppress(FileNotFoundError):
            if not path.name.startswith("lock-") and time.time() - path.stat().st_mtime > LEFT_S:
                path.unlink()


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _asked_at(job: Job, row: TaskType) -> datetime | None:
    """When a task was asked for that is on its way; None when there is none."""
    [record] = job.states([row.key_for(job.event.ref)])
    return record.queued_at if record.state.on_its_way else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """Where one file is left.

    Attributes:
        folder: Shared by the processes of a host.
        name: Of the file; says of which address it is and for whom.
    """

    folder: Path
    name: str

    @classmethod
    def of(cls, source: RemoteVideo, *, folder: Path, asked_at: datetime) -> "_Shelf":
        name = blake2b(f"{to_ms(asked_at)} {source.url}".encode(), digest_size=16).hexdigest()
        return cls(folder=folder, name=name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While one of both fetches the other does not; a lock ends with its process, however that ends."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.folder / f"lock-{int(self.name, 16) % _LOCKS}").open("wb")
        except OSError as problem:
            raise SourceUnavailable(
                f"the video cannot be put into {self.folder}: {problem.strerror}", code="no_room_for_video"
            ) from problem
        with lock:
            until = time.monotonic() + PATIENCE_S
            while not _locked(lock):
                if time.monotonic() > until:
                    raise NotYet("the video is being fetched by another task")
                time.sleep(_LOOK_EVERY_S)
            yield

    def leave(self, video: Fetched) -> None:
        """Leave the file for the other; where a file cannot have two names, the other fetches it again."""
        with suppress(OSError):
            # One may be there whose taker died halfway; the version comes last, for it is what is looked for.
            self._file.unlink(missing_ok=True)
            os.link(video.path, self._file)
            self._version.write_text(video.version)

    def taken(self) -> Fetched | None:
        """What the other has left, under a name of its own; None when there is nothing."""
        mine = self.folder / f"{self.name}-{os.getpid()}"
        try:
            version = self._version.read_text()
            self._version.unlink()
            self._file.rename(mine)
            # What is about to be opened is not left over.
            os.utime(mine)
        except FileNotFoundError:
            return None
        return Fetched(path=mine, version=version)

    @property
    def _file(self) -> Path:
        return self.folder / self.name

    @property
    def _version(self) -> Path:
        return self.folder / f"{self.name}.version"
