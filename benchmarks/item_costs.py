"""What a cached read, a login and a video cost: processor time of API, cache and broker, commands, and memory.

python benchmarks/item_costs.py [--seconds 5] [--json]

The API of the Procfile, with its log, beside two servers, one the cache and one the broker. No worker runs, so that
nothing else spends time on them; what a task costs is told by ``worker_processes.py``. Processor time depends little on
what else the machine does. Reads are of ever other results, none of which the API process has kept; those for a user
bring a fact, and what comes next is predicted. What the API does by itself afterwards counts too.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from api_process import child_of
from cached_read import fill
from figures import Figure, told
from filled_store import load as stored
from load import closed_loop, get
from processes import api, until
from servers import AS_DEPLOYED, ValkeyServer

from precompute.catalogue import ROWS, Catalogue
from precompute.events import UserLoggedIn
from precompute.processes import taken_by
from precompute.settings import Settings
from precompute.subjects import Subject
from precompute.task_type import TaskType

ROOT = "/api/precompute"
BATCH = 100
CONNECTIONS = 8
ENTRIES = 2000
REST_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What has been spent so far, or for each of many.

    Attributes:
        api_ms: Processor time of the API's processes.
        server_ms: Of the cache, and of the broker.
        commands: The same; those that scripts call count.
        bytes_in: Sent to them.
        bytes_kept: Memory that they take.
    """

    api_ms: float
    server_ms: tuple[float, ...]
    commands: tuple[float, ...]
    bytes_in: tuple[float, ...]
    bytes_kept: tuple[float, ...]


def spent(pids: list[int], servers: list[ValkeyServer]) -> Spent:
    """So far."""
    told_by: list[Any] = []
    for server in servers:
        with server.client() as client:
            told_by.append({**client.info("cpu"), **client.info("stats"), **client.info("memory")})
    return Spent(
        api_ms=1000 * sum(taken_by(pids).cpu_seconds.values()),
        server_ms=tuple(1000 * (each["used_cpu_user"] + each["used_cpu_sys"]) for each in told_by),
        commands=tuple(each["total_commands_processed"] for each in told_by),
        bytes_in=tuple(each["total_net_input_bytes"] for each in told_by),
        bytes_kept=tuple(each["used_memory"] for each in told_by),
    )


def rest(pids: list[int]) -> None:
    """Returns once the processes have done what follows on what they answered."""

    def used() -> float:
        return sum(taken_by(pids).cpu_seconds.values())

    def at_rest() -> bool:
        before = used()
        time.sleep(REST_S)
        return used() - before < REST_S / 20

    until(at_rest, what="at rest")


def for_each(before: Spent, after: Spent, *, many: int) -> Spent:
    """What each of so many cost."""

    def each(late: tuple[float, ...], soon: tuple[float, ...]) -> tuple[float, ...]:
        return tuple((one - other) / many for one, other in zip(late, soon, strict=True))

    return Spent(
        api_ms=(after.api_ms - before.api_ms) / many,
        server_ms=each(after.server_ms, before.server_ms),
        commands=each(after.commands, before.commands),
        bytes_in=each(after.bytes_in, before.bytes_in),
        bytes_kept=each(after.bytes_kept, before.bytes_kept),
    )


def trigger(number: int, *, of: str = "video") -> dict[str, Any]:
    """All analyses of a video that no other has."""
    source = {"url": f"https://cdn.example.com/{of}/{number:08}.mp4", "title": "Summer sale, up to half off"}
    return {"video_id": f"{of}_{number:08}", "user_id": f"user_{number:08}", "video_data": source}


def batch(number: int) -> dict[str, Any]:
    """:data:`BATCH` triggers of other videos."""
    first = number * BATCH
    return {"videos": [trigger(each, of="batch") for each in range(first, first + BATCH)]}


def by(number: int) -> str:
    """The header that says for whom a result is read: one of some hundred people."""
    return f"X-User-Id: reader_{number % 100}\r\n"


def post(path: str, body: Mapping[str, Any]) -> bytes:
    """The bytes of a POST request."""
    text = orjson.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text


