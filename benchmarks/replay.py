"""How long ``precompute replay`` takes for a million events, and what it finds on a log for several times to live.

``python benchmarks/replay.py`` makes a log up and plays it; ``--data LOG`` plays a log of yours with each of ``--ttl``.
"""

import argparse
import resource
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from models.behaviour import Log
from models.replay.assumptions import Assumptions
from models.replay.log_file import read_log
from models.replay.replay import Replay, Setup, replay
from precompute.durations import parse_duration

ACTIONS = 20


def main() -> None:
    """Print the tables, and the time they took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="CSV or Parquet with user, time and action")
    parser.add_argument("--events", type=int, default=1_000_000, help="of a log made up")
    parser.add_argument("--ttl", type=parse_duration, nargs="+", default=[timedelta(days=3)])
    options = parser.parse_args()
    log = read_log(options.data).log if options.data else made_up(options.events)
    for ttl in options.ttl:
        began, worked = time.monotonic(), time.process_time()
        found = replay(log, plant=Assumptions(ttl=ttl).plant(log.names), setup=Setup(), report=lambda step, share: None)
        took, work = time.monotonic() - began, time.process_time() - worked
        _print(found, ttl=ttl)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{len(log):,} events: {took:.0f} s, {work:.0f} s of one core, {peak:.0f} MB at most\n", flush=True)


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
    print(f"fresh for {ttl}: {found.reads:,} of {found.events:,} reads count")
    for line in found.lines:
        print(
            f"{line.name:26s} hits {line.hit_rate:.4f}  mean wait {line.mean_wait_s:.3f} s"
            f"  computed {line.computations:.3f}  wasted {line.wasted:.3f}  checks {line.checks:.2f}"
            f"  saved {line.saved:.4f}  on top of on demand {line.saved_of_on_demand:.4f}"
        )


if __name__ == "__main__":
    main()
