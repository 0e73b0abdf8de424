"""Who is compared: ways to decide what is computed, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from precompute.admission import DEFAULT, Bounds
from precompute.task_type import TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One way to fill a cache whose results have the ages of the platform's rows: fresh, stale but served, gone.

    Attributes:
        name: As the report calls it.
        refreshes: Look at what is due, and make it anew as :mod:`precompute.freshness` says.
        on_login: When a session begins, compute all that this user ever read; for a new user, all there is.
        predicts: Compute what the model expects next, where admission finds it worth it.
        bounds: What an operator sets, the threshold among it.
    """

    name: str
    refreshes: bool = False
    on_login: bool = False
    predicts: bool = False
    bounds: Bounds = DEFAULT


ON_DEMAND = Policy(name="cache on demand")
ON_LOGIN = Policy(name="everything on login", on_login=True)
REFRESH_ONLY = Policy(name="refresh ahead alone", refreshes=True)
RIVALS = (ON_DEMAND, ON_LOGIN, REFRESH_ONLY)
"""What stands beside ours in each report."""


def ours(threshold: float, *, bounds: Bounds = DEFAULT) -> Policy:
    """The service, with ``PRECOMPUTE_PREDICTION_THRESHOLD`` set so."""
    return Policy(
        name=f"ours, p > {threshold:g}",
        refreshes=True,
        predicts=True,
        bounds=replace(bounds, prediction_threshold=threshold),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What computes: how many workers there are, and what each result takes.

    Attributes:
        rows: By action, the line of the catalogue that its result is kept by.
        costs_s: By action, what computing its result takes, seconds.
        check_s: What it takes to see that nothing has changed.
        workers: How many compute at once.
        changing: By action, whether what its user sees may be another afterwards.
    """

    rows: Sequence[TaskType]
    costs_s: Sequence[float]
    check_s: float
    workers: int
    changing: Sequence[bool]

    @property
    def life(self) -> timedelta:
        """The longest that a result is served without being looked at again."""
        return max((row.ttl + row.grace for row in self.rows), default=timedelta(0))
