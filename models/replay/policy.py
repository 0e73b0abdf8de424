"""Who is compared: ways to decide what is computed, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from models.replay.menu import Menu
from precompute.admission import DEFAULT, Bounds
from precompute.task_type import TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One way to fill a cache whose results have the ages of the platform's rows: fresh, stale but served, gone.

    Attributes:
        name: As the report calls it.
        triggered: Logins, campaigns and uploads start what the catalogue says.
        refreshes: Look at what is due, and make it anew as :mod:`precompute.freshness` says.
        on_login: When a session begins, compute all that this user ever read; for a new user, all there is.
        predicts: Compute what the model expects next, where admission finds it worth it.
        bounds: What an operator sets, the threshold among it.
    """

    name: str
    triggered: bool = False
    refreshes: bool = False
    on_login: bool = False
    predicts: bool = False
    bounds: Bounds = DEFAULT


ON_DEMAND = Policy(name="cache on demand")
ON_LOGIN = Policy(name="everything on login", on_login=True)
REFRESH_ONLY = Policy(name="refresh ahead alone", triggered=True, refreshes=True)
RIVALS = (ON_DEMAND, ON_LOGIN, REFRESH_ONLY)
"""What stands beside ours in each report."""


def ours(threshold: float, *, bounds: Bounds = DEFAULT) -> Policy:
    """The service, with ``PRECOMPUTE_PREDICTION_THRESHOLD`` set so."""
    return Policy(
        name=f"ours, p > {threshold:g}",
        triggered=True,
        refreshes=True,
        predicts=True,
        bounds=replace(bounds, prediction_threshold=threshold),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What computes: how many workers there are, and what each result takes.

    Attributes:
        rows: By result, the line of the catalogue that it is kept by.
        costs_s: By result, what computing it takes, seconds.
        check_s: What it takes to see that nothing has changed.
        workers: How many compute at once.
        changing: By action, whether what its user sees may be another afterwards.
        menu: What each action reads, starts and ends; None: a result of its own, and nothing else.
    """

    rows: Sequence[TaskType]
    costs_s: Sequence[float]
    check_s: float
    workers: int
    changing: Sequence[bool]
    menu: Menu | None = None

    @property
    def reads(self) -> Sequence[Sequence[int]]:
        """By action, the results that are read at once."""
        return [(action,) for action in range(len(self.changing))] if self.menu is None else self.menu.reads

    @property
    def starts(self) -> Sequence[Sequence[int]]:
        """By action, the results that its trigger has computed."""
        return [()] * len(self.changing) if self.menu is None else self.menu.starts

    @property
    def ends(self) -> Sequence[Sequence[int]]:
        """By action, the results that begin anew."""
        return [()] * len(self.changing) if self.menu is None else self.menu.ends

    @property
    def life(self) -> timedelta:
        """The longest that a result is served without being looked at again."""
        return max((row.ttl + row.grace for row in self.rows), default=timedelta(0))
