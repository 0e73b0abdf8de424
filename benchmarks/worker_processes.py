"""Tasks a second that wait for a server (50 ms each), with one, two and four processes of a worker, and with threads.

python benchmarks/worker_processes.py [--tasks 200] [--json]

Each drains the same number of tasks with the worker of the Procfile; the rival of each is the run with one process.
Beside it stands what a task takes: processor time of the worker, of the cache and of the broker, and their commands.
"""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import Figure, told
from processes import served_by, started, until, used_by
from servers import AS_DEPLOYED, ValkeyServer
from waiting_row import WAITING

from precompute.admission import admit
from precompute.events import UserLoggedIn
from precompute.planner import plan
from precompute.settings import Settings
from workers.wiring import engine

ANSWERS_AFTER_S = 0.05

LEAST_OF_IDEAL = 0.8
"""Twice the processes should do so much of twice the work, while they wait and the cores have time."""

STARTS = 20
"""The first tasks, during which a worker gets going, are not timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one worker did.

    Attributes:
        rate: Tasks a second.
        worker_ms: Processor time of its processes for each task.
        cache_ms: Of the cache's server.
        broker_ms: Of the broker's.
        cache_commands: For each task; those that scripts call count.
        broker_commands: For each task.
    """

    rate: float
    worker_ms: float
    cache_ms: float
    broker_ms: float
    cache_commands: float
    broker_commands: float


async def _serve(port: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(ANSWERS_AFTER_S)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _slow_server(port: Any) -> None:
    asyncio.run(_serve(port))


@contextmanager
def slow_server() -> Iterator[str]:
    """Host and port of a server that takes :data:`ANSWERS_AFTER_S` for every answer, however many ask at once."""
    context = multiprocessing.get_context("spawn")
    port = context.Queue()
    process = context.Process(target=_slow_server, args=(port,), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{port.get(timeout=30)}"
    finally:
        process.terminate()
        process.join()


def measured(*, slow: str, tasks: int, pool: str, processes: int) -> Run:
    """One worker drains the tasks, from the moment that :data:`STARTS` are done until the last is.

    Raises:
        SystemExit: Not all were stored.
    """
    with ExitStack() as running:
        name = running.enter_context(tempfile.TemporaryDirectory())
        cache, broker = (
            running.enter_context(ValkeyServer(Path(name, each), *AS_DEPLOYED)) for each in ("cache", "broker")
        )
        _ask(cache, broker, tasks=tasks + STARTS)
        environ = {
            "REDIS_URL": cache.url,
            "BROKER_URL": broker.url,
            "PRECOMPUTE_DATA_DIR": name,
            "PRECOMPUTE_PLUGINS": "waiting_row",
            "SLOW_SERVER": slow,
            "PRECOMPUTE_WORKERS": str(processes),
        }
        pid = running.enter_context(started("worker", environ=environ, log=Path(name, "log"), more=f"-P {pool}")).pid
        _until_done(cache, STARTS)
        before, began, first = _used(pid, cache, broker), time.perf_counter(), _done(cache)
        _until_done(cache, tasks + STARTS)
        took, after = time.perf_counter() - began, _used(pid, cache, broker)
    timed = tasks + STARTS - first
    worker_s, cache_s, cache_commands, broker_s, broker_commands = (
        (late - soon) / timed for soon, late in zip(before, after, strict=True)
    )
    return Run(
        rate=timed / took,
        worker_ms=1000 * worker_s,
        cache_ms=1000 * cache_s,
        cache_commands=cache_commands,
        broker_ms=1000 * broker_s,
        broker_commands=broker_commands,
    )


def _ask(cache: ValkeyServer, broker: ValkeyServer, *, tasks: int) -> None:
    settings = Settings(redis_url=cache.url, broker_url=broker.url, plugins=("waiting_row",), most_waiting_events=10**7)
    parts = engine(settings)
    for number in range(tasks):
        event = UserLoggedIn(subject_id=f"u{number}", user_id=f"u{number}")
        admit(plan(event, catalogue=parts.catalogue, rows=[WAITING]), ledger=parts.ledger, dispatch=parts.dispatch)


def _done(cache: ValkeyServer) -> int:
    with cache.client() as client:
        return int(client.zcard(f"pc:y:{WAITING.name}"))


def _until_done(cache: ValkeyServer, many: int) -> None:
    until(lambda: _done(cache) >= many, what=f"{many} stored", within_s=300, pause_s=0.05)


def _used(pid: int, *servers: ValkeyServer) -> list[float]:
    """Processor seconds of a worker, and processor seconds and commands of each server, so far."""
    used = [used_by(pid).all_s]
    for served in map(served_by, servers):
        used += [served.cpu_s, served.commands]
    return used


def main() -> None:
    """Measure all kinds in turn and tell the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")
    options = parser.parse_args()
    with slow_server() as slow:
        runs = {
            (pool, processes): measured(slow=slow, tasks=options.tasks, pool=pool, processes=processes)
            for pool, processes in (("prefork", 1), ("prefork", 2), ("prefork", 4), ("threads", 4))
        }
    one = runs["prefork", 1]
    figures = [Figure(what="tasks that wait for 50 ms, one process", ours=one.rate, unit="tasks/s")]
    for (pool, processes), run in list(runs.items())[1:]:
        what = f"the same, {processes} {'processes' if pool == 'prefork' else 'threads'}"
        target = f">= {LEAST_OF_IDEAL * processes:.1f}" if pool == "prefork" else None
        figures.append(Figure(what=what, ours=run.rate, rival=one.rate, unit="tasks/s", target=target, own=True))
    four = runs["prefork", 4]
    costs = {"worker": four.worker_ms, "cache": four.cache_ms, "broker": four.broker_ms}
    figures += [Figure(what=f"processor time of a task, {who}", ours=ms, unit="ms") for who, ms in costs.items()]
    for server, commands in (("cache", four.cache_commands), ("broker", four.broker_commands)):
        figures.append(Figure(what=f"commands of a task to the {server}", ours=commands, unit="commands"))
    told("worker_processes", figures, as_json=options.json)


if __name__ == "__main__":
    main()
