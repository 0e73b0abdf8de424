"""How long a prediction takes: the model alone, in the process of the API, and through its view; milliseconds.

python benchmarks/prediction.py [--asked 500] [--json]

Starts a Valkey of its own. Each user has 200 recent actions, the most that are looked at. The target is 3 ms (p50) in
the process on one core; the view, asked without a socket, is told beside it.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import orjson
from figures import Figure, told
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from api.app import create_app
from models.predictor import Predictor
from models.registry import registry_in
from precompute.facts import Action
from precompute.history import History
from precompute.recent import MOST_KEPT, RecentActions
from precompute.settings import Settings
from workers.wiring import precomputer

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from behaviour_logs import recorded
from servers import AS_DEPLOYED, ValkeyServer

USERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What asking so often took, in milliseconds; the processor's time beside it, since others may use the core."""

    p50: float
    p95: float
    processor: float

    def __str__(self) -> str:
        return f"p50 {self.p50:6.2f} ms   p95 {self.p95:6.2f} ms   processor {self.processor:6.2f} ms"


def timed(name: str, ask: Callable[[int], object], *, times: int) -> Asked:
    """The figures of asking so often, after asking each once."""
    for number in range(USERS):
        ask(number)
    taken, worked = [], []
    for number in range(times):
        began, idle = time.perf_counter(), time.thread_time()
        ask(number)
        taken.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.thread_time() - idle))
    p50, p95 = np.percentile(taken, (50, 95)).tolist()
    asked = Asked(p50=p50, p95=p95, processor=float(np.percentile(worked, 50)))
    print(f"{name:20} {asked}", file=sys.stderr)
    return asked


def latest_of(done: list[Action]) -> dict[str, list[Action]]:
    """The last 200 actions of each user that did as many."""
    by_user: dict[str, list[Action]] = {}
    for action in done:
        by_user.setdefault(action.user_id, []).append(action)
    return {user: theirs[-MOST_KEPT:] for user, theirs in by_user.items() if len(theirs) >= MOST_KEPT}


def main() -> None:
    """Tell the figures of each way to ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asked", type=int, default=500, help="questions of each kind")
    parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")
    wanted = parser.parse_args()
    known = latest_of(recorded(users=USERS + 5, days=60, seed=4))
    with TemporaryDirectory() as folder, ValkeyServer(Path(folder) / "cache", *AS_DEPLOYED) as server:
        process, view = asked_of(known, Settings(redis_url=server.url, data_dir=Path(folder)), times=wanted.asked)
    note = (
        f"of users with {MOST_KEPT} recent actions: read from the cache, the model asked, what everybody did kept up; "
        f"p95 {process.p95:.2f} ms, {process.processor:.2f} ms of the processor"
    )
    through = (
        "with Flask's routing, validation and answer, from WSGI's environment to the bytes; "
        f"p95 {view.p95:.2f} ms, {view.processor:.2f} ms of the processor"
    )
    figures = [
        Figure(what="prediction in the API process, p50", ours=process.p50, unit="ms", target="<= 3 ms", note=note),
        Figure(
            what="prediction through its view, p50", ours=view.p50, unit="ms", target="<= 3 ms", note=through, own=True
        ),
    ]
    told("prediction", figures, as_json=wanted.json)


def viewed(app: Flask) -> Callable[[str], bytes]:
    """Asks for a user's next actions as the server does: a WSGI environment in, the bytes of the answer out."""

    def ask(user: str) -> bytes:
        body = orjson.dumps({"user_id": user})
        environ = {**wanted, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        answer, status, _ = run_wsgi_app(app, environ)
        if status != "200 OK":
            raise SystemExit(f"the view answered {status}")
        return b"".join(answer)

    wanted = create_environ("/api/precompute/predict-actions", method="POST", content_type="application/json")
    return ask


def asked_of(known: Mapping[str, list[Action]], settings: Settings, *, times: int) -> tuple[Asked, Asked]:
    """What asking in the API's process takes, and through the view."""
    users = list(known)[:USERS]
    engine = precomputer(settings)
    recent = RecentActions(engine.cache.client)
    for user in users:
        recent.add(known[user])
    predict = Predictor(registry_in(settings.data_dir))
    histories = [History.of(known[user]) for user in users]
    at = max(theirs[-1].at for theirs in known.values())
    timed("model alone", lambda n: predict([histories[n % len(users)]], at=at), times=times)
    timed("read what is recent", lambda n: recent.history(users[n % len(users)]), times=times)
    process = timed("in the API's process", lambda n: engine.predict_next_actions(users[n % len(users)]), times=times)
    ask = viewed(create_app(engine, settings))
    view = timed("the view", lambda n: ask(users[n % len(users)]), times=times)
    engine.memory.close()
    return process, view


if __name__ == "__main__":
    main()
