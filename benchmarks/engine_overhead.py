"""Tasks a second that do nothing: through the engine (lease, run, store, index, notify), and as bare Celery tasks.

python benchmarks/engine_overhead.py [--tasks 2000] [--rounds 3] [--processes 1]

Both drain the same number of messages from the same broker with a real `celery worker` of as many processes. Bare
Celery runs twice: as it is by default (early acknowledgement, prefetch 4), and as carefully as the engine takes its
messages (late acknowledgement, prefetch 1).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis
from celery import Celery
from nothing_row import NOTHING
from rich.console import Console
from rich.table import Table
from servers import ValkeyServer

from precompute.admission import admit
from precompute.events import UserLoggedIn
from precompute.planner import plan
from precompute.settings import Settings
from workers.wiring import engine

HERE = Path(__file__).parent
STARTS = 50
"""The first tasks, during which a worker gets going, are not timed."""


@contextmanager
def worker(app: str, queue: str, *, environ: Mapping[str, str], processes: int) -> Iterator[None]:
    """A Celery worker as the Procfile starts it."""
    path = os.pathsep.join((str(HERE), str(HERE.parent)))
    command = [sys.executable, "-m", "celery", "-q", "-A", app, "worker", "-Q", queue, "-c", str(processes)]
    command += ["--without-gossip", "--without-mingle", "-l", "warning"]
    own = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PRECOMPUTE_LOG_LEVEL": "warning"}
    process = subprocess.Popen(command, env={**os.environ, **environ, **own})
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def drained(broker: "redis.Redis", queue: str, *, tasks: int) -> float:
    """Tasks a second, from the moment that :data:`STARTS` have been taken until none is left or held."""

    def left() -> int:
        waiting, held = broker.pipeline().llen(queue).hlen("unacked").execute()
        return int(waiting) + int(held)

    while left() > tasks - STARTS:
        time.sleep(0.005)
    began, first = time.perf_counter(), left()
    while left():
        time.sleep(0.005)
    return first / (time.perf_counter() - began)


def of_engine(cache: ValkeyServer, broker: ValkeyServer, *, folder: Path, tasks: int, processes: int) -> float:
    """Through lease, run, store, index and notification."""
    settings = Settings(
        redis_url=cache.url, broker_url=broker.url, data_dir=folder, plugins=("nothing_row",), most_waiting_events=10**7
    )
    parts = engine(settings)
    for number in range(tasks):
        event = UserLoggedIn(subject_id=f"u{number}", user_id=f"u{number}")
        admit(plan(event, catalogue=parts.catalogue, rows=[NOTHING]), ledger=parts.ledger, dispatch=parts.dispatch)
    environ = {
        "REDIS_URL": cache.url,
        "BROKER_URL": broker.url,
        "PRECOMPUTE_DATA_DIR": str(folder),
        "PRECOMPUTE_PLUGINS": "nothing_row",
    }
    with worker("workers.app", NOTHING.queue.label, environ=environ, processes=processes):
        rate = drained(broker.client(), NOTHING.queue.label, tasks=tasks)
    stored = cache.client().keys("pc:e:*")
    if len(stored) != tasks:
        raise SystemExit(f"{len(stored)} of {tasks} were stored")
    return rate


def of_bare_celery(broker: ValkeyServer, *, tasks: int, processes: int, late: bool) -> float:
    """As Celery does it by itself."""
    app = Celery("bare", broker=broker.url)
    with app.producer_or_acquire() as producer:
        for _ in range(tasks):
            app.send_task("nothing", queue="bare", ignore_result=True, producer=producer)
    environ = {"BROKER_URL": broker.url, "BARE_LATE": "1" if late else ""}
    with worker("bare_celery", "bare", environ=environ, processes=processes):
        return drained(broker.client(), "bare", tasks=tasks)


def main() -> None:
    """Run all in turn, round for round, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    amount = {"tasks": options.tasks, "processes": options.processes}
    rates: dict[str, list[float]] = {"engine": [], "bare Celery": [], "bare Celery, late and one by one": []}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with ValkeyServer(folder / "cache") as cache, ValkeyServer(folder / "broker") as broker:
                rates["engine"].append(of_engine(cache, broker, folder=folder, **amount))
                rates["bare Celery"].append(of_bare_celery(broker, late=False, **amount))
                rates["bare Celery, late and one by one"].append(of_bare_celery(broker, late=True, **amount))
    ours = statistics.median(rates["engine"])
    table = Table("", "tasks a second", "engine's share", title=f"{options.tasks} tasks, {options.processes} processes")
    for name, seen in rates.items():
        table.add_row(name, f"{statistics.median(seen):.0f}", f"{ours / statistics.median(seen):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
