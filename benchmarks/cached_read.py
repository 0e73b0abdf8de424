"""Cached reads a second of one API process, beside a bare Flask route that returns the same bytes on the same server.

python benchmarks/cached_read.py [--seconds 3] [--rounds 3] [--entries 100] [--json]

All entries are read again and again, so nearly every read is answered from the process's own memory: plainly; as a
gateway reads, on behalf of ten users each, whose views are recorded and predicted from meanwhile; and with `?wait=5`.
The last two figures are of a process that keeps nothing near (PRECOMPUTE_NEAR_CACHE_MB=0): each read asks the cache's
server, as a first read does.
"""

import argparse
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import orjson
from figures import Figure, told
from load import closed_loop, get
from processes import api
from servers import AS_DEPLOYED, ValkeyServer

from precompute.admission import admit
from precompute.catalogue import CTR_PREDICTION
from precompute.events import VideoUploaded
from precompute.planner import plan
from precompute.settings import Settings
from precompute.subjects import Subject, SubjectRef
from workers.wiring import engine

USERS = 10

RESULT = {
    "ctr": 0.0123,
    "low": 0.0042,
    "high": 0.0231,
    "drivers": [{"name": name, "effect": 0.05} for name in ("hook", "early_face", "pace", "early_speech", "duration")],
    "evidence": {"outcomes": 3, "impressions": 12_000},
    "model_version": "prior-1",
}


def fill(settings: Settings, *, entries: int) -> list[str]:
    """Store as many results, as workers do; their keys."""
    parts = engine(settings)
    keys = []
    for number in range(entries):
        event = VideoUploaded(subject_id=f"v{number}", user_id="u1", fingerprint="f")
        planned = plan(event, catalogue=parts.catalogue, rows=[CTR_PREDICTION])
        key = CTR_PREDICTION.key_for(SubjectRef(subject=Subject.VIDEO, id=f"v{number}"))
        admit(planned, ledger=parts.ledger, dispatch=lambda _messages: None)
        parts.cache.client.set(f"pc:l:{key}", "bench")
        body = orjson.dumps(RESULT)
        parts.cache.store(CTR_PREDICTION, key, owner="bench", body=body, parts={}, cost=timedelta(seconds=1))
        keys.append(str(key))
    return keys


def main() -> None:
    """Print reads a second of each kind, round by round in turn, and the ratio of the best."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--entries", type=int, default=100)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ValkeyServer(Path(folder) / "cache", *AS_DEPLOYED) as server:
        environ = {"REDIS_URL": server.url, "BROKER_URL": server.url, "PRECOMPUTE_DATA_DIR": folder}
        keys = fill(Settings.from_environ(environ), entries=wanted.entries)
        log = Path(folder) / "log"
        with api(environ=environ, log=log) as ours:
            path = f"/api/precompute/cache/{keys[0]}"
            with urllib.request.urlopen(f"http://{ours.address[0]}:{ours.address[1]}{path}") as answer:
                body = Path(folder) / "body.json"
                body.write_bytes(answer.read())
            with (
                api(environ=environ | {"PRECOMPUTE_NEAR_CACHE_MB": "0"}, log=log) as asking,
                api(app="bare_app:app", environ={"BARE_BODY": str(body)}, log=log) as bare,
            ):
                plain, users, waits = _requests(keys), _requests(keys, users=USERS), _requests(keys, query="?wait=5")
                kinds = {
                    "bare Flask route": (bare.address, plain),
                    "cached read, one API process": (ours.address, plain),
                    "the same with X-User-Id": (ours.address, users),
                    "the same with ?wait=5": (ours.address, waits),
                    "the same with nothing kept near": (asking.address, plain),
                    "nothing kept near, with X-User-Id": (asking.address, users),
                }
                _compare(wanted, kinds)


def _requests(keys: list[str], *, users: int = 0, query: str = "") -> list[bytes]:
    paths = [f"/api/precompute/cache/{key}{query}" for key in keys]
    readers = [f"X-User-Id: u{number}\r\n" for number in range(users)] or [""]
    return [get(path, host="127.0.0.1", headers=reader) for reader in readers for path in paths]


def _compare(wanted: argparse.Namespace, kinds: Mapping[str, tuple[tuple[str, int], list[bytes]]]) -> None:
    best = dict.fromkeys(kinds, 0.0)
    for number in range(wanted.rounds):
        for name, (address, requests) in kinds.items():
            found = closed_loop(address, requests, connections=wanted.connections, seconds=wanted.seconds)
            if set(found.statuses) != {200}:
                raise SystemExit(f"{name} answered {found.statuses}")
            best[name] = max(best[name], found.a_second)
            p99 = found.percentile_ms(99)
            print(
                f"round {number + 1}: {name:34} {found.a_second:8,.0f} a second, p99 {p99:.1f} ms",
                file=sys.stderr,
                flush=True,
            )
    (_, bare), (promised, ours), *others = best.items()
    note = f"rival: bare Flask; best of {wanted.rounds} rounds, {wanted.connections} connections"
    told_of = {"rival": bare, "unit": "requests/s"}
    figures = [
        Figure(what=promised, ours=ours, target=">= 0.80", note=note, **told_of),
        *(Figure(what=name, ours=a_second, **told_of) for name, a_second in others),
    ]
    told("cached_read", figures, as_json=wanted.json)


if __name__ == "__main__":
    main()
