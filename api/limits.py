"""How much each caller may ask, counted on the cache's server so that all processes of the API count together."""

from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import HeaderNames, Limiter

from api.guard import OPEN
from precompute.settings import Settings

STRATEGY = "sliding-window-counter"
"""Two counters a caller; no burst of twice the limit where two windows meet."""

SCRAPED = "/metrics"

SCRAPES = "2/second"
"""Of each caller, counted by themselves: what callers do with a key must not blind whoever watches them, nor the
watching take from what they may ask. Far more than two Prometheus servers ask, and no way around the limit."""

ANSWER_TIMEOUT_S = 0.5
"""While the cache's server does not answer, each process counts for itself: a limit must not be what takes the service
down with it."""

_ITS_RETRY_AFTER = "X-RateLimit-Retry-After"
"""Where Flask-Limiter is to say when the window ends: it says so in every answer, and would overrule with it the
``Retry-After`` of results that are being computed. Nobody outside is told."""

_STORAGE: dict[str, Any] = {"socket_connect_timeout": ANSWER_TIMEOUT_S, "socket_timeout": ANSWER_TIMEOUT_S}


def limit(app: Flask, settings: Settings) -> None:
    """Let ``app`` answer 429 to callers who ask more than ``PRECOMPUTE_RATE_LIMIT`` allows."""
    each = settings.rate_limit
    if not each:
        return
    # Before the limiter's own, since the last one runs first.
    app.after_request(_retry_after)
    limiter = Limiter(
        _caller,
        app=app,
        application_limits=[lambda: SCRAPES if _is_scrape() else each],
        application_limits_per_method=False,
        storage_uri=settings.redis_url.replace("unix://", "redis+unix://", 1),
        storage_options=_STORAGE,
        in_memory_fallback_enabled=True,
        strategy=STRATEGY,
        key_prefix="pc:limit",
        headers_enabled=True,
        header_name_mapping={HeaderNames.RETRY_AFTER: _ITS_RETRY_AFTER},
    )
    limiter.request_filter(lambda: request.path in OPEN)


def _retry_after(answer: Response) -> Response:
    """The answer; only one that refuses says when the caller may go on, and no sooner than in a second."""
    seconds = answer.headers.pop(_ITS_RETRY_AFTER, None)
    if answer.status_code == 429 and seconds is not None:
        answer.headers["Retry-After"] = str(max(1, int(seconds)))
    return answer


def _caller() -> str:
    name: str = getattr(g, "api_key", None) or request.environ.get("REMOTE_ADDR") or "localhost"
    # No key has such a name, and no address.
    return f"{name} scraping" if _is_scrape() else name


def _is_scrape() -> bool:
    return request.path == SCRAPED
