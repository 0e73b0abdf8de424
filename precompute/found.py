"""What ``lua/read.lua`` answers, as an entry or as why there is none."""

from datetime import timedelta
from typing import Any

from precompute.clock import from_ms
from precompute.entry import STATES, Entry, Failure, Miss, State
from precompute.errors import UnknownPrecomputation
from precompute.subjects import CacheKey

_NO_SUCH_PART = 2


def found_in(answer: list[Any], *, key: CacheKey, part: str, now_ms: int) -> tuple[Entry | Miss, timedelta | None]:
    """What a read of ``key`` at ``now_ms`` found; and what computing it took where it was not counted, to be kept near.

    Raises:
        UnknownPrecomputation: The entry has no ``part``.
    """
    kind, *rest = answer
    if kind == _NO_SUCH_PART:
        raise UnknownPrecomputation(f"{key} has no {part} in the cache")
    if not kind:
        return _miss(key, rest), None
    body, computed, stale, gone, etag, due, *cost = rest
    entry = Entry(
        key=key,
        body=body,
        computed_at=from_ms(int(computed)),
        stale_at=from_ms(int(stale)),
        gone_at=from_ms(int(gone)),
        etag=etag.decode(),
        read_at=from_ms(now_ms),
        due=due == 1,
    )
    return entry, timedelta(milliseconds=int(cost[0])) if cost else None


def _miss(key: CacheKey, task: list[bytes | None]) -> Miss:
    task_id, state, code, error = (None if value is None else value.decode() for value in task)
    seen = STATES.get(state or "", State.MISSING)
    if seen is State.READY:
        # The task ended well but its entry is gone: expired or evicted.
        seen = State.MISSING
    failure = Failure(code=code or "internal", message=error or "") if seen is State.FAILED else None
    return Miss(key=key, state=seen, task_id=task_id if seen is not State.MISSING else None, failure=failure)
