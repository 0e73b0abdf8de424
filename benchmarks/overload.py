"""Twenty times the load that the workers can do: how soon who is answered, what is refused first, and recovery.

python benchmarks/overload.py [--times 20] [--seconds 20] [--bound 600]

A real API process and a real worker of two processes, whose capacity is measured first. Then campaigns are created at
a multiple of it, open loop, while cached results are read. Refusals are told by the policy that every process asks
(``precompute.admission.may_queue``), looked at ten times a second. The run fails when triggers or reads are slower than
they may be, the order of refusals is another, a queue outgrows its bound, a refusal does not say when to ask again, or
triggers are not taken in again by themselves.
"""

import argparse
import http.client
import importlib
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from cached_read import fill, granian
from chaos_cluster import HERE, ROOT, running
from load import Answers, get, open_loop
from overload_tasks import BUSY
from rich.console import Console
from rich.progress import track
from rich.table import Table
from servers import ValkeyServer

from precompute.admission import Bounds, may_queue
from precompute.load import Backlog
from precompute.planner import Cause
from precompute.settings import Settings
from precompute.subjects import SubjectRef

MOST_WAITING = 20
TRIGGER_P99_MS, READ_P99_MS = 100.0, 100.0
READS_A_SECOND = 50.0
MEASURED = 40
_LOOK_EVERY_S = 0.1
_RECOVERS_WITHIN_S = 600.0


def request_of(number: int, *, host: str) -> bytes:
    """A new campaign."""
    data = {"budget": 100, "target_audience": "runners"}
    body = orjson.dumps({"campaign_id": f"c{number}", "user_id": f"u{number}", "campaign_data": data})
    head = f"POST /api/precompute/campaign HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass(slots=True)
class Lookout:
    """Looks at what waits, and notes when each kind of work was refused first."""

    backlog: Backlog
    bounds: Bounds
    most: int = 0
    refused_at: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is told to end."""
        began = time.monotonic()
        while not self.ended.wait(_LOOK_EVERY_S):
            load = self.backlog.before(BUSY.queue)
            self.most = max(self.most, load.waiting)
            for cause in (Cause.PREDICTION, Cause.REFRESH, Cause.EVENT):
                if not may_queue(cause, load, bounds=self.bounds):
                    self.refused_at.setdefault(cause.value, time.monotonic() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of a run."""

    capacity: float
    triggers: Answers
    reads: Answers
    lookout: Lookout
    retry_after: str
    recovered_s: float

    def wrong(self, *, bound: int, a_second: float) -> list[str]:
        """What does not hold."""
        order = list(self.lookout.refused_at)
        # A look at the queues serves half a second, in which triggers go on to be taken in.
        slack = int(a_second * 12)
        checks = {
            f"triggers take {self.triggers.percentile_ms(99):.0f} ms": self.triggers.percentile_ms(99) > TRIGGER_P99_MS,
            f"reads take {self.reads.percentile_ms(99):.0f} ms": self.reads.percentile_ms(99) > READ_P99_MS,
            f"refused in the order {order}": order != ["prediction", "refresh", "event"],
            f"{self.lookout.most} waited": self.lookout.most > bound + slack,
            f"other answers: {self.triggers.statuses}": not set(self.triggers.statuses) <= {202, 503},
            f"reads failed: {self.reads.statuses}": set(self.reads.statuses) != {200},
            "503 without Retry-After": not self.retry_after,
            "it does not recover": self.recovered_s > _RECOVERS_WITHIN_S,
        }
        return [what for what, is_so in checks.items() if is_so]


