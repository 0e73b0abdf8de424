"""How soon an API process is there, and how much memory it takes once it has predicted and answered reads.

python benchmarks/api_process.py [--starts 5] [--reads 3000] [--predictions 300] [--json]

The import is timed from the start of a fresh Python to the imported ``api.wsgi``. The memory is that of Granian's
worker process, started as the Procfile starts it: resident (RSS), with all that it shares with others. Its main
process, which only watches, is told beside it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from statistics import median

import orjson
from cached_read import fill
from figures import Figure, told
from load import closed_loop, get
from processes import ROOT, Memory, api, memory_of, surroundings
from servers import AS_DEPLOYED, ValkeyServer

from precompute.facts import Action
from precompute.recent import MOST_KEPT, RecentActions
from precompute.settings import Settings
from workers.wiring import engine

sys.path.insert(0, str(ROOT / "tests"))

from behaviour_logs import recorded

USERS = 20
ENTRIES = 100
CONNECTIONS = 8

IMPORTED = "import os, api.wsgi; os.write(1, b'imported'); os._exit(0)"
"""Tells when the import is done, and ends without waiting for what a server would wait for."""


def import_seconds(environ: Mapping[str, str], *, starts: int) -> list[float]:
    """How long each of some fresh processes takes; one more before warms the machine's file cache."""
    taken = []
    for _ in range(starts + 1):
        began = time.perf_counter()
        with subprocess.Popen([sys.executable, "-c", IMPORTED], env=environ, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - opened as a pipe above
            if process.stdout.read(8) != b"imported":
                raise SystemExit("api.wsgi cannot be imported")
            taken.append(time.perf_counter() - began)
    return taken[1:]


def prediction(user: str) -> bytes:
    """The bytes of a request."""
    body = orjson.dumps({"user_id": user})
    head = "POST /api/precompute/predict-actions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def ask(address: tuple[str, int], requests: Sequence[bytes], *, times: int) -> None:
    """Ask so often, over some connections at once.

    Raises:
        SystemExit: An answer was not 200.
    """
    asked = 0
    while asked < times:
        found = closed_loop(address, list(requests), connections=CONNECTIONS, seconds=0.5)
        if set(found.statuses) != {HTTPStatus.OK}:
            raise SystemExit(f"the API answered {found.statuses}")
        asked += len(found.seconds)


def known_users(settings: Settings) -> list[str]:
    """Users with as many actions as are looked at."""
    recent = RecentActions(engine(settings).cache.client)
    log = recorded(users=USERS, days=60, seed=4)
    late = datetime.now(UTC) - max(done.at for done in log) - timedelta(minutes=1)
    by_user: dict[str, list[Action]] = {}
    for done in log:
        by_user.setdefault(done.user_id, []).append(replace(done, at=done.at + late))
    for actions in by_user.values():
        recent.add(actions[-MOST_KEPT:])
    return list(by_user)


def child_of(pid: int) -> int:
    """The one process that it started: Granian's worker."""
    listed = subprocess.check_output(["ps", "-A", "-o", "pid=,ppid="], text=True).splitlines()
    (child,) = [int(line.split()[0]) for line in listed if int(line.split()[1]) == pid]
    return child


def measured(environ: Mapping[str, str], wanted: argparse.Namespace, *, folder: Path) -> tuple[Memory, Memory, Memory]:
    """The worker before it was asked anything and after all of it, and the main process."""
    settings = Settings.from_environ(environ)
    reads = [get(f"/api/precompute/cache/{key}", host="127.0.0.1") for key in fill(settings, entries=ENTRIES)]
    users = known_users(settings)
    with api(environ=environ, log=folder / "log") as web:
        worker = child_of(web.pid)
        fresh = memory_of(worker)
        ask(web.address, [prediction(user) for user in users], times=wanted.predictions)
        ask(web.address, reads, times=wanted.reads)
        return fresh, memory_of(worker), memory_of(web.pid)


def main() -> None:
    """Tell the seconds and the megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="fresh processes that import it")
    parser.add_argument("--predictions", type=int, default=300)
    parser.add_argument("--reads", type=int, default=3000)
    parser.add_argument("--json", action="store_true", dest="as_json")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(Path(folder) / "cache", *AS_DEPLOYED) as server:
        environ = {"REDIS_URL": server.url, "BROKER_URL": server.url, "PRECOMPUTE_DATA_DIR": folder}
        taken = import_seconds(surroundings(environ), starts=wanted.starts)
        fresh, worker, parent = measured(environ, wanted, folder=Path(folder))
    shared = f", PSS {worker.pss_mb:.0f} MB, at most {worker.peak_mb:.0f} MB" if worker.pss_mb else ""
    memory = f"{fresh.rss_mb:.0f} MB before the first request{shared}; Granian's main process {parent.rss_mb:.0f} MB"
    imports = f"{min(taken):.2f} to {max(taken):.2f} s, from the start of Python to the imported api.wsgi"
    figures = [
        Figure(what="API process: import", ours=median(taken), unit="s", target="<= 2.5 s", note=imports),
        Figure(what="API process: memory", ours=worker.rss_mb, unit="MB", target="<= 220 MB", note=memory),
    ]
    told("api_process", figures, as_json=wanted.as_json)


if __name__ == "__main__":
    main()
