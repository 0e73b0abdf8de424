"""How long ``precompute replay`` takes for a million events, and what it finds on a log for several times to live.

``python benchmarks/replay.py`` makes a log up and plays it; ``--data LOG`` plays a log of yours with each of ``--ttl``.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
from figures import Figure, told

from models.behaviour import Log
from models.replay.assumptions import Assumptions
from models.replay.log_file import read_log
from models.replay.replay import Replay, Setup, replay
from precompute.durations import parse_duration

ACTIONS = 20


class Phases:
    """Processor seconds by what a replay was at."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._doing = ""
        self._since = time.process_time()

    def __call__(self, step: str, share: float) -> None:
        """Something else begins."""
        now = time.process_time()
        self.seconds[self._doing] += now - self._since
        # "training 2 of 4" and "predicting 2 of 4" are told as what they are; whatever else is played.
        word = step.split(" ", 1)[0]
        self._doing, self._since = word if word in {"training", "predicting"} else "playing", now


def main() -> None:
    """Print the tables, and the time they took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="CSV or Parquet with user, time and action")
    parser.add_argument("--events", type=int, default=1_000_000, help="of a log made up")
    parser.add_argument("--ttl", type=parse_duration, nargs="+", default=[timedelta(days=3)])
    parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")
    options = parser.parse_args()
    log = read_log(options.data).log if options.data else made_up(options.events)
    figures = []
    for ttl in options.ttl:
        began, phases = time.process_time(), Phases()
        found = replay(log, plant=Assumptions(ttl=ttl).plant(log.names), setup=Setup(), report=phases)
        phases("done", 1.0)
        work = time.process_time() - began
        _print(found, ttl=ttl)
        what = f"replay of {len(log):,} events, fresh for {ttl}"
        told_by = ", ".join(f"{phases.seconds[each]:.0f} s {each}" for each in ("training", "predicting", "playing"))
        figures.append(Figure(what=f"{what}: processor time", ours=work, unit="s", note=told_by))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures.append(Figure(what="memory at most", ours=peak, unit="MB"))
    told("replay", figures, as_json=options.json)


def made_up(events: int, *, seed: int = 0) -> Log:
    """Users who come about once a day and do some dozen things, each mostly followed by one of three."""
    chance = np.random.default_rng(seed)
    users = max(10, events // 500)
    followers = chance.integers(0, ACTIONS, (ACTIONS, 3))
    sessions = events // 12 + 1
    who = np.repeat(chance.integers(0, users, sessions), 12)[:events]
    begins = np.repeat(np.sort(chance.uniform(0, 90 * 86400, sessions)), 12)[:events]
    within = np.tile(np.arange(12), sessions)[:events]
    at = 1_772_352_000 + begins + within * 45 + chance.integers(0, 40, events)
    drawn, other = chance.random(events), chance.integers(0, ACTIONS, events)
    done = np.empty(events, np.int64)
    for place in range(events):
        before = done[place - 1] if within[place] else who[place] % 4
        rank = int(np.searchsorted((0.6, 0.8, 0.9), drawn[place]))
        done[place] = followers[before, rank] if rank < 3 else other[place]
    order = np.argsort(at, kind="stable")
    names = [f"action {number}" for number in range(ACTIONS)]
    return Log.from_columns(
        users=[str(user) for user in who[order]], actions=[names[number] for number in done[order]], at=at[order]
    )


def _print(found: Replay, *, ttl: timedelta) -> None:
    print(f"fresh for {ttl}: {found.reads:,} of {found.events:,} reads count", file=sys.stderr)
    for line in found.lines:
        print(
            f"{line.name:26s} hits {line.hit_rate:.4f}  mean wait {line.mean_wait_s:.3f} s"
            f"  computed {line.computations:.3f}  wasted {line.wasted:.3f}  checks {line.checks:.2f}"
            f"  saved {line.saved:.4f}  on top of on demand {line.saved_of_on_demand:.4f}",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
