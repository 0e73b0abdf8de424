"""One video through the whole analysis, as a worker's process goes through it: what became of it, in a few words."""

import math
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import orjson
from celery.exceptions import SoftTimeLimitExceeded
from in_memory import InMemory
from marshmallow import ValidationError

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from jobs import job_for

from precompute.catalogue import VIDEO_SAMPLES, Catalogue
from precompute.errors import PrecomputeError, SourceUnavailable
from precompute.events import VideoUploaded
from precompute.job import Computed
from precompute.plugins import catalogue_for
from precompute.settings import Settings
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import Binding
from workers.execution import fitted
from workers.limits import SOFT_LIMIT, time_limit_told
from workers.tasks import bindings_for

WRONG = "WRONG"
"""How a verdict begins that no hostile video may lead to."""


class Examination:
    """Analyses videos with the functions that workers run.

    Args:
        limit_seconds: For one video; then it is ended as a worker's soft time limit ends a task.
        only_samples: Leave out what looks at the samples: ten times as fast.
    """

    def __init__(self, *, limit_seconds: float, only_samples: bool = False) -> None:
        self._limit_seconds = limit_seconds
        self._bindings = bindings_for(Settings())
        self._rows = rows_of_videos(catalogue_for(Settings()))[: 1 if only_samples else None]

    def verdict(self, data: bytes, *, ending: str) -> str:
        """``ready``, ``refused:<code>``, or what must not be: ``WRONG …``."""
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            (Path(folder) / f"v1{ending}").write_bytes(data)
            settings = Settings(media_root=Path(folder))
            try:
                with time_limit_told(), _time_limit(self._limit_seconds):
                    return self._analysed(settings)
            except SourceUnavailable as problem:
                return f"{WRONG} to be tried again: {problem.code}"
            except PrecomputeError as problem:
                return f"refused:{problem.code}"
            except SoftTimeLimitExceeded:
                return "refused:timed_out"
            except MemoryError:
                return "refused:out_of_memory"
            except Exception as problem:  # noqa: BLE001 - what is looked for
                return f"{WRONG} {type(problem).__name__}: {problem} ({_place(problem)})"

    def _analysed(self, settings: Settings) -> str:
        job = job_for(VideoUploaded(subject_id="v1", user_id="u1"), settings=settings)
        stored: dict[str, InMemory] = {}
        for row in self._rows:
            binding = self._bindings[row.name]
            inputs = (self._opened(needed, stored) for needed in row.inputs)
            answer = binding.function(*inputs, **({"job": job} if binding.wants_job else {}))
            computed = answer if isinstance(answer, Computed) else Computed(value=answer)
            try:
                value = fitted(row, computed.value)
            except ValidationError as problem:
                return f"{WRONG} {row.name} does not fit: {problem}"
            if flaw := flaw_in(value, row=row, settings=settings):
                return f"{WRONG} {row.name}: {flaw}"
            stored[row.name] = InMemory(value=orjson.loads(orjson.dumps(value)), parts=computed.parts)
        return "ready"

    def _opened(self, row: TaskType, stored: Mapping[str, InMemory]) -> Any:
        binding: Binding = self._bindings[row.name]
        return stored[row.name].value if binding.opened_by is None else binding.opened_by(stored[row.name])


def rows_of_videos(catalogue: Catalogue) -> list[TaskType]:
    """Every result of a video, inputs before what needs them."""
    return [row for row in catalogue if row.subject is Subject.VIDEO]


def flaw_in(value: Mapping[str, Any], *, row: TaskType, settings: Settings) -> str | None:
    """What is impossible about a result, whatever the video."""
    strange = [number for number in _numbers(value) if not math.isfinite(number)]
    if strange:
        return f"holds {strange[0]}"
    if row is VIDEO_SAMPLES and not 0 < value["duration"] <= 2 * settings.max_video_seconds:
        return f"a duration of {value['duration']}"
    return None


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _numbers(inner)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    # As a worker's own process tells it: by a signal to the one that computes.
    over = Timer(seconds, os.kill, (os.getpid(), SOFT_LIMIT))
    over.start()
    try:
        yield
    finally:
        over.cancel()
        over.join()


def _place(problem: BaseException) -> str:
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
