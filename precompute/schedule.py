"""Beat's schedule: where it is kept, and whether somebody runs it."""

from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from precompute.scripts import reaching_cache
from precompute.settings import Settings

KEY_PREFIX = "pc:beat:"
"""Begins all keys of RedBeat."""

LOCK = f"{KEY_PREFIX}:lock"
"""Held by a beat as long as it runs; it lapses 15 s after its last sign of life (``redbeat_lock_timeout``)."""


def schedule_url(settings: Settings) -> str:
    """The server that keeps the schedule.

    RedBeat knows the addresses of redis-py only: beside any other broker it keeps its schedule and lock with the facts.
    """
    at_broker = settings.broker.startswith(("redis://", "rediss://"))
    return settings.broker if at_broker else settings.facts_url or settings.redis_url


def without_login(url: str) -> tuple[str, dict[str, str]]:
    """The URL of a Redis without user and password, and these as redis-py takes them beside it.

    Celery shows its configuration to whoever asks a worker (Flower does), and hides what is called a password.
    """
    parts = urlsplit(url)
    login = {"username": parts.username, "password": parts.password}
    if not any(login.values()):
        return url, {}
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, {name: unquote(text) for name, text in login.items() if text}


def beat_runs(client: Any) -> bool:
    """Whether some beat gave a sign of life lately.

    Args:
        client: Of the server at :func:`schedule_url`, as :func:`precompute.scripts.connect` makes it.

    Raises:
        StoreUnavailable: That server cannot be reached.
    """
    with reaching_cache():
        return bool(client.exists(LOCK))
