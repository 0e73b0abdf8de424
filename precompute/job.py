"""What a compute function is given and may give back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from precompute.events import Event
from precompute.history import History
from precompute.ledger import TaskRecord
from precompute.prediction import Predict
from precompute.settings import Settings
from precompute.store import Facts
from precompute.subjects import CacheKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The computation at hand.

    Attributes:
        event: What started it, with the data the trigger brought.
        settings: Of this process.
        at: When it began.
        facts: What is known of users, campaigns and outcomes.
        recent: What a user did lately; also what is not among ``facts`` yet.
        predict: What users do next, by the model in use.
        peek: The stored result under a key as decoded JSON, or None when it is not there; not counted as a read.
        states: Where the tasks of some keys stand, in order, in one round trip.
        report: Called with the share done so far (0 to 1); shows on the status page. Cheap: it is rate-limited.
    """

    event: Event
    settings: Settings
    at: datetime
    facts: Facts
    recent: Callable[[str], History]
    predict: Predict
    peek: Callable[[CacheKey], Mapping[str, Any] | None]
    states: Callable[[Sequence[CacheKey]], Sequence[TaskRecord]]
    report: Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A result that JSON alone does not hold.

    Attributes:
        value: The JSON part; fits the row's schema where it has one.
        parts: Bytes kept beside it under short names (``1.jpg``, ``sound``), each read on its own.
        read: What the function found where it looked, in place of what its declared sources said before it began; an
            empty text says that the result is a makeshift, to be computed anew when its refresh is due.
    """

    value: Mapping[str, Any]
    parts: Mapping[str, bytes] = field(default_factory=dict)
    read: tuple[str, ...] | None = None


class StoredResult(Protocol):
    """A result as a dependent computation finds it in the cache."""

    @property
    def value(self) -> Mapping[str, Any]:
        """The JSON part."""

    def part(self, name: str) -> bytes:
        """The bytes kept under ``name``, read from the cache when asked for.

        Raises:
            InputGone: The entry is gone meanwhile.
        """
