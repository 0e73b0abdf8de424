"""One row of the catalogue: everything the engine knows about a kind of result."""

from dataclasses import dataclass
from datetime import timedelta

from marshmallow import Schema

from precompute.errors import BadParameters, DeclarationError
from precompute.events import Event
from precompute.queues import Queue
from precompute.subjects import CacheKey, Subject, SubjectRef, check_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """A kind of result: what it is about, what starts it, how urgent it is and how long it stays fresh.

    Attributes:
        name: First part of the cache key, name of the Celery task, label in metrics.
        subject: What it is about.
        on: The event that starts it; None for a row that is only an input of others.
        queue: Where its tasks wait unless the trigger names a priority.
        ttl: How long a result is fresh.
        inputs: Results of the same subject it is computed from, in the order of its function's arguments.
        time_limit: A computation that takes longer is ended and fails.
        fetches: Whether a fetch has to have room in that: a setting that gives it more time than usual makes the limit
            longer by so much.
        slow_after: Somebody is told when one computation in twenty takes longer; a quarter of the time limit if None.
        result: Schema of the JSON result; None when only other rows read it.
        transient: Dropped as soon as no task of the subject needs it, and never served.
        grace: How long after that it is still served, stale, while a new one is computed.
        kept_for_errors: How long after that it is kept, to be served while computing a new one fails.
        refresh_lead: A refresh is due at most this long before the result goes stale.
        needed_for: Actions of users that read it. A user who will probably do one of them soon gets it ready: of a row
            about a user their own, else of the campaign or video they brought last.
        learns: Outcomes that are reported of its subject change it, and it goes stale with each report.
        shows: Of a row about a user: what of theirs it shows. It goes stale when a result about one such changes.
    """

    name: str
    subject: Subject
    on: type[Event] | None
    queue: Queue
    ttl: timedelta
    time_limit: timedelta
    fetches: bool = False
    slow_after: timedelta | None = None
    result: type[Schema] | None = None
    inputs: tuple["TaskType", ...] = ()
    transient: bool = False
    grace: timedelta = timedelta(hours=1)
    kept_for_errors: timedelta = timedelta(hours=24)
    refresh_lead: timedelta = timedelta(minutes=15)
    needed_for: tuple[str, ...] = ()
    learns: bool = False
    shows: tuple[Subject, ...] = ()

    def __post_init__(self) -> None:
        try:
            check_id(self.name, field="name")
        except BadParameters as problem:
            raise DeclarationError(f"a task type cannot be called {self.name!r}: {problem.message}") from problem
        if self.on is not None and self.on.subject is not self.subject:
            raise DeclarationError(
                f"{self.name}: {self.on.__name__} is about a {self.on.subject}, not a {self.subject}"
            )
        for other in self.inputs:
            if other.subject is not self.subject:
                raise DeclarationError(f"{self.name}: its input {other.name} is about a {other.subject}")
        if self.shows and self.subject is not Subject.USER:
            raise DeclarationError(f"{self.name}: only a row about a user can show what is theirs")
        if min(self.ttl, self.time_limit, self.slow) <= timedelta(0):
            raise DeclarationError(f"{self.name}: ttl, time_limit and slow_after must be positive")
        if min(self.grace, self.kept_for_errors, self.refresh_lead) < timedelta(0):
            raise DeclarationError(f"{self.name}: grace, kept_for_errors and refresh_lead cannot be negative")

    @property
    def slow(self) -> timedelta:
        """Beyond this time a computation counts as slow."""
        return self.time_limit / 4 if self.slow_after is None else self.slow_after

    @property
    def served(self) -> bool:
        """Whether callers may read it."""
        return not self.transient

    def key_for(self, ref: SubjectRef) -> CacheKey:
        """The cache key of this result for one subject."""
        return CacheKey(task_type=self.name, ref=ref)
