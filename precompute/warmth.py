"""Whether the cache is the one that was there, and how far its automatic warm-up is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from precompute.cache import Cache
from precompute.clock import from_ms
from precompute.durations import in_ms
from precompute.scripts import reaching_cache
from precompute.warming import Tally

PATIENCE = timedelta(minutes=1)
"""A slice of an automatic warm-up that nothing was heard of for this long is published again; its message expires."""

FORGETS = timedelta(hours=1)
"""A cache that no sweep has looked at for this long counts as lost: most of it is stale, if it is there at all."""

_STATE = "pc:warm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A stretch of an automatic warm-up: candidates from ``place`` on, as they were when it ``began``."""

    token: int
    began: datetime
    place: int


class Warmth:
    """The marker on the cache's server that is lost with it.

    Args:
        cache: The entries.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def due(self) -> int | None:
        """A token for the next slice, given to one caller, when the cache was lost or its warm-up has to go on.

        A marker that was merely evicted is put back: a second key tells that the cache was there a moment ago.
        """
        token = self._cache.scripts.run("warm_due", self._cache.now_ms(), in_ms(PATIENCE), in_ms(FORGETS))
        return int(token) or None

    def slice(self, token: int) -> Slice | None:
        """What to go on with, or None when the cache was lost meanwhile or another slice took over."""
        with reaching_cache():
            due, began, place = self._cache.client.hmget(_STATE, "due", "began", "place")
        if due is None or began is None or int(due) != token:
            return None
        return Slice(token=token, began=from_ms(int(began)), place=int(place or 0))

    def went(self, slice_: Slice, *, place: int, of: int, rest: timedelta, tally: Tally) -> bool:
        """Say how far a slice got; the next one is due after ``rest``, or none is when ``place`` is the last.

        Returns:
            Whether it still counted.
        """
        now = self._cache.now_ms()
        due = 0 if place >= of else now + in_ms(rest)
        counts = (tally.queued, tally.fresh, tally.refused)
        return bool(self._cache.scripts.run("warm_went", slice_.token, now, place, due, of, *counts))

    def told(self) -> Mapping[str, Any] | None:
        """The last warm-up of this cache: when it began and ended, how far it is, what it did; None before any."""
        with reaching_cache():
            fields = {name.decode(): int(value) for name, value in self._cache.client.hgetall(_STATE).items()}
        if "began" not in fields:
            return None
        return {
            "began_at": from_ms(fields["began"]),
            "ended_at": from_ms(fields["done"]) if "done" in fields else None,
            **{name: fields.get(name, 0) for name in ("place", "of", "queued", "fresh", "refused")},
        }
