"""Kills, freezes and restarts everything while results are precomputed, and holds the end against the truth.

python benchmarks/chaos.py [--tasks 2000] [--seconds 120] [--seed 1] [--broker redis|rabbitmq|sentinel] [--faults ...]

Real workers, beat and servers. Meanwhile workers are killed, asked to end and frozen for longer than a lease, the
broker and the cache are restarted with their files (a broker behind Sentinels fails over), the database goes away, and
messages are delivered twice. At the end every precomputation that was accepted must be stored with the value that its
latest input has, or have failed with its reason; no lease, counter or index may be left over, every fact must be in the
database once, and no process may have grown. The run fails when anything is off. What happens when follows the seed;
how the processes interleave does not.
"""

import argparse
import importlib
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chaos_cluster import HERE, LEASE_S, QUEUES, ROOT, Broker, Cluster, broker_of, running
from rabbitmq import RabbitServer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from servers import ValkeyServer

from precompute.settings import Settings

SETTLED_WITHIN_S = 240.0
MOST_MB = 600
"""For a process of a worker that computes next to nothing; far below the 1,500 MB at which it would be replaced."""

FAULTS = "kill,broker,stop,cache,term,child,database,beat"
_LOOK_EVERY_S = 0.5
_HOLDS_STILL_S = 3.0
_LOOKS_AGAIN = 3


def main() -> None:
    """Run it, print the table; exit status 1 when anything is off."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=120.0, help="over which they are asked for")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broker", choices=("redis", "rabbitmq", "sentinel"), default="redis")
    parser.add_argument("--faults", default=FAULTS, help="which, separated by commas; each happens at least once")
    parser.add_argument("--folder", type=Path, help="where logs and files go; else they are removed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        with ValkeyServer(folder / "cache") as cache, broker_of(options.broker, folder / "broker") as (broker, told):
            sys.exit(_run(options, cache=cache, broker=broker, told=told, folder=folder))


def _run(options: Any, *, cache: ValkeyServer, broker: Broker, told: Mapping[str, str], folder: Path) -> int:
    ours = {
        **told,
        "REDIS_URL": cache.url,
        "PRECOMPUTE_DATA_DIR": str(folder),
        "PRECOMPUTE_PLUGINS": "chaos_tasks",
        "PRECOMPUTE_LEASE": f"{LEASE_S}s",
        "PRECOMPUTE_SWEEP_INTERVAL": "1s",
        "PRECOMPUTE_LOG_FORMAT": "text",
    }
    others = {name: text for name, text in os.environ.items() if not name.startswith("PRECOMPUTE_")}
    path = os.pathsep.join((str(HERE), str(ROOT)))
    environ = {**others, **ours, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "REMAP_SIGTERM": "SIGQUIT"}
    os.environ.update(ours)
    drive = importlib.import_module("chaos_drive")
    draw = random.Random(options.seed)  # noqa: S311 - a repeatable run, nothing secret
    callers = drive.Callers(Settings.from_environ(environ), tasks=options.tasks, draw=random.Random(draw.random()))  # noqa: S311
    with running(environ, cache=cache, broker=broker, folder=folder, draw=draw) as cluster:
        began = time.monotonic()
        _under_fire(options, cluster, callers)
        fired = time.monotonic() - began
        off = list(_settle(cluster, callers))
        return _told(options, cluster, callers, off=off, seconds=(fired, time.monotonic() - began - fired))


def _under_fire(options: Any, cluster: Cluster, callers: Any) -> None:
    ended = threading.Event()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("accepted", total=options.tasks)
        asking = threading.Thread(
            target=callers.run,
            kwargs={
                "seconds": options.seconds,
                "ended": ended,
                "tell": lambda count: progress.update(bar, completed=count),
            },
            daemon=True,
        )
        asking.start()
        names = options.faults.split(",")
        while not (ended.is_set() and all(name in cluster.done for name in names)):
            untried = [name for name in names if name not in cluster.done]
            name = untried[0] if untried else cluster.draw.choice(names)
            progress.update(bar, description=f"accepted; now: {name}")
            cluster.happen(name)
            ended.wait(cluster.draw.uniform(0.5, 3.0))
        asking.join()


def _settle(cluster: Cluster, callers: Any) -> Iterator[str]:
    """Wait until nothing is on its way; what is wrong then."""
    held = 0
    yield from _still(cluster, callers)
    if not isinstance(cluster.broker, RabbitServer):
        # What killed workers had taken from a Redis comes back; it must do no harm.
        with cluster.broker.client() as client:
            held = callers.time_passes(client)
        yield from _still(cluster, callers)
    yield from _left_over(cluster, callers)
    yield from importlib.import_module("chaos_truth").facts_off(callers.engine, callers.facts)
    cluster.done["messages of dead workers that came back"] = held
    if cluster.largest_mb > MOST_MB:
        yield f"a process has grown to {cluster.largest_mb} MB"


def _left_over(cluster: Cluster, callers: Any) -> list[str]:
    """What is off at each of some looks: the service warms its cache up meanwhile, some results every ten seconds."""
    look = importlib.import_module("chaos_truth").left_over
    off = list(look(callers.engine))
    for _ in range(_LOOKS_AGAIN):
        if not off:
            break
        unsettled = list(_still(cluster, callers))
        now = set(look(callers.engine))
        off = [*unsettled, *(line for line in off if line in now)]
    return off


def _still(cluster: Cluster, callers: Any) -> Iterator[str]:
    until, quiet_since = time.monotonic() + SETTLED_WITHIN_S, 0.0
    while not quiet_since or time.monotonic() - quiet_since < _HOLDS_STILL_S:
        if time.monotonic() > until:
            yield f"{callers.on_its_way()} are on their way after {SETTLED_WITHIN_S:.0f} s"
            return
        cluster.look()
        quiet = not callers.on_its_way() and not callers.messages(QUEUES.split(",")[1:])
        quiet_since = (quiet_since or time.monotonic()) if quiet else 0.0
        time.sleep(_LOOK_EVERY_S)


def _told(options: Any, cluster: Cluster, callers: Any, *, off: list[str], seconds: tuple[float, float]) -> int:
    verdict = importlib.import_module("chaos_truth").judge(callers.engine, callers.accepted)
    off = [*verdict.off, *off]
    table = Table("what", "how many", title=f"chaos: broker {options.broker}, seed {options.seed}")
    table.add_row("precomputations accepted", str(callers.asked))
    for name in ("stored", "failed as it must", "wrong", "lost", "failed, and should not have"):
        table.add_row(name, str(verdict.counts.pop(name, 0)))
    for name, count in verdict.counts.items():
        table.add_row(name, str(count))
    table.add_row("triggers refused meanwhile, and repeated", str(callers.refused))
    table.add_row("messages delivered twice", str(callers.doubled))
    for name, count in cluster.done.items():
        table.add_row(name, str(count))
    table.add_row("largest process", f"{cluster.largest_mb} MB")
    table.add_row("under fire, then until all was settled", f"{seconds[0]:.0f} s, {seconds[1]:.0f} s")
    table.add_row("off", str(len(off)))
    console = Console(width=110)
    console.print(table)
    for line in off[:50]:
        console.print(line, markup=False)
    return 1 if off else 0


if __name__ == "__main__":
    main()
