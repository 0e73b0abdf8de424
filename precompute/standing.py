"""How things stand on the cache's server now: what is due, what has failed, and how much room there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from precompute.cache import Cache
from precompute.clock import from_ms
from precompute.scripts import reaching_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Lengths of indexes and figures of the server, each at a cost that does not grow with what is stored.

    Attributes:
        unfinished: Tasks that wait or run.
        failed: Tasks whose latest try failed, and which nobody has computed since.
        set_aside: Those of them that ended their workers.
        due: Results whose refresh is due and not handed out.
        refresh_lag_seconds: For how long the refresh has been due that is due longest; 0 where none is.
        swept_at: When a worker last did what beat asks for every few seconds; None for never.
        memory_bytes: What the server takes.
        memory_limit_bytes: What it may take; 0 for no limit.
        evictions: Keys that it dropped for want of room, since it started.
    """

    unfinished: int
    failed: int
    set_aside: int
    due: int
    refresh_lag_seconds: float
    swept_at: datetime | None
    memory_bytes: int
    memory_limit_bytes: int
    evictions: int


def standing(cache: Cache) -> Standing:
    """How things stand, in one round trip.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    now = cache.now_ms()
    with reaching_cache(), cache.client.pipeline(transaction=False) as pipe:
        for index in ("pc:watch", "pc:failed", "pc:aside"):
            pipe.zcard(index)
        pipe.zcount("pc:due", "-inf", now)
        pipe.zrange("pc:due", 0, 0, withscores=True)
        pipe.hget("pc:m", "warm_seen")
        pipe.info("memory")
        pipe.info("stats")
        unfinished, failed, aside, due, first, swept, memory, stats = pipe.execute()
    return Standing(
        unfinished=unfinished,
        failed=failed,
        set_aside=aside,
        due=due,
        refresh_lag_seconds=max(0.0, (now - first[0][1]) / 1000) if first else 0.0,
        swept_at=None if swept is None else from_ms(int(swept)),
        memory_bytes=_figure(memory, "used_memory"),
        memory_limit_bytes=_figure(memory, "maxmemory"),
        evictions=_figure(stats, "evicted_keys"),
    )


def _figure(told: Mapping[str, Any], name: str) -> int:
    # Servers that only speak Redis's language leave some out.
    return int(told.get(name, 0))
