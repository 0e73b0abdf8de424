"""One stack at a time for one data folder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from api.stack.errors import CannotStart

WAIT = timedelta(seconds=12)
"""After the supervisor was killed, its watchdog holds the lock until everything has ended: up to eight seconds."""


@contextmanager
def held_lock(data_dir: Path) -> Iterator[int]:
    """The lock of ``data_dir``, as a file descriptor.

    The kernel frees it with the last process that holds it, so what an unclean end leaves behind never blocks a start.

    Raises:
        CannotStart: Another stack runs there, or the folder cannot be used.
    """
    try:
        # What people did, and what is queued, is nobody else's on this machine; a folder that is there stays as it is.
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (data_dir / "stack.pid").open("a+", encoding="ascii")
    except OSError as problem:
        raise CannotStart(f"PRECOMPUTE_DATA_DIR cannot be used: {problem}") from problem
    with file:
        deadline = time.monotonic() + WAIT.total_seconds()
        while not _taken(file.fileno()):
            file.seek(0)
            pid = int(file.read() or 0)
            if _is_alive(pid) or time.monotonic() > deadline:
                raise CannotStart(
                    f"the stack is running already on {data_dir} (process {pid}); end it with: kill {pid}"
                )
            time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file.fileno()


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
