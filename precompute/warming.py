"""Warming up: asking for the results that are likely to be wanted, at a pace that leaves room for everything else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from precompute.admission import DEFAULT, Bounds, admit
from precompute.batch import event_of
from precompute.cache import Cache
from precompute.candidates import Candidate
from precompute.catalogue import Catalogue
from precompute.errors import BadParameters
from precompute.ledger import Ledger
from precompute.load import Backlog
from precompute.measures import Measures, measure, running_workers
from precompute.message import Dispatch
from precompute.planner import Cause, Plan, plan
from precompute.queues import Queue
from precompute.scripts import reaching_cache

SHARE_OF_WORKERS = 0.5
"""A warm-up takes this share of the time of the processes that drain its queue; the rest is for what else comes in."""

ROOM = 0.5
"""It holds on while more waits, on all queues, than this share of the backlog at which predicted work is refused."""

EXPIRES_IN = timedelta(hours=1)
"""What has not begun by then is dropped: who was expected has come and asked, or has not."""

UNMEASURED_S = 1.0
"""What a result is taken to cost before any of its type was computed: about what analyses of a short video take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What asking for one candidate did.

    Attributes:
        queued: Task types that this queued; what was on its way already is not among them.
        fresh: Task types that are there.
        refused: Why nothing can be computed now (the video's file is gone), or None.
    """

    queued: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """Asks for the results of candidates, on the background queue.

    Attributes:
        catalogue: The task types in force.
        cache: The entries.
        ledger: The tasks.
        dispatch: Puts messages on their queues.
        backlog: What waits before the workers.
        media_root: Where videos without a URL lie.
        bounds: Of the backlog.
    """

    catalogue: Catalogue
    cache: Cache
    ledger: Ledger
    dispatch: Dispatch
    backlog: Backlog
    media_root: Path
    bounds: Bounds = DEFAULT

    def start(self, candidate: Candidate) -> Started:
        """Queue what of a candidate's results is neither fresh nor on its way.

        Raises:
            BrokerUnavailable, StoreUnavailable: Nothing was started.
        """
        try:
            planned = self._planned(candidate)
        except BadParameters as problem:
            return Started(refused=problem.message)
        receipt = admit(planned, ledger=self.ledger, dispatch=self.dispatch)
        new = {task.row.name for task in planned.tasks if task.task_id == receipt.queued.get(task.row.name)}
        self.backlog.added(Queue.BACKGROUND, len(new))
        return Started(queued=tuple(name for name in receipt.queued if name in new), fresh=receipt.cached)

    def look(self, candidate: Candidate) -> Started:
        """What :meth:`start` would do as far as the entries tell, without doing it."""
        try:
            planned = self._planned(candidate)
        except BadParameters as problem:
            return Started(refused=problem.message)
        wanted = [task for task in planned.tasks if task.wanted]
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            for task in wanted:
                pipe.hget(f"pc:e:{task.key}", "st")
            stale_at = pipe.execute()
        now = self.cache.now_ms()
        fresh = {task.row.name for task, st in zip(wanted, stale_at, strict=True) if st and now < int(st)}
        names = [task.row.name for task in wanted]
        return Started(queued=tuple(name for name in names if name not in fresh), fresh=tuple(sorted(fresh)))

    def has_room(self, candidate: Candidate | None = None) -> bool:
        """Whether the workers have little enough before them to be given more.

        Args:
            candidate: What they would be given. For what shows results of others, these have to be done before it, if
                there is a worker that does them.
        """
        shows = candidate is not None and candidate.shows
        if shows and self.backlog.on(Queue.BACKGROUND) and running_workers(self.cache):
            return False
        return self.backlog.before(Queue.BACKGROUND).share(self.bounds) < ROOM

    def pace(self, *, rate: float | None = None) -> "Pace":
        """How long to rest after each candidate, by what results have cost so far.

        Args:
            rate: Results a second instead.
        """
        return Pace.of(measure(self.cache, self.catalogue), catalogue=self.catalogue, rate=rate)

    def _planned(self, candidate: Candidate) -> Plan:
        event = event_of(candidate.trigger, media_root=self.media_root)
        rows = self.catalogue.started_by(type(event))
        # With an end, so that whoever asks for a result meanwhile does not join it far behind, but takes its place.
        return replace(plan(event, catalogue=self.catalogue, rows=rows, cause=Cause.WARM_UP), expires_in=EXPIRES_IN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a warm-up goes.

    Attributes:
        rest_s: What follows each result of a task type, seconds.
    """

    rest_s: Mapping[str, float]

    @classmethod
    def of(cls, measures: Measures, *, catalogue: Catalogue, rate: float | None = None) -> "Pace":
        """By default a result is followed by as much as :data:`SHARE_OF_WORKERS` of the workers need to compute it.

        What only feeds a result (decoding the video) counts once, with the first row that needs it.
        """
        if rate is not None:
            return cls(rest_s={row.name: 1 / rate for row in catalogue.served()})
        processes = sum(int(one["processes"]) for one in measures.workers if Queue.BACKGROUND.label in one["queues"])
        given = SHARE_OF_WORKERS * max(processes, 1)
        costs = {row.name: measures.by_type[row.name].average_seconds for row in catalogue}
        rest = {row.name: (UNMEASURED_S if (cost := costs[row.name]) is None else cost) / given for row in catalogue}
        for fed in (row for row in catalogue if not row.served):
            first = next((row.name for row in catalogue.dependants_of(fed)), None)
            if first is not None:
                rest[first] += rest[fed.name]
        return cls(rest_s={row.name: rest[row.name] for row in catalogue.served()})

    def after(self, started: Started) -> float:
        """Seconds to wait before the next candidate; none when nothing was queued."""
        return sum(self.rest_s[name] for name in started.queued)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a warm-up has done so far."""

    queued: int = 0
    fresh: int = 0
    refused: int = 0

    def add(self, started: Started) -> None:
        """Count one candidate."""
        self.queued += len(started.queued)
        self.fresh += len(started.fresh)
        self.refused += started.refused is not None


def taken(warm_up: WarmUp, todo: Iterable[Candidate], *, pace: Pace, within: timedelta) -> tuple[int, float, Tally]:
    """Start candidates until what they cost fills ``within``, or there is no room.

    Returns:
        How many were handled, the seconds to rest before the next, and what was done.
    """
    handled, rest_s, tally = 0, 0.0, Tally()
    for candidate in todo:
        if rest_s >= within.total_seconds() or not warm_up.has_room(candidate):
            break
        started = warm_up.start(candidate)
        tally.add(started)
        rest_s += pace.after(started)
        handled += 1
    return handled, rest_s, tally
