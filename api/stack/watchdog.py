"""Ends the programs of a supervisor that was itself killed. A process of its own that needs nothing but Python.

It reads from a pipe that only the supervisor holds open: ``start 123`` and ``end 123`` tell which process groups live,
``done`` that all is well. The pipe closing without ``done`` means that the supervisor is dead.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

GRACE_SECONDS = 8


class Watchdog:
    """The supervisor's end of the pipe."""

    def __init__(self, *, held: tuple[int, ...] = ()) -> None:
        """Start the process.

        Args:
            held: File descriptors that it keeps open as long as it lives, such as a lock's.
        """
        self._process = subprocess.Popen(  # noqa: S603 - this very file
            (sys.executable, str(Path(__file__))),
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=held,
        )

    def tell(self, message: str) -> None:
        """Send one line. A watchdog that was killed is missed by nobody until the supervisor is killed as well."""
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe above
        try:
            self._process.stdin.write(f"{message}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return

    def dismiss(self) -> None:
        """All programs have ended: it may go, too."""
        self.tell("done")
        self._process.communicate()


def watch(lines: Iterable[str]) -> list[int]:
    """The process groups that outlived the supervisor, last started first; empty when it said ``done``."""
    alive: list[int] = []
    for line in lines:
        word, _, number = line.strip().partition(" ")
        if word == "done":
            return []
        if word == "start":
            alive.insert(0, int(number))
        elif word == "end" and int(number) in alive:
            alive.remove(int(number))
    return alive


def _signal_groups(groups: Iterable[int], number: int) -> list[int]:
    reached = []
    for group in groups:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            continue
        reached.append(group)
    return reached


def main() -> None:
    """Wait for the end of the supervisor; ask what it left behind to end, then end it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    left = _signal_groups(watch(sys.stdin), signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left = _signal_groups(left, 0)
    _signal_groups(left, signal.SIGKILL)


if __name__ == "__main__":
    main()
