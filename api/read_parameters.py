"""What the document says of reads: of results, and of the stills and subtitles beside them."""

from typing import Any

from api.answers import CacheMissSchema
from api.blueprint import answers, fails
from api.examples import CACHE_MISSES

PARAMETERS = [
    {
        "in": "query",
        "name": "wait",
        "description": "Holds the request until the running computation is done, or this many seconds are over.",
        "schema": {"type": "number", "minimum": 0, "maximum": 30, "default": 0},
    },
    {
        "in": "header",
        "name": "If-None-Match",
        "description": "The `ETag` of an earlier answer; what is unchanged then answers 304.",
        "schema": {"type": "string"},
    },
    {
        "in": "header",
        "name": "X-User-Id",
        "description": (
            "Who reads, so that predictions learn from it: the read is recorded as the action that this result is "
            "needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. "
            "Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. "
            "Do not report the same view to `/actions` as well."
        ),
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
        "example": "user_67890",
    },
]

X_CACHE = {"X-Cache": "`HIT` or `STALE`."}

_MISS_HEADERS = {
    "X-Cache": "`MISS`.",
    "Cache-Control": "`no-store`.",
    "Retry-After": "Seconds; while processing.",
}

MISSED: dict[int, Any] = {
    **fails(422, 503),
    404: answers("No result now.", schema=CacheMissSchema, examples=CACHE_MISSES, headers=_MISS_HEADERS),
}
"""Responses without a result."""
