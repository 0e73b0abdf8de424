"""One log, all policies: the table that people tune thresholds with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log
from models.lesson import Report
from models.next_action import NextActionModel
from models.replay.each_request import compute_each
from models.replay.figures import Figures, figures_of, share_saved
from models.replay.forecast import Forecast, by_one, walk_forward
from models.replay.oracle import fewest
from models.replay.policy import RIVALS, Plant, Policy, ours
from models.replay.simulation import Simulation
from models.replay.traffic import Traffic, resolution, traffic_of
from precompute.admission import DEFAULT, Bounds
from precompute.errors import BadParameters
from precompute.reading_chance import least_probability

EACH_REQUEST = "compute at each request"
ORACLE = "knows the future"

_LEARNING = 0.7
"""Share of the time that goes into the model, for the progress bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is replayed, and how.

    Attributes:
        thresholds: Probabilities above which results are computed ahead; one line of the table for each.
        warm_up: Share of the events that fills cache and model and does not count.
        pause: After so long without an action, a user's next one begins a session.
        retrains: How often the model is trained along the scored part.
        model: One to use throughout; None to train along the way.
        bounds: What an operator sets.
        seed: Of everything drawn at random.
    """

    thresholds: Sequence[float] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    warm_up: float = 0.2
    pause: timedelta = timedelta(minutes=30)
    retrains: int = 4
    model: NextActionModel | None = None
    bounds: Bounds = DEFAULT
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came out.

    Attributes:
        lines: All policies: each request computed, the rivals, ours by threshold, and the oracle.
        reads: How many reads count, of how many in the log.
        events: In the log.
        users: In the log.
        actions: Different ones in the log.
        first_s: When the first event happened, seconds since 1970.
        scored_s: When the first one did that counts.
        last_s: When the last one did.
        resolution_s: How exact the log's times are, seconds; 0 for less than a second.
        hindsight: Whether the model was given; then it may have been trained on this very time.
    """

    lines: tuple[Figures, ...]
    reads: int
    events: int
    users: int
    actions: int
    first_s: float
    scored_s: float
    last_s: float
    resolution_s: float
    hindsight: bool

    def line(self, name: str) -> Figures:
        """The line of one policy."""
        return next(line for line in self.lines if line.name == name)

    @property
    def ours(self) -> tuple[Figures, ...]:
        """The lines of the service, by ascending threshold."""
        return tuple(line for line in self.lines if line.threshold is not None)

    def told(self) -> Mapping[str, Any]:
        """As JSON has it."""
        return {
            "reads": self.reads,
            "events": self.events,
            "users": self.users,
            "actions": self.actions,
            "lines": [line.told() for line in self.lines],
        }


def replay(log: Log, *, plant: Plant, setup: Setup, report: Report) -> Replay:
    """Play a log through every policy.

    Args:
        log: In the order of time.
        plant: What computes, and how long results are good.
        setup: What is compared.
        report: Told of each step.

    Raises:
        BadParameters: The log is too short to leave anything that counts.
    """
    traffic = traffic_of(log, warm_up=setup.warm_up, pause=setup.pause)
    if not 0 < traffic.scored_from < len(traffic):
        raise BadParameters(f"a log of {len(log)} events is too short to warm up with one part and score the other")
    forecast = _forecast(log, setup=setup, report=lambda step, share: report(step, share * _LEARNING))
    policies = [*RIVALS, *(ours(threshold, bounds=setup.bounds) for threshold in sorted(setup.thresholds))]
    reading = np.array([bool(rows) for rows in plant.reads])[traffic.actions]
    reads = int(reading[traffic.scored_from :].sum())
    if not reads:
        raise BadParameters("no action of the log reads anything; say with --reads what it reads")
    lines = [figures_of(compute_each(traffic, plant=plant), traffic, reading=reading, name=EACH_REQUEST)]
    for place, policy in enumerate(policies):
        report(policy.name, _LEARNING + (1 - _LEARNING) * place / len(policies))
        lines.append(_played(policy, traffic, plant=plant, forecast=forecast, reading=reading))
    lines.append(_oracle(traffic, plant=plant, reads=reads))
    report("done", 1.0)
    return Replay(
        lines=_compared(lines),
        reads=reads,
        events=len(log),
        users=len(set(log.users.tolist())),
        actions=len(log.names),
        first_s=float(log.at[0]),
        scored_s=float(traffic.at[traffic.scored_from]),
        last_s=float(log.at[-1]),
        resolution_s=resolution(log.at),
        hindsight=setup.model is not None,
    )


def _forecast(log: Log, *, setup: Setup, report: Report) -> Forecast:
    least = least_probability(min(setup.thresholds, default=1.0))
    if setup.model is not None:
        return by_one(setup.model, log, least=least, report=report)
    return walk_forward(
        log, least=least, warm_up=setup.warm_up, retrains=setup.retrains, seed=setup.seed, report=report
    )


def _played(
    policy: Policy, traffic: Traffic, *, plant: Plant, forecast: Forecast, reading: NDArray[np.bool_]
) -> Figures:
    given = forecast if policy.predicts else None
    tally = Simulation(traffic, policy=policy, plant=plant, forecast=given).run()
    threshold = policy.bounds.prediction_threshold if policy.predicts else None
    return figures_of(tally, traffic, reading=reading, name=policy.name, threshold=threshold)


def _oracle(traffic: Traffic, *, plant: Plant, reads: int) -> Figures:
    count, seconds = fewest(traffic, plant=plant)
    return Figures(
        name=ORACLE,
        threshold=None,
        hit_rate=1.0,
        stale_rate=0.0,
        mean_wait_s=0.0,
        p95_wait_s=0.0,
        computations=count / reads,
        compute_s=seconds / reads,
        wasted=0.0,
        wasted_s=0.0,
        checks=0.0,
    )


def _compared(lines: Sequence[Figures]) -> tuple[Figures, ...]:
    whole = lines[0].mean_wait_s
    on_demand = lines[1].mean_wait_s
    return tuple(
        replace(
            line,
            saved=share_saved(line.mean_wait_s, of_s=whole),
            saved_of_on_demand=share_saved(line.mean_wait_s, of_s=on_demand),
        )
        for line in lines
    )