def measured(
    environ: Mapping[str, str], servers: list[ValkeyServer], wanted: argparse.Namespace, *, log: Path
) -> dict[str, Spent]:
    """A read and a trigger.

    Raises:
        SystemExit: An answer was not what it should be.
    """
    paths = [f"{ROOT}/cache/{key}" for key in fill(Settings.from_environ(environ), entries=ENTRIES)]
    users = [f"known_{number:08}" for number in range(wanted.triggers)]
    with servers[0].client() as client:
        stored(client, ((row, UserLoggedIn(subject_id=user, user_id=user)) for user in users for row in _of_users()))
    kinds = (
        ("read", [get(path, host="127.0.0.1") for path in paths], 1, 200),
        ("read for a user", [get(path, host="127.0.0.1", headers=by(n)) for n, path in enumerate(paths)], 1, 200),
        ("login, all fresh", [post(f"{ROOT}/login", {"user_id": user}) for user in users], 1, 202),
        ("video", [post(f"{ROOT}/video", trigger(number)) for number in range(wanted.triggers)], 1, 202),
        ("video in a batch", [post(f"{ROOT}/batch", batch(each)) for each in range(wanted.batches)], BATCH, 202),
    )
    found = {}
    with api(environ=environ, log=log) as web:
        pids = [web.pid, child_of(web.pid)]
        for name, requests, many, status in kinds:
            # What comes once, such as a connection of each thread, is not to count.
            closed_loop(web.address, requests[:CONNECTIONS], connections=CONNECTIONS, seconds=0.2)
            rest(pids)
            before = spent(pids, servers)
            answers = closed_loop(web.address, requests[CONNECTIONS:], connections=CONNECTIONS, seconds=wanted.seconds)
            rest(pids)
            repeated = len(answers.seconds) > len(requests[CONNECTIONS:]) and not name.startswith("read")
            if set(answers.statuses) != {status} or repeated:
                raise SystemExit(f"a {name} was answered {answers.statuses}, of {len(requests)}")
            found[name] = for_each(before, spent(pids, servers), many=many * len(answers.seconds))
    return found


def _of_users() -> list[TaskType]:
    return [row for row in Catalogue.of(ROWS).served() if row.subject is Subject.USER]


def figures_of(name: str, one: Spent) -> list[Figure]:
    """All that a read or a trigger costs."""
    figures = [Figure(what=f"{name}: processor time of the API", ours=one.api_ms, unit="ms")]
    for number, server in enumerate(("cache", "broker")):
        if one.commands[number] < 0.1:
            continue
        figures += [
            Figure(what=f"{name}: processor time of the {server}", ours=one.server_ms[number], unit="ms"),
            Figure(what=f"{name}: commands on the {server}", ours=one.commands[number], unit="commands"),
            Figure(what=f"{name}: sent to the {server}", ours=one.bytes_in[number], unit="bytes"),
        ]
        if name.startswith("video"):
            kept = one.bytes_kept[number]
            figures.append(Figure(what=f"{name}: kept by the {server} until it is done", ours=kept, unit="bytes"))
    return figures


def main() -> None:
    """Tell what each costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="of reads, and of triggers")
    parser.add_argument("--triggers", type=int, default=5000, help="different ones; each counts once")
    parser.add_argument("--batches", type=int, default=500, help="different ones")
    parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            ValkeyServer(folder / "cache", *AS_DEPLOYED) as cache,
            ValkeyServer(folder / "broker", *AS_DEPLOYED) as broker,
        ):
            environ = {
                "REDIS_URL": cache.url,
                "BROKER_URL": broker.url,
                "PRECOMPUTE_DATA_DIR": name,
                "PRECOMPUTE_MOST_WAITING_EVENTS": "10000000",
                "PRECOMPUTE_NEAR_CACHE_MB": "0",
            }
            found = measured(environ, [cache, broker], wanted, log=folder / "api.log")
    told("item_costs", [figure for name, one in found.items() for figure in figures_of(name, one)], as_json=wanted.json)


if __name__ == "__main__":
    main()
