"""A stack for the time of a demo, where none is running."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from api.demo.errors import DemoFailed

STARTS_WITHIN = timedelta(minutes=2)
_PAUSE_SECONDS = 0.2
_LAST_LINES = 20


@contextmanager
def borrowed_stack(log: Path, *, environ: Mapping[str, str], is_up: Callable[[], bool]) -> Iterator[None]:
    """Run ``precompute up`` for the time of the block; what it prints goes to ``log``.

    Raises:
        DemoFailed: It did not start; the message holds its last lines.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        # A session of its own: Ctrl-C is for the demo, which then ends the stack in good order.
        process = subprocess.Popen(
            (sys.executable, "-m", "api.cli", "up"),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_up(process, is_up=is_up, log=log)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], *, is_up: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN.total_seconds()
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
            raise DemoFailed(f"the stack does not start; the end of {log}:\n{tail}")
        time.sleep(_PAUSE_SECONDS)