def main() -> None:
    """Run it, print the table; exit status 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=float, default=20.0, help="of what the workers can do")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--bound", type=int, default=600, help="PRECOMPUTE_MOST_WAITING_EVENTS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ValkeyServer(folder / "cache") as cache, ValkeyServer(folder / "broker") as broker:
            ours = {
                "REDIS_URL": cache.url,
                "BROKER_URL": broker.url,
                "PRECOMPUTE_DATA_DIR": str(folder),
                "PRECOMPUTE_PLUGINS": "overload_tasks",
                "PRECOMPUTE_MOST_WAITING": str(MOST_WAITING),
                "PRECOMPUTE_MOST_WAITING_EVENTS": str(options.bound),
                "PRECOMPUTE_RATE_LIMIT": "1000000/second",
                "PRECOMPUTE_LOG_LEVEL": "error",
            }
            path = os.pathsep.join((str(HERE), str(ROOT)))
            environ = {**os.environ, **ours, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "REMAP_SIGTERM": "SIGQUIT"}
            os.environ.update(ours)
            draw = random.Random(1)  # noqa: S311 - nothing secret
            with (
                running(environ, cache=cache, broker=broker, folder=folder, draw=draw, workers=("one",)),
                granian("api.wsgi:app", environ=ours) as address,
            ):
                sys.exit(_run(options, address, Settings.from_environ(environ)))


def _run(options: Any, address: tuple[str, int], settings: Settings) -> int:
    engine = importlib.import_module("workers.wiring").engine(settings)
    host = f"{address[0]}:{address[1]}"
    (key,) = fill(settings, entries=1)
    capacity = _capacity(address, engine)
    a_second = options.times * capacity
    triggers = [request_of(number, host=host) for number in range(1000, 1000 + int(a_second * options.seconds) + 1)]
    lookout = Lookout(Backlog(engine.cache, engine.catalogue), Bounds.of(settings))
    answers: dict[str, Answers] = {}

    def ask(name: str, requests: list[bytes], rate: float) -> None:
        answers[name] = open_loop(address, requests, a_second=rate, seconds=options.seconds)

    reads = [get(f"/api/precompute/cache/{key}", host=host)]
    threads = [
        threading.Thread(target=lookout.run),
        threading.Thread(target=ask, args=("triggers", triggers, a_second)),
        threading.Thread(target=ask, args=("reads", reads, READS_A_SECOND)),
    ]
    for thread in threads:
        thread.start()
    threads[1].join()
    threads[2].join()
    retry_after = _asked(address, 900_000)[1] or ""
    lookout.ended.set()
    recovered_s = _recovered(address)
    found = Found(
        capacity=capacity,
        triggers=answers["triggers"],
        reads=answers["reads"],
        lookout=lookout,
        retry_after=retry_after,
        recovered_s=recovered_s,
    )
    return _told(options, found)


def _capacity(address: tuple[str, int], engine: Any) -> float:
    """Triggers a second that the worker can do."""
    began = time.monotonic()
    for number in range(MEASURED):
        _asked(address, number)
    refs = [SubjectRef(subject=BUSY.subject, id=f"c{number}") for number in range(MEASURED)]
    keys = [BUSY.key_for(ref) for ref in refs]
    for _ in track(range(10_000), description="capacity"):
        if all(not record.state.on_its_way for record in engine.ledger.records(keys)):
            break
        time.sleep(_LOOK_EVERY_S)
    return MEASURED / (time.monotonic() - began)


def _asked(address: tuple[str, int], number: int) -> tuple[int, str | None]:
    """Status and Retry-After of one trigger."""
    connection = http.client.HTTPConnection(*address, timeout=20)
    head, body = request_of(number, host="x").split(b"\r\n\r\n", 1)
    connection.request("POST", head.split()[1].decode(), body=body, headers={"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("Retry-After")


def _recovered(address: tuple[str, int]) -> float:
    """Seconds until a trigger is taken in again."""
    began = time.monotonic()
    number = 1_000_000
    while _asked(address, number)[0] != 202 and time.monotonic() - began < _RECOVERS_WITHIN_S:
        number += 1
        time.sleep(_LOOK_EVERY_S)
    return time.monotonic() - began


def _told(options: Any, found: Found) -> int:
    rows: Mapping[str, str] = {
        "capacity, triggers a second": f"{found.capacity:.1f}",
        "offered, triggers a second": f"{found.capacity * options.times:.0f}",
        "answers to triggers": str(found.triggers.statuses),
        "triggers, p50 and p99": f"{found.triggers.percentile_ms(50):.1f}, {found.triggers.percentile_ms(99):.1f} ms",
        "cached reads, p50 and p99": f"{found.reads.percentile_ms(50):.1f}, {found.reads.percentile_ms(99):.1f} ms",
        "answers to reads": str(found.reads.statuses),
        "refused first after": ", ".join(f"{name} {at:.1f} s" for name, at in found.lookout.refused_at.items()),
        "most that waited": f"{found.lookout.most} (bound {options.bound})",
        "Retry-After": found.retry_after,
        "triggers taken in again after": f"{found.recovered_s:.1f} s",
    }
    table = Table("what", "measured", title=f"{options.times:g} times the load")
    for name, value in rows.items():
        table.add_row(name, value)
    console = Console(width=110)
    console.print(table)
    wrong = found.wrong(bound=options.bound, a_second=found.capacity * options.times)
    for line in wrong:
        console.print(f"does not hold: {line}", markup=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    main()
