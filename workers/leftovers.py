"""Fetched videos that nobody came for are removed in time, also on a host where nothing is fetched any more."""

import logging
import os
import threading
from pathlib import Path

from precompute.settings import Settings
from workers.beside import run_beside
from workers.video.shared_fetch import FOLDER, clear

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
"""What has lain for long enough lies for so much longer at most, while a worker runs on its host."""


class Leftovers:
    """Looks for them in the main process of a worker, from its beginning.

    Args:
        folder: Where they are; need not be there.
        look_every_s: How often.
    """

    def __init__(self, folder: Path, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._folder = folder
        self._look_every_s = look_every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="precompute-leftovers", daemon=True)

    def start(self) -> None:
        """Look, and again until the end."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                clear(self._folder)
            except OSError as problem:
                extra = {"action": "leftovers_kept", "folder": str(self._folder), "problem": str(problem.strerror)}
                _log.warning("Fetched videos not removed", extra=extra)
            self._ended.wait(self._look_every_s)


def connect() -> None:
    """Have every worker that starts in this process look after its host."""
    run_beside(lambda _worker: Leftovers(Settings.from_environ(os.environ).data_dir / FOLDER))
