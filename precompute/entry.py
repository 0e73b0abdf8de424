"""What a read finds: an entry, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from precompute.subjects import CacheKey

FORMAT = 1
"""Of the entries that this version writes, as in ``lua/shared.lua`` and ``lua/read.lua``. Whoever changes what is in
them so that an older version, which runs beside a newer one during an upgrade, would misread it raises it."""


def is_readable(form: bytes | None) -> bool:
    """Whether this version reads entries of a format; what was written before there were any has none.

    One that is not readable counts as missing, and is left where it is.
    """
    return form is None or int(form) <= FORMAT


class State(StrEnum):
    """Where a result stands, as callers see it."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    MISSING = "missing"

    @property
    def on_its_way(self) -> bool:
        """Whether waiting for it makes sense."""
        return self in (State.QUEUED, State.RUNNING)


STATES = {"waiting": State.QUEUED, **{state.value: state for state in State}}
"""What callers see of a task's own state: waiting for inputs is queued to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a computation failed: a word for programs and a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A result as it stands in the cache.

    Attributes:
        key: Under which it is kept.
        body: The result as UTF-8 JSON, exactly as readers get it; the bytes of a part where one was asked for.
        computed_at: When it was stored.
        stale_at: Until then it is fresh; in 1970 for one that was made stale, whatever a clock says.
        gone_at: Until then it is served, stale; after that only while computing it anew fails.
        etag: Names this content.
        read_at: When this read happened.
        due: Its refresh is due and not on its way: whoever got it from this read should start it.
    """

    key: CacheKey
    body: bytes
    computed_at: datetime
    stale_at: datetime
    gone_at: datetime
    etag: str
    read_at: datetime
    due: bool = False

    @property
    def stale(self) -> bool:
        """Whether its time of being fresh is over."""
        return self.read_at >= self.stale_at

    @property
    def early(self) -> bool:
        """Whether its refresh is due though it is fresh: see :func:`precompute.early.draw_earliness`."""
        return self.due and not self.stale

    @property
    def kept(self) -> bool:
        """Whether it is served only because computing it anew has failed."""
        return self.read_at >= self.gone_at

    @property
    def age_seconds(self) -> float:
        """How old it is; never negative, whatever the clocks of reader and writer say."""
        return max(0.0, (self.read_at - self.computed_at).total_seconds())

    @property
    def expires_in_seconds(self) -> float:
        """How long it stays fresh; 0 when it is stale."""
        return max(0.0, (self.stale_at - self.read_at).total_seconds())

    @property
    def value(self) -> Mapping[str, Any]:
        """The result, decoded."""
        decoded: Mapping[str, Any] = orjson.loads(self.body)
        return decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """No entry: it is on its way, it failed, or nobody asked for it."""

    key: CacheKey
    state: State
    task_id: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an entry was computed for.

    Attributes:
        event: As :meth:`precompute.events.Event.to_json` wrote it.
        reads: How often the entry has been read since it was stored.
        source: Token of its sources; empty when nobody can tell, or when it was outdated since.
    """

    event: str
    reads: int
    source: str = ""
