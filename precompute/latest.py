"""The latest results that were stored, newest first; ``lua/store.lua`` writes the list with each result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from precompute.cache import Cache
from precompute.clock import from_ms
from precompute.scripts import reaching_cache
from precompute.subjects import CacheKey

LATEST_KEY = "pc:latest"
"""List of results as JSON, newest first, of which the script keeps a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A result was stored; it may have been replaced or have gone since.

    Attributes:
        at: When.
        took_ms: How long computing it took, after what was computed for it (:mod:`precompute.waiting`).
        cause: What had it computed, in the words of :class:`precompute.planner.Cause`; ``unknown`` where its task was
            evicted meanwhile.
        bytes: Size of the JSON and of what is kept beside it.
    """

    key: CacheKey
    at: datetime
    took_ms: int
    cause: str
    bytes: int


def latest(cache: Cache, *, most: int = 20) -> Sequence[Stored]:
    """What was stored lately, newest first; of served task types only.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        packed = cache.client.lrange(LATEST_KEY, 0, most - 1)
    return tuple(_unpacked(one) for one in packed)


def _unpacked(packed: bytes) -> Stored:
    # A newer version may tell more, behind these.
    key, at_ms, took_ms, cause, size, *_newer = orjson.loads(packed)
    return Stored(key=CacheKey.parse(key), at=from_ms(at_ms), took_ms=took_ms, cause=cause, bytes=size)
