"""One program of the stack, running in a process group of its own."""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread

KEPT_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is to be run.

    Attributes:
        name: As the Procfile and the log lines call it.
        argv: Command and arguments.
    """

    name: str
    argv: tuple[str, ...]


class Child:
    """A running program.

    It has a session of its own, so Ctrl-C in the terminal reaches the supervisor only, and the whole group can be
    killed by one call. Two threads watch it: one hands on its lines, one waits for its end.

    Attributes:
        program: What runs.
        last_lines: The end of its output, undecoded.
    """

    def __init__(
        self,
        program: Program,
        *,
        environ: Mapping[str, str],
        on_line: Callable[[str, bytes], None],
        on_end: Callable[["Child"], None],
    ) -> None:
        self.program = program
        self.last_lines: deque[bytes] = deque(maxlen=KEPT_LINES)
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - the commands are the project's own Procfile
            program.argv,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._asked = self._orphans_asked = False
        self._reader = Thread(target=self._read, args=(on_line,), daemon=True)
        self._reader.start()
        Thread(target=self._wait, args=(on_end,), daemon=True).start()

    @property
    def group(self) -> int:
        """Id of its process group, which is the id of its first process."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code of the first process, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def age_seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self._started

    @property
    def gone(self) -> bool:
        """Whether nothing of it lives: the first process has ended, and nobody holds its output open."""
        return self.returncode is not None and not self._reader.is_alive()

    def ask_to_end(self) -> None:
        """SIGTERM to the first process, and where only processes that it started are left, to those; once each.

        Not to the group: a Celery pool child that gets SIGTERM drops its task, while its parent would let it finish.
        Not twice: Celery takes a second signal for impatience.
        """
        if self.returncode is None and not self._asked:
            self._asked = True
            self._process.terminate()
        elif self.returncode is not None and not self.gone and not self._orphans_asked:
            self._orphans_asked = True
            self._signal_group(signal.SIGTERM)

    def kill(self) -> None:
        """End whatever is left of the group at once, and wait for it."""
        self._signal_group(signal.SIGKILL)
        self._process.wait()
        self._reader.join(timeout=2)

    def _signal_group(self, number: signal.Signals) -> None:
        # ESRCH: nobody is left. EPERM: macOS says so for a group that only holds zombies.
        try:
            os.killpg(self.group, number)
        except (ProcessLookupError, PermissionError):
            return

    def _read(self, on_line: Callable[[str, bytes], None]) -> None:
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        for line in self._process.stdout:
            self.last_lines.append(line.rstrip())
            on_line(self.program.name, line)
        self._process.stdout.close()

    def _wait(self, on_end: Callable[["Child"], None]) -> None:
        self._process.wait()
        on_end(self)
