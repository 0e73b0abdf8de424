"""In which order refreshes are done when there are more than there is room for: by benefit for its cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.due import DueEntry
from precompute.scripts import reaching_cache
from precompute.task_type import TaskType
from precompute.usefulness import Experience, experience
from precompute.waiting import wait_before

CHECK_S = 0.05
"""What looking at the sources of a result is taken to cost: a few questions to the store, or one byte over http."""

_PRIOR = 1
"""Each type begins as if one refresh had found a change and one had not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshOrder:
    """What was learned of each type, as far as it orders refreshes.

    Attributes:
        waits_s: What a reader waits who finds nothing, by task type, seconds.
        changed: Share of refreshes that found a change, by task type.
    """

    waits_s: Mapping[str, float]
    changed: Mapping[str, float]

    def worth(self, entry: DueEntry, row: TaskType, *, now: datetime) -> float:
        """Seconds of waiting that a refresh spares in each second, for each second that it costs.

        ``reads a second * wait / (check + share changed * wait)``. Reads a second: those since the entry was computed,
        and one more for each prediction that says it will be read, over its age; as if one had come in one time of
        being fresh before, so that a young entry is judged by more than its first minutes. A result without sources to
        compare is always computed.
        """
        ttl_s = row.ttl.total_seconds()
        wanted = entry.wanted_until is not None and now < entry.wanted_until
        rate = (entry.reads + wanted + 1) / (max(0.0, (now - entry.computed_at).total_seconds()) + ttl_s)
        wait = self.waits_s[row.name]
        return rate * wait / (CHECK_S + (self.changed[row.name] if entry.source else 1.0) * wait)


def refresh_order(cache: Cache, catalogue: Catalogue) -> RefreshOrder:
    """What the counters say now.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    known, rows = experience(cache, catalogue), list(catalogue)
    names = [f"refresh:{found}:{row.name}" for row in rows for found in ("changed", "unchanged")]
    with reaching_cache():
        counts = [int(count or 0) for count in cache.client.hmget("pc:m", names)]
    pairs = zip(rows, counts[::2], counts[1::2], strict=True)
    return RefreshOrder(
        waits_s={row.name: wait_s(row, known) for row in rows},
        changed={row.name: (changed + _PRIOR) / (changed + same + 2 * _PRIOR) for row, changed, same in pairs},
    )


def wait_s(row: TaskType, known: Experience) -> float:
    """What a reader waits for a result that is gone: its computation, after that of what is never kept for it."""
    return wait_before(row, lambda needed: wait_s(needed, known)) + known.cost_s(row)
