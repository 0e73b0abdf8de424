"""What each call answers, and how soon, while the cache, the broker or the database is dead or frozen.

python benchmarks/outages.py [--callers 16] [--rounds 3]

A real API process, a real cache and a real broker. In each outage every call is made by several callers at once,
several times over; the table gives the statuses and the slowest answer in milliseconds. Afterwards the server comes
back, and every call must answer as before, without anything of ours being restarted; the last row says how soon.
"""

import argparse
import http.client
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from cached_read import fill
from processes import api
from rich.console import Console
from rich.progress import track
from rich.table import Table
from servers import ValkeyServer

from precompute.settings import Settings

PATIENCE_S = 20
"""A call that takes longer counts as not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something a caller does."""

    name: str
    method: str
    path: str
    body: Mapping[str, object] | None = None


CALLS = (
    Call(name="read, cached", method="GET", path="/api/precompute/cache/ctr_prediction:video:v0"),
    Call(name="read, missing", method="GET", path="/api/precompute/cache/ctr_prediction:video:nope"),
    Call(name="status", method="GET", path="/api/precompute/status/video/v0"),
    Call(
        name="trigger",
        method="POST",
        path="/api/precompute/campaign",
        body={"campaign_id": "c1", "user_id": "u1", "campaign_data": {"budget": 100, "target_audience": "runners"}},
    ),
    Call(name="predict-actions", method="POST", path="/api/precompute/predict-actions", body={"user_id": "u1"}),
    Call(name="actions", method="POST", path="/api/precompute/actions", body={"user_id": "u1", "action": "login"}),
    Call(name="invalidate", method="DELETE", path="/api/precompute/cache?pattern=ctr_prediction:video:nope"),
    Call(name="refresh", method="POST", path="/api/precompute/refresh/ctr_prediction", body={"limit": 1}),
    Call(name="metrics (JSON)", method="GET", path="/api/precompute/metrics"),
    Call(name="queue", method="GET", path="/api/precompute/queue"),
    Call(name="/metrics", method="GET", path="/metrics"),
    Call(name="/readyz", method="GET", path="/readyz"),
    Call(name="/healthz", method="GET", path="/healthz"),
)

Outage = Callable[[], "contextmanager[None]"]


@contextmanager
def dead(server: ValkeyServer) -> Iterator[None]:
    """The server is killed, and started again with its files."""
    server.kill()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: ValkeyServer) -> Iterator[None]:
    """The server takes connections and says nothing."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@contextmanager
def away(database: Path) -> Iterator[None]:
    """The database's file cannot be opened."""
    hidden = database.with_suffix(".hidden")
    if database.exists():
        database.rename(hidden)
    database.mkdir()
    try:
        yield
    finally:
        database.rmdir()
        if hidden.exists():
            hidden.rename(database)


def ask(address: tuple[str, int], call: Call) -> tuple[int, float]:
    """Status (0 for none) and milliseconds of one call."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE_S)
    body = orjson.dumps(call.body) if call.body is not None else None
    headers = {"Content-Type": "application/json"} if body else {}
    try:
        connection.request(call.method, call.path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
    return status, (time.perf_counter() - began) * 1000


def under(address: tuple[str, int], *, callers: int, rounds: int) -> dict[str, str]:
    """For each call its statuses and the slowest answer; all calls are mixed, as they are in life."""
    calls = [call for _ in range(rounds) for call in CALLS]
    with ThreadPoolExecutor(callers) as pool:
        answers = list(pool.map(lambda call: (call.name, *ask(address, call)), calls))
    told = {}
    for call in CALLS:
        mine = [(status, ms) for name, status, ms in answers if name == call.name]
        statuses = "/".join(str(status or "none") for status in sorted({status for status, _ in mine}))
        told[call.name] = f"{statuses}  {max(ms for _, ms in mine):.0f}"
    return told


def back_after(address: tuple[str, int], before: Mapping[str, int]) -> float:
    """Seconds until every call answers as it did before."""
    began = time.monotonic()
    while {call.name: ask(address, call)[0] for call in CALLS} != before:
        if time.monotonic() - began > 60:
            return float("inf")
    return time.monotonic() - began


def main() -> None:
    """Run all outages, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ValkeyServer(folder / "cache") as cache, ValkeyServer(folder / "broker") as broker:
            settings = Settings(redis_url=cache.url, broker_url=broker.url, data_dir=folder)
            fill(settings, entries=1)
            environ = {"REDIS_URL": cache.url, "BROKER_URL": broker.url, "PRECOMPUTE_DATA_DIR": str(folder)}
            with api(environ=environ, log=folder / "api.log") as web:
                outages = {
                    "cache dead": lambda: dead(cache),
                    "cache frozen": lambda: frozen(cache),
                    "broker dead": lambda: dead(broker),
                    "broker frozen": lambda: frozen(broker),
                    "database away": lambda: away(folder / "precompute.sqlite3"),
                }
                run(web.address, outages, callers=options.callers, rounds=options.rounds)


def run(address: tuple[str, int], outages: Mapping[str, Callable[[], object]], *, callers: int, rounds: int) -> None:
    """Each outage in turn."""
    for call in CALLS:
        ask(address, call)
    before = {call.name: ask(address, call)[0] for call in CALLS}
    columns = {"all up": under(address, callers=callers, rounds=rounds)}
    recovered = {"all up": ""}
    for outage, begin in track(outages.items(), description="outages"):
        with begin():  # type: ignore[attr-defined]
            columns[outage] = under(address, callers=callers, rounds=rounds)
        recovered[outage] = f"{back_after(address, before):.1f} s"
    table = Table("call", *columns, title=f"status and slowest answer (ms), {callers} callers, {rounds} rounds")
    for call in CALLS:
        table.add_row(call.name, *(column[call.name] for column in columns.values()))
    table.add_row("all as before after", *recovered.values())
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
