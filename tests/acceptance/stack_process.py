"""The stack as a person starts it: a real process, its output, and every process that it leaves behind."""

import os
import signal
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Self

from servers import free_port

ROOT = Path(__file__).parents[2]
RUNNING = "predictive precompute is running"
MARK = "PRECOMPUTE_TEST_MARK"
END_WITHIN_SECONDS = 60


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    return [free_port() for _ in range(count)]


def processes_marked(mark: str) -> dict[int, str]:
    """Living processes that have ``mark`` in their environment, with their command lines; only Linux can tell."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # gone meanwhile, or of another user
            continue
    return found


class Stack:
    """One ``precompute up`` in a process group of its own."""

    def __init__(self, *command: str, environ: Mapping[str, str], read: bool = True) -> None:
        """Start ``command``; with ``read`` false nobody ever reads what it prints."""
        self.mark = uuid.uuid4().hex
        self.lines: list[str] = []
        self._up = Event()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PRECOMPUTE_LOG_FORMAT": "text", **environ, MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        if read:
            self._reader.start()

    def clear_away(self) -> None:
        """Kill whatever is left of it."""
        for pid in (self.process.pid, *processes_marked(self.mark)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.wait()

    @property
    def output(self) -> str:
        """Everything it printed so far."""
        return "".join(self.lines)

    def wait_until_up(self, *, within_seconds: float = 120) -> Self:
        """The same, once it says that it is running."""
        self._up.wait(within_seconds)
        assert RUNNING in self.output or '{"running"' in self.output, self.output
        return self

    def end(self, number: signal.Signals, *, whole_group: bool = False) -> int:
        """Its exit code after the signal."""
        if whole_group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, when it ends."""
        code = self.process.wait(END_WITHIN_SECONDS)
        if self._reader.ident is not None:
            self._reader.join(timeout=10)
        elif self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def left(self) -> dict[int, str]:
        """Processes that it left behind."""
        return processes_marked(self.mark)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if RUNNING in line or line.startswith('{"running"'):
                self._up.set()
        self.process.stdout.close()
        self._up.set()
