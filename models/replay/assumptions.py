"""What a log does not say: what results cost, how long they are good, and what changes them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from models.replay.policy import Plant
from precompute.errors import BadParameters
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType

ROW = TaskType(
    name="replayed",
    subject=Subject.USER,
    on=None,
    queue=Queue.LOGIN,
    ttl=timedelta(days=3),
    time_limit=timedelta(minutes=10),
)
"""Each action of a user reads one result of theirs, kept like any other of the platform: grace and lead are those of a
row that says nothing about them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is taken for granted of a log's actions.

    Attributes:
        cost: What computing a result takes.
        costs: The same by action, where it differs.
        ttl: How long a result is fresh.
        ttls: The same by action.
        grace: How long after that it is served, stale.
        check: What it takes to see whether anything has changed.
        changed_by: Actions after which what their user sees may be another; None: any of them.
        workers: How many compute at once.
    """

    cost: timedelta = timedelta(seconds=2)
    costs: Mapping[str, timedelta] = field(default_factory=dict)
    ttl: timedelta = ROW.ttl
    ttls: Mapping[str, timedelta] = field(default_factory=dict)
    grace: timedelta = ROW.grace
    check: timedelta = timedelta(milliseconds=5)
    changed_by: Collection[str] | None = None
    workers: int = 3

    def plant(self, names: Sequence[str]) -> Plant:
        """The same for the actions of one log.

        Raises:
            BadParameters: One is named that does not occur there.
        """
        for name in (*self.costs, *self.ttls, *(self.changed_by or ())):
            if name not in names:
                raise BadParameters(f"no action of the log is called {name!r}; it has {_listed(names)}")
        return Plant(
            rows=[replace(ROW, ttl=self.ttls.get(name, self.ttl), grace=self.grace) for name in names],
            costs_s=[self.costs.get(name, self.cost).total_seconds() for name in names],
            check_s=self.check.total_seconds(),
            workers=self.workers,
            changing=[self.changed_by is None or name in self.changed_by for name in names],
        )

    def told(self) -> list[str]:
        """In sentences."""
        who = "any action of a user" if self.changed_by is None else _listed(sorted(self.changed_by))
        return [
            "Each action reads one result of its user. "
            f"Computing one takes {_each(self.cost, self.costs)}, on {self.workers} workers; "
            f"seeing that nothing has changed takes {_short(self.check)}.",
            f"A result is fresh for {_each(self.ttl, self.ttls)} and served, stale, for {_short(self.grace)} more. "
            f"What a user sees may change with {who}, and with nothing else.",
        ]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown or "nothing"


def _each(usual: timedelta, others: Mapping[str, timedelta]) -> str:
    more = "".join(f", {name} {_short(value)}" for name, value in others.items())
    return f"{_short(usual)}{more}"


def _short(duration: timedelta) -> str:
    seconds = duration.total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length and not seconds % length:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s" if seconds >= 0.1 or not seconds else f"{1000 * seconds:g} ms"
