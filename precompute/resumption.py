"""What a task that has not begun is waiting for."""

from dataclasses import dataclass
from enum import StrEnum

from precompute.message import Message
from precompute.subjects import CacheKey


class Readiness(StrEnum):
    """What a task that has not begun is waiting for."""

    QUEUED = "queued"
    WAITING = "waiting"
    MISSING = "missing"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """The answer to :meth:`Ledger.resume`.

    Attributes:
        readiness: What the task is waiting for.
        message: To publish once it waits for nothing.
        missing_input: An input that is neither stored nor on its way.
    """

    readiness: Readiness
    message: Message | None = None
    missing_input: CacheKey | None = None
