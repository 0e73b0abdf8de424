"""Tasks a second that do nothing: through the engine (lease, run, store, index, notify), and as bare Celery tasks.

python benchmarks/engine_overhead.py [--tasks 1500] [--rounds 3] [--processes 1 3] [--json]

Both drain the same number of messages from the same broker with the worker of the Procfile, of as many processes: of
one, where nothing happens side by side and each step adds to the next, and of three, as the service has by default.
Bare Celery runs twice: as it is by default (early acknowledgement, prefetch 4), and as carefully as the engine takes
its messages (late acknowledgement, prefetch 1). Both log at info, into a file: it is the Procfile's level, and the one
that Celery's own pages start a worker with (by itself it would take warning, and tell of no task).
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from celery import Celery
from figures import Figure, told
from nothing_row import NOTHING
from processes import WORKER_APP, served_by, started, used_by
from servers import AS_DEPLOYED, ValkeyServer

from precompute.admission import admit
from precompute.events import UserLoggedIn
from precompute.planner import plan
from precompute.settings import Settings
from workers.wiring import engine

TARGET = ">= 0.6"
STARTS = 50
"""The first tasks, during which a worker gets going, are not timed."""


OUR_QUEUES = "critical,campaign,video,login,general"
"""As the Procfile's worker drains them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one worker did.

    Attributes:
        rate: Tasks a second.
        spent_ms: Processor time of a task, by who took it.
    """

    rate: float
    spent_ms: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """All kinds, once."""

    engine: Drained
    careful: Drained
    bare: Drained


def drained(
    broker: ValkeyServer, queue: str, *, tasks: int, by: "subprocess.Popen[bytes]", cache: ValkeyServer | None = None
) -> Drained:
    """From the moment that :data:`STARTS` have been taken until none is left or held."""
    client = broker.client()

    def left() -> int:
        if by.poll() is not None:
            raise SystemExit(f"the worker of {queue} has ended")
        waiting, held = client.pipeline().llen(queue).hlen("unacked").execute()
        return int(waiting) + int(held)

    while left() > tasks - STARTS:
        time.sleep(0.005)
    before, began, first = spent(by.pid, broker, cache), time.perf_counter(), left()
    while True:
        while left():
            time.sleep(0.005)
        ended = time.perf_counter()
        # A message is in neither place while a worker moves it from the one to the other.
        time.sleep(0.2)
        if not left():
            break
    after = spent(by.pid, broker, cache)
    each = {who: 1000 * (after[who] - seconds) / first for who, seconds in before.items()}
    return Drained(rate=first / (ended - began), spent_ms=each)


def spent(worker: int, broker: ValkeyServer, cache: ValkeyServer | None) -> dict[str, float]:
    """Processor seconds so far."""
    used = used_by(worker)
    found = {"main process": used.main_s, "children": used.others_s, "broker": served_by(broker).cpu_s}
    return found if cache is None else {**found, "cache": served_by(cache).cpu_s}


def of_engine(cache: ValkeyServer, broker: ValkeyServer, *, folder: Path, tasks: int, processes: int) -> Drained:
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
        "PRECOMPUTE_WORKERS": str(processes),
    }
    with started("worker", environ=environ, log=folder / "engine.log") as process:
        done = drained(broker, NOTHING.queue.label, tasks=tasks, by=process, cache=cache)
    stored = cache.client().keys("pc:e:*")
    if len(stored) != tasks:
        raise SystemExit(f"{len(stored)} of {tasks} were stored")
    return done


def of_bare_celery(broker: ValkeyServer, *, folder: Path, tasks: int, processes: int, late: bool) -> Drained:
    """As Celery does it by itself."""
    app = Celery("bare", broker=broker.url)
    with app.producer_or_acquire() as producer:
        for _ in range(tasks):
            app.send_task("nothing", queue="bare", ignore_result=True, producer=producer)
    environ = {"BROKER_URL": broker.url, "BARE_LATE": "1" if late else "", "PRECOMPUTE_WORKERS": str(processes)}
    bare = {WORKER_APP: "bare_celery", OUR_QUEUES: "bare"}
    with started("worker", environ=environ, log=folder / "bare.log", instead=bare) as process:
        return drained(broker, "bare", tasks=tasks, by=process)


def main() -> None:
    """Run all in turn, round for round, and tell the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, Settings().workers])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds: dict[int, list[Round]] = {processes: [] for processes in options.processes}
    for _ in range(options.rounds):
        for processes, seen in rounds.items():
            seen.append(one_round(tasks=options.tasks, processes=processes))
    figures = [figure for processes, seen in rounds.items() for figure in figures_of(seen, processes=processes)]
    told("engine_overhead", figures, as_json=options.json)


def one_round(*, tasks: int, processes: int) -> Round:
    """All kinds once, with servers of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            ValkeyServer(folder / "cache", *AS_DEPLOYED) as cache,
            ValkeyServer(folder / "broker", *AS_DEPLOYED) as broker,
        ):
            return Round(
                engine=of_engine(cache, broker, folder=folder, tasks=tasks, processes=processes),
                careful=of_bare_celery(broker, folder=folder, late=True, tasks=tasks, processes=processes),
                bare=of_bare_celery(broker, folder=folder, late=False, tasks=tasks, processes=processes),
            )


def figures_of(rounds: Sequence[Round], *, processes: int) -> Iterator[Figure]:
    """Medians of all rounds, against each of the rivals; the issue's own is the simplest: one process, as it comes."""
    rates = {kind: _median(rounds, lambda one, kind=kind: getattr(one, kind).rate) for kind in ("careful", "bare")}
    named = f"a task that does nothing, {processes} {'processes' if processes > 1 else 'process'}"
    about = {"ours": _median(rounds, lambda one: one.engine.rate), "unit": "tasks/s", "target": TARGET}
    costs = f"Processor time of a task in ms: ours {_costs(rounds, 'engine')}; bare {_costs(rounds, 'bare')}."
    note = "As careful: late acknowledgement, prefetch 1. As it comes, four are taken ahead and lost with their worker."
    yield Figure(what=f"{named}, against bare Celery as careful", rival=rates["careful"], note=note, own=True, **about)
    yield Figure(
        what=f"{named}, against bare Celery as it comes",
        rival=rates["bare"],
        note=f"With {processes}: {costs}",
        own=processes > 1,
        **about,
    )


def _costs(rounds: Sequence[Round], kind: str) -> str:
    first: Drained = getattr(rounds[0], kind)
    each = {who: _median(rounds, lambda one, who=who: getattr(one, kind).spent_ms[who]) for who in first.spent_ms}
    return ", ".join(f"{who} {ms:.2f}" for who, ms in each.items())


def _median(rounds: Sequence[Round], of: Callable[[Round], float]) -> float:
    return statistics.median(of(one) for one in rounds)


if __name__ == "__main__":
    main()
