"""How long a result is fresh, stale and kept, and when its refresh is due."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from precompute.durations import in_ms
from precompute.subjects import CacheKey
from precompute.task_type import TaskType

_NEVER_MS = -1
"""Instead of a lead: nothing is to refresh it."""


_SHORTEST_PATIENCE = timedelta(minutes=1)
"""A row without lead and grace has its refreshes wait at least this long, lest each be dropped before it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """The ages of one result from the instant it is stored or found to hold still.

    Attributes:
        fresh: For this long it is fresh.
        stale: For this long after that it is served, while whoever reads it starts its refresh.
        kept: For this long after that it is there for the case that computing it fails.
        ahead: Its refresh is due this long before it goes stale; None when nothing is to refresh it.
    """

    fresh: timedelta
    stale: timedelta
    kept: timedelta
    ahead: timedelta | None

    def in_ms(self) -> tuple[int, int, int, int]:
        """The four as whole milliseconds, in the order in which the scripts take them; -1 for no refresh."""
        ahead_ms = _NEVER_MS if self.ahead is None else in_ms(self.ahead)
        return in_ms(self.fresh), in_ms(self.stale), in_ms(self.kept), ahead_ms


def ages_of(row: TaskType, key: CacheKey) -> Ages:
    """The ages of the result under ``key``.

    What only other rows read is large and made anew in one go: it is neither kept for errors nor refreshed.
    """
    if row.transient:
        return Ages(fresh=row.ttl, stale=row.grace, kept=timedelta(0), ahead=None)
    return Ages(fresh=row.ttl, stale=row.grace, kept=row.kept_for_errors, ahead=lead_of(row) * share_of(key))


def lead_of(row: TaskType) -> timedelta:
    """The longest that a refresh comes before the result goes stale.

    At most half of its time of being fresh: with ``PRECOMPUTE_TTL_*`` set below the row's lead, a result would be due
    for its next refresh in the moment it is stored.
    """
    return min(row.refresh_lead, row.ttl / 2)


def patience_of(row: TaskType) -> timedelta:
    """How long a refresh may wait for a worker: by then what it was to renew is served no longer."""
    return max(lead_of(row) + row.grace, _SHORTEST_PATIENCE)


def share_of(key: CacheKey) -> float:
    """Above 0 and at most 1, evenly spread over keys and always the same for one.

    Results that were stored together are so refreshed one after the other over the whole lead, each time.
    """
    digest = hashlib.blake2b(str(key).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 1) / 2**64
