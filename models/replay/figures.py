"""What came of one policy, in figures that can be compared."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.replay.tally import Tally
from models.replay.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One line of the table. Everything is about the reads that count.

    Attributes:
        name: Of the policy.
        threshold: Of the probability, where the policy has one.
        hit_rate: Share of reads served without a wait, fresh or stale.
        stale_rate: Share of reads served at once, but stale.
        mean_wait_s: Over all reads, those served at once among them.
        p95_wait_s: 95 of 100 reads waited no longer.
        computations: For each read; 1 is one for each request.
        compute_s: Seconds of the workers' time for each read, looks whether something has changed among them.
        wasted: Share of the computations whose result nobody read before it went or was made anew.
        wasted_s: Their seconds, for each read.
        checks: Looks whether something has changed, for each read.
        saved: Share of the waiting of computing at each request that is saved.
        saved_of_on_demand: Share of the waiting that a cache filled on demand leaves, that is saved.
    """

    name: str
    threshold: float | None
    hit_rate: float
    stale_rate: float
    mean_wait_s: float
    p95_wait_s: float
    computations: float
    compute_s: float
    wasted: float
    wasted_s: float
    checks: float
    saved: float = 0.0
    saved_of_on_demand: float = 0.0

    def told(self) -> Mapping[str, Any]:
        """As JSON has it."""
        return asdict(self)


def figures_of(
    tally: Tally, traffic: Traffic, *, reading: NDArray[np.bool_], name: str, threshold: float | None = None
) -> Figures:
    """The figures of the scored reads; shares of waiting saved are filled in when all policies are known.

    Args:
        tally: What was counted.
        traffic: The log.
        reading: (n,) bool, which of its events read anything.
        name: Of the policy.
        threshold: Of the probability, where the policy has one.
    """
    waits = tally.waits_s[traffic.scored_from :][reading[traffic.scored_from :]]
    reads = max(1, len(waits))
    computed = sum(tally.computations.values())
    return Figures(
        name=name,
        threshold=threshold,
        hit_rate=tally.hits(traffic.scored_from) / reads,
        stale_rate=tally.stale_hits(traffic.scored_from) / reads,
        mean_wait_s=float(waits.mean(dtype=np.float64)) if len(waits) else 0.0,
        p95_wait_s=float(np.quantile(waits, 0.95, method="inverted_cdf")) if len(waits) else 0.0,
        computations=computed / reads,
        compute_s=tally.compute_s / reads,
        wasted=sum(tally.unread.values()) / max(1, computed),
        wasted_s=tally.wasted_s / reads,
        checks=tally.checks / reads,
    )


def share_saved(wait_s: float, *, of_s: float) -> float:
    """Which share of a mean wait is saved by one that has ``wait_s`` instead; negative where it is longer."""
    return 1.0 - wait_s / of_s if of_s > 0 else 0.0
