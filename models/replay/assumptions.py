"""What a log does not say: what results cost, how long they are good, and what changes them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from models.replay.menu import Menu, Reads, menu_of
from models.replay.policy import Plant
from precompute.catalogue import ROWS, Catalogue
from precompute.errors import BadParameters
from precompute.invalidation import lineage
from precompute.queues import Queue
from precompute.refresh_order import CHECK_S
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
"""What an action reads that the catalogue does not know, kept like any other result: grace and lead are those of a row
that says nothing about them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is taken for granted of a log's actions.

    Attributes:
        cost: What computing a result takes.
        costs: The same by task type or action, where it differs. That of a task type includes what it is computed from.
        ttl: How long a result is fresh; None: as the catalogue says, and three days where it says nothing.
        ttls: The same by task type or action.
        grace: How long after that it is served, stale; None: as the catalogue says.
        check: What it takes to see whether anything has changed.
        changed_by: Actions after which what their user sees may be another; None: any of them.
        workers: How many compute at once.
        reads: Task types by action that read them, where the catalogue does not say it.
        catalogue: The task types in force.
    """

    cost: timedelta = timedelta(seconds=2)
    costs: Mapping[str, timedelta] = field(default_factory=dict)
    ttl: timedelta | None = None
    ttls: Mapping[str, timedelta] = field(default_factory=dict)
    grace: timedelta | None = None
    check: timedelta = timedelta(seconds=CHECK_S)
    changed_by: Collection[str] | None = None
    reads: Reads = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=lambda: Catalogue.of(ROWS))
    workers: int = 3

    def plant(self, names: Sequence[str]) -> Plant:
        """The same for the actions of one log.

        Raises:
            BadParameters: One is named that does not occur there.
        """
        menu = menu_of(names, catalogue=self.catalogue, invented=ROW, said=self.reads)
        known = {*menu.names, *(row.name for row in self.catalogue)}
        missing = [name for name in self.changed_by or () if name not in names]
        missing += [name for name in (*self.costs, *self.ttls) if name not in known]
        if missing:
            raise BadParameters(f"no action of the log is called {missing[0]!r}; it has {_listed(names)}")
        return Plant(
            rows=[self._kept(row, name) for row, name in zip(menu.rows, menu.names, strict=True)],
            costs_s=[cost.total_seconds() for cost in self._costs(menu)],
            check_s=self.check.total_seconds(),
            workers=self.workers,
            changing=[self.changed_by is None or name in self.changed_by for name in names],
            menu=menu,
        )

    def _costs(self, menu: Menu) -> Iterator[timedelta]:
        """Of each result, with that of what it is computed from and nobody reads, with the first that needs it."""
        counted = set(menu.names)
        for name, row in zip(menu.names, menu.rows, strict=True):
            needed = [other.name for other in lineage(row) if other.name not in counted]
            counted.update(needed)
            yield sum((self.costs.get(other, timedelta(0)) for other in needed), self.costs.get(name, self.cost))

    def _kept(self, row: TaskType, name: str) -> TaskType:
        ttl = self.ttls.get(name, self.ttl)
        kept = row if ttl is None else replace(row, ttl=ttl)
        return kept if self.grace is None else replace(kept, grace=self.grace)

    def told(self, names: Sequence[str]) -> list[str]:
        """In sentences, for the actions of one log."""
        menu = menu_of(names, catalogue=self.catalogue, invented=ROW, said=self.reads)
        who = "any action of a user" if self.changed_by is None else _listed(sorted(self.changed_by))
        ttl, grace = self.ttl or ROW.ttl, self.grace or ROW.grace
        costs = {name: cost for name, cost in zip(menu.names, self._costs(menu), strict=True) if cost != self.cost}
        return [
            *_sentences(names, menu),
            f"Computing a result takes {_each(self.cost, costs)}, on {self.workers} workers; "
            f"seeing that nothing has changed takes {_short(self.check)}.",
            f"What the catalogue does not know is fresh for {_each(ttl, self.ttls)} and served, stale, for "
            f"{_short(grace)} more. What a user sees may change with {who}, and with nothing else.",
        ]


def _sentences(names: Sequence[str], menu: Menu) -> list[str]:
    """What reads what: of actions that the catalogue knows, and of the others in a word."""
    read = [[menu.names[place] for place in places] for places in menu.reads]
    known = [
        f"{name} reads {', '.join(rows)}" for name, rows in zip(names, read, strict=True) if rows not in ([], [name])
    ]
    silent = [name for name, rows in zip(names, read, strict=True) if not rows]
    said = [f"{'; '.join(known)}."] if known else []
    said += [f"{_listed(silent)}: triggers, which read nothing and start what the catalogue says."] if silent else []
    if any(rows == [name] for name, rows in zip(names, read, strict=True)):
        said.append(f"Each {'other ' if known else ''}action reads one result of its user.")
    return said


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
