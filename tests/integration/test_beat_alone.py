"""A beat that starts before its server does, and one that ends after it."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from servers import ValkeyServer

from precompute.queues import Queue

PROJECT = Path(__file__).parents[2]
_PATIENCE_S = 60


def until_told(log: Path, what: str) -> None:
    """Hold on until it has logged this."""
    until = time.monotonic() + _PATIENCE_S
    while what not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)


def test_beat_waits_for_its_server(tmp_path: Path) -> None:
    """It says so once and in one line, sends what is due when the server is there, and ends cleanly without it."""
    path = tmp_path / "beat.log"
    with ValkeyServer(tmp_path / "valkey") as server:
        server.stop()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
        environ = {**kept, "REDIS_URL": server.url, "BROKER_URL": server.url, "PRECOMPUTE_LOG_FORMAT": "json"}
        command = [sys.executable, "-m", "celery", "-q", "-A", "workers.app", "beat", "-S", "workers.beat.Scheduler"]
        with path.open("wb") as log:
            beat = subprocess.Popen([*command, "-l", "WARNING"], cwd=PROJECT, env=environ, stdout=log, stderr=log)
        try:
            until_told(path, "schedule_away")
            server.start()
            client: Any = server.client()
            assert client.blpop(Queue.CRITICAL.label, timeout=_PATIENCE_S)
            until_told(path, "schedule_back")
            assert path.read_text().count("schedule_away") == path.read_text().count("schedule_back") == 1
            server.stop()
            # Not a stack trace in place of a line, at the beginning or the end.
            beat.terminate()
            assert beat.wait(_PATIENCE_S) == 0
            assert "Traceback" not in path.read_text()
        finally:
            beat.kill()
            beat.wait()
