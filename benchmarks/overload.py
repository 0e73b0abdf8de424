"""Twenty times the load that the workers can do: how soon who is answered, what is refused first, and recovery.

python benchmarks/overload.py [--times 20] [--seconds 15] [--bound 1000] [--json]

A real API process, beat, and a real worker of two processes, whose capacity is measured first. All the time users do
something after which they always read a result (so it is predicted), and results that go stale within seconds are read
(so they are refreshed). First nothing else happens, and all of that is done. Then campaigns are created at a multiple
of the capacity, open loop. What is refused when is told by the service: by its counters of what was queued ahead and of
refreshes refused, and by the answers to callers. Then its backlog is left to drain, and everything is done again.
The run fails when triggers or reads are slower than they may be, the order of refusals is another, the backlog outgrows
its bound, a refusal does not say when to ask again, or not every kind of work is taken in again at the end.
"""

import argparse
import importlib
import os
import random
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chaos_cluster import HERE, ROOT, running
from figures import Figure, told
from load import Answers
from overload_load import Lookout, Service, Share
from processes import api
from servers import AS_DEPLOYED, ValkeyServer

from precompute.settings import Settings

MOST_WAITING = 20
"""``PRECOMPUTE_MOST_WAITING``: predicted work is refused from here on, refreshes from five times as many."""

LONGEST_MS = 100.0
CALM_S = 8.0
_DRAINS_WITHIN_S = 600.0


def main() -> None:
    """Run it, print the table; exit status 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=float, default=20.0, help="of what the workers can do")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--bound", type=int, default=1000, help="PRECOMPUTE_MOST_WAITING_EVENTS")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            ValkeyServer(folder / "cache", *AS_DEPLOYED) as cache,
            ValkeyServer(folder / "broker", *AS_DEPLOYED) as broker,
        ):
            ours = {
                "REDIS_URL": cache.url,
                "BROKER_URL": broker.url,
                "PRECOMPUTE_DATA_DIR": str(folder),
                "PRECOMPUTE_PLUGINS": "overload_tasks",
                "PRECOMPUTE_MOST_WAITING": str(MOST_WAITING),
                "PRECOMPUTE_MOST_WAITING_EVENTS": str(options.bound),
                "PRECOMPUTE_REFRESH_INTERVAL": "1s",
                "PRECOMPUTE_RATE_LIMIT": "1000000/second",
                "PRECOMPUTE_LOG_LEVEL": "error",
            }
            path = os.pathsep.join((str(HERE), str(ROOT)))
            environ = {**os.environ, **ours, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "REMAP_SIGTERM": "SIGQUIT"}
            os.environ.update(ours)
            draw = random.Random(1)  # noqa: S311 - nothing secret
            with (
                running(environ, cache=cache, broker=broker, folder=folder, draw=draw, workers=("one",)),
                api(environ=ours, log=folder / "api.log") as web,
            ):
                sys.exit(_run(options, web.address, Settings.from_environ(environ)))


def _run(options: Any, address: tuple[str, int], settings: Settings) -> int:
    service = Service(address=address, engine=importlib.import_module("workers.wiring").engine(settings))
    service.prepare(users=int(Share.ACTIONS * (2 * CALM_S + options.seconds)) + 10)
    capacity = service.capacity()
    before = service.share(seconds=CALM_S)
    print(f"before: {before}", file=sys.stderr)
    a_second = options.times * capacity
    lookout = Lookout(service)
    thread = threading.Thread(target=lookout.run)
    thread.start()
    during = service.share(seconds=options.seconds, triggers_a_second=a_second)
    lookout.ended.set()
    thread.join()
    print(f"during: {during}", file=sys.stderr)
    drained_s = service.drained(within_s=_DRAINS_WITHIN_S)
    after = service.share(seconds=CALM_S)
    print(f"after: {after}", file=sys.stderr)
    shares = {"before": before, "during": during, "after": after}
    return _told(options, capacity=capacity, shares=shares, lookout=lookout, drained_s=drained_s)


def _told(
    options: Any, *, capacity: float, shares: Mapping[str, Share], lookout: Lookout, drained_s: float | None
) -> int:
    during = shares["during"]
    at = lookout.refused_at
    figures = [
        Figure(what="capacity of the workers", ours=capacity, unit="triggers/s"),
        Figure(what="offered", ours=options.times * capacity, unit="triggers/s"),
        *_times("triggers", during.triggers),
        *_times("cached reads", during.reads),
        *(Figure(what=f"{name} refused from", ours=seconds, unit="s on") for name, seconds in at.items()),
        Figure(what="most that waited", ours=lookout.most, unit="tasks", note=f"bound {options.bound}"),
        Figure(what="Retry-After", ours=float(lookout.retry_after or 0), unit="s"),
        Figure(what="backlog drained after", ours=-1.0 if drained_s is None else drained_s, unit="s"),
    ]
    for name, share in shares.items():
        figures += [
            Figure(what=f"predicted work queued, {name}", ours=share.predicted, unit=f"of {share.acted}"),
            Figure(what=f"refreshes queued, {name}", ours=share.refreshed, unit=f"and {share.refused} refused"),
        ]
    told("overload", figures, as_json=options.json)
    wrong = _wrong(shares, lookout, bound=options.bound, a_second=options.times * capacity, drained_s=drained_s)
    for line in wrong:
        print(f"does not hold: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _times(what: str, answers: Answers) -> list[Figure]:
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(answers.statuses.items()))
    return [
        Figure(what=f"{what}, p50", ours=answers.percentile_ms(50), unit="ms", note=f"{what}: {statuses}"),
        Figure(what=f"{what}, p99", ours=answers.percentile_ms(99), unit="ms", target=f"<= {LONGEST_MS:.0f} ms"),
    ]


def _wrong(
    shares: Mapping[str, Share], lookout: Lookout, *, bound: int, a_second: float, drained_s: float | None
) -> list[str]:
    """What does not hold."""
    before, during, after = shares["before"], shares["during"], shares["after"]
    triggers = during.triggers
    order = sorted(lookout.refused_at, key=lambda name: lookout.refused_at[name])
    # A look at the queues serves half a second, in which triggers go on to be taken in; on a busy machine a bit more.
    slack = int(a_second * lookout.service.tasks_each())
    checks = {
        f"triggers take {triggers.percentile_ms(99):.0f} ms": triggers.percentile_ms(99) > LONGEST_MS,
        f"reads take {during.reads.percentile_ms(99):.0f} ms": during.reads.percentile_ms(99) > LONGEST_MS,
        f"refused in the order {order}": order != ["predicted work", "refreshes", "events"],
        f"{lookout.most} waited": lookout.most > bound + slack,
        f"other answers: {triggers.statuses}": set(triggers.statuses) != {202, 503},
        f"reads failed: {during.reads.statuses}": set(during.reads.statuses) != {200},
        "503 without Retry-After": not lookout.retry_after,
        "the backlog does not drain": drained_s is None,
        **{f"{name}: no predicted work": not one.predicted for name, one in shares.items() if one is not during},
        **{f"{name}: no refreshes": not one.refreshed for name, one in (("before", before), ("after", after))},
        "refreshes are refused afterwards": bool(after.refused),
        "triggers are refused afterwards": not lookout.service.taken_in(),
    }
    return [what for what, is_so in checks.items() if is_so]


if __name__ == "__main__":
    main()
