"""One bar for each analysis, until all have come to an end."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from api.demo.errors import DemoFailed

Tasks = Mapping[str, Mapping[str, Any]]

ENDED = {"ready", "failed", "missing"}
LONGEST = timedelta(minutes=30)
"""A video of ten minutes takes a few; after this, something is wrong."""

_PAUSE_SECONDS = 0.25


def follow(tasks: Callable[[], Tasks], *, console: Console) -> Tasks:
    """The tasks when all have ended, shown on the way.

    Raises:
        DemoFailed: They do not end within half an hour, or the service is gone.
    """
    deadline = time.monotonic() + LONGEST.total_seconds()
    columns = (SpinnerColumn(finished_text="•"), TextColumn("{task.description:<22}"), BarColumn())
    with Progress(*columns, TextColumn("{task.fields[state]:<8}"), TimeElapsedColumn(), console=console) as progress:
        bars: dict[str, TaskID] = {}
        while True:
            now = tasks()
            for name, task in now.items():
                if name not in bars:
                    bars[name] = progress.add_task(name.replace("_", " "), total=1, state="")
                progress.update(bars[name], completed=_share(task), state=task["state"])
            if all(task["state"] in ENDED for task in now.values()):
                return now
            if time.monotonic() > deadline:
                raise DemoFailed(f"the analyses do not end within {LONGEST.seconds // 60} minutes; see the stack's log")
            time.sleep(_PAUSE_SECONDS)


def _share(task: Mapping[str, Any]) -> float:
    return 1.0 if task["state"] in ENDED else float(task.get("progress") or 0)
