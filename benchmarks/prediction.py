"""How long a prediction takes: the model alone, in the process of the API, and through its view; milliseconds.

    python benchmarks/prediction.py [--asked 500]

Starts a Valkey of its own. Each user has 200 recent actions, the most that are looked at. The target is 3 ms (p50) in
the process on one core.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

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
from servers import ValkeyServer

USERS = 20


def timed(ask: Callable[[int], object], *, times: int) -> str:
    """The figures of asking so often, after asking each once; processor time beside, since others may use the core."""
    for number in range(USERS):
        ask(number)
    taken, worked = [], []
    for number in range(times):
        began, idle = time.perf_counter(), time.thread_time()
        ask(number)
        taken.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.thread_time() - idle))
    p50, p95, of_processor = np.percentile(taken, 50), np.percentile(taken, 95), np.percentile(worked, 50)
    return f"p50 {p50:6.2f} ms   p95 {p95:6.2f} ms   processor {of_processor:6.2f} ms"


def latest_of(done: list[Action]) -> dict[str, list[Action]]:
    """The last 200 actions of each user that did as many."""
    by_user: dict[str, list[Action]] = {}
    for action in done:
        by_user.setdefault(action.user_id, []).append(action)
    return {user: theirs[-MOST_KEPT:] for user, theirs in by_user.items() if len(theirs) >= MOST_KEPT}


def main() -> None:
    """Print a line for each way to ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asked", type=int, default=500, help="questions of each kind")
    times = parser.parse_args().asked
    known = latest_of(recorded(users=USERS + 5, days=60, seed=4))
    users = list(known)[:USERS]
    with TemporaryDirectory() as folder, ValkeyServer(Path(folder) / "cache") as server:
        settings = Settings(redis_url=server.url, data_dir=Path(folder))
        engine = precomputer(settings)
        recent = RecentActions(engine.cache.client)
        for user in users:
            recent.add(known[user])
        predict = Predictor(registry_in(settings.data_dir))
        histories = [History.of(known[user]) for user in users]
        at = max(theirs[-1].at for theirs in known.values())
        print("model alone         ", timed(lambda n: predict([histories[n % len(users)]], at=at), times=times))
        print("read what is recent ", timed(lambda n: recent.history(users[n % len(users)]), times=times))
        asked = timed(lambda n: engine.predict_next_actions(users[n % len(users)]), times=times)
        print("in the API's process", asked)
        client = create_app(engine, settings).test_client()
        path = "/api/precompute/predict-actions"
        print(
            "the view            ",
            timed(lambda n: client.post(path, json={"user_id": users[n % len(users)]}), times=times),
        )
        engine.memory.close()


if __name__ == "__main__":
    main()
