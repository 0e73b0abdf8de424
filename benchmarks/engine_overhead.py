"""Tasks a second that do nothing: through the engine (lease, run, store, index, notify), and as bare Celery tasks.

python benchmarks/engine_overhead.py [--tasks 1500] [--rounds 3] [--processes 1 3] [--json]

Both drain the same number of messages from the same broker with a real `celery worker` of as many processes: of one,
where nothing happens side by side and each step adds to the next, and of three, as the service has by default. Bare
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from celery import Celery
from figures import Figure, told
from nothing_row import NOTHING
from servers import AS_DEPLOYED, ValkeyServer

from precompute.admission import admit
from precompute.events import UserLoggedIn
from precompute.planner import plan
from precompute.settings import Settings
from workers.wiring import engine

TARGET = ">= 0.6"
HERE = Path(__file__).parent
PROFILE = (
    "Profile of a task with 1 process, in ms: worker's main process .6, child .5, cache .3, broker .2; "
    "with prefetch 1 one waits for the other."
)
"""As the processes' times told on 2026-11-23, while the machine had other work too."""

STARTS = 50
"""The first tasks, during which a worker gets going, are not timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Tasks a second, in one round."""

    engine: float
    careful: float
    bare: float


@contextmanager
def worker(app: str, queue: str, *, environ: Mapping[str, str], processes: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A Celery worker as the Procfile starts it."""
    path = os.pathsep.join((str(HERE), str(HERE.parent)))
    command = [sys.executable, "-m", "celery", "-q", "-A", app, "worker", "-Q", queue, "-c", str(processes)]
    command += ["--without-gossip", "--without-mingle", "-l", "warning"]
    own = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PRECOMPUTE_LOG_LEVEL": "warning"}
    # Stdout is for the figures.
    process = subprocess.Popen(command, env={**os.environ, **environ, **own}, stdout=sys.stderr)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def drained(broker: "redis.Redis", queue: str, *, tasks: int, by: "subprocess.Popen[bytes]") -> float:
    """Tasks a second, from the moment that :data:`STARTS` have been taken until none is left or held."""

    def left() -> int:
        if by.poll() is not None:
            raise SystemExit(f"the worker of {queue} has ended")
        waiting, held = broker.pipeline().llen(queue).hlen("unacked").execute()
        return int(waiting) + int(held)

    while left() > tasks - STARTS:
        time.sleep(0.005)
    began, first = time.perf_counter(), left()
    while True:
        while left():
            time.sleep(0.005)
        ended = time.perf_counter()
        # A message is in neither place while a worker moves it from the one to the other.
        time.sleep(0.2)
        if not left():
            return first / (ended - began)


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
    with worker("workers.app", NOTHING.queue.label, environ=environ, processes=processes) as process:
        rate = drained(broker.client(), NOTHING.queue.label, tasks=tasks, by=process)
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
    with worker("bare_celery", "bare", environ=environ, processes=processes) as process:
        return drained(broker.client(), "bare", tasks=tasks, by=process)


def main() -> None:
    """Run all in turn, round for round, and tell the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, Settings().workers])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rates: dict[int, list[Rates]] = {processes: [] for processes in options.processes}
    for _ in range(options.rounds):
        for processes, seen in rates.items():
            seen.append(one_round(tasks=options.tasks, processes=processes))
    figures = [figure for processes, seen in rates.items() for figure in figures_of(seen, processes=processes)]
    told("engine_overhead", figures, as_json=options.json)


def one_round(*, tasks: int, processes: int) -> Rates:
    """All kinds once, with servers of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            ValkeyServer(folder / "cache", *AS_DEPLOYED) as cache,
            ValkeyServer(folder / "broker", *AS_DEPLOYED) as broker,
        ):
            return Rates(
                engine=of_engine(cache, broker, folder=folder, tasks=tasks, processes=processes),
                careful=of_bare_celery(broker, late=True, tasks=tasks, processes=processes),
                bare=of_bare_celery(broker, late=False, tasks=tasks, processes=processes),
            )


def figures_of(rounds: Sequence[Rates], *, processes: int) -> Iterator[Figure]:
    """Medians of all rounds, against each of the rivals."""
    ours = statistics.median(one.engine for one in rounds)
    about = {"ours": ours, "unit": "tasks/s", "target": TARGET}
    named = (
        f"a task that does nothing, {processes} processes" if processes > 1 else "a task that does nothing, 1 process"
    )
    careful, bare = (
        statistics.median(each) for each in ([one.careful for one in rounds], [one.bare for one in rounds])
    )
    note = "As careful: late acknowledgement, prefetch 1. As it comes, four are taken ahead and lost with their worker."
    yield Figure(what=f"{named}, against bare Celery as careful", rival=careful, note=note, **about)
    yield Figure(what=f"{named}, against bare Celery as it comes", rival=bare, note=PROFILE, **about)


if __name__ == "__main__":
    main()
