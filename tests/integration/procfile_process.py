"""One process of the Procfile, run as it stands there, by itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from honcho.environ import parse_procfile

_PROJECT = Path(__file__).parents[2]
_LINES: Mapping[str, str] = dict(parse_procfile((_PROJECT / "Procfile").read_text()).processes)
_END_S = 30


class ProcfileProcess:
    """Runs from the moment it is made, in a process group of its own; a context manager that ends it.

    Args:
        name: In the Procfile.
        environ: What it gets beside the machine's own variables.
        log: Where its output goes.
    """

    def __init__(self, name: str, *, environ: Mapping[str, str], log: Path) -> None:
        paths = (str(_PROJECT), str(Path(__file__).parent))
        programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        more = {"PATH": programs, "PYTHONPATH": os.pathsep.join(paths), **environ}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["sh", "-c", _LINES[name]],
                cwd=_PROJECT,
                env={**os.environ, **more},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it and all it started without a word, as when its machine is lost."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait(timeout=_END_S)

    def __enter__(self) -> "ProcfileProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
