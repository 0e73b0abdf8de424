"""What the values of settings look like: each turns the text of a variable into a value, or says what it takes."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from precompute.signing import key_of

_WHOLE = re.compile(r"\d{1,12}", re.ASCII)
_ADDRESS = re.compile(r"[a-zA-Z][\w+.-]*://\S+$", re.ASCII)
_RATES = re.compile(r"\d{1,9}/(second|minute|hour|day)(\s*;\s*\d{1,9}/(second|minute|hour|day))*", re.ASCII)
_SHARE = re.compile(r"\d?\.?\d{1,6}", re.ASCII)
_SHORTEST_SECRET = 8


def between(low: int, high: int) -> Callable[[str], int]:
    """Whole numbers from ``low`` to ``high``."""

    def parse(text: str) -> int:
        number = int(text) if _WHOLE.fullmatch(text) else low - 1
        if not low <= number <= high:
            raise ValueError(f"takes a whole number from {low} to {high}")
        return number

    return parse


def share(text: str) -> float:
    """From 0 to less than 1.

    Raises:
        ValueError: Anything else.
    """
    number = float(text) if _SHARE.fullmatch(text) else 1.0
    if number >= 1:
        raise ValueError("takes a number from 0 to less than 1, like 0.5")
    return number


def one_of(*words: str) -> Callable[[str], str]:
    """One of a few words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"takes {', '.join(words[:-1])} or {words[-1]}")
        return text.lower()

    return parse


def redis_url(text: str) -> str:
    """Of a Redis or Valkey server.

    Raises:
        ValueError: Anything else.
    """
    if urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("takes a redis://, rediss:// or unix:// URL")
    return text


def broker_url(text: str) -> str:
    """Of a message broker that Celery can work with here.

    Raises:
        ValueError: Anything else.
    """
    if urlsplit(text.split(";", 1)[0]).scheme not in {"redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps"}:
        raise ValueError("takes a redis://, rediss://, sentinel:// or amqp:// URL")
    return text


def database_url(text: str) -> str:
    """Of SQLite or PostgreSQL, with the driver that is shipped.

    Raises:
        ValueError: Anything else.
    """
    if urlsplit(text).scheme not in {"sqlite", "postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("takes a sqlite:/// or postgresql:// URL")
    # The driver that is shipped; other tools write the scheme without it.
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text)


def http_url(text: str) -> str:
    """Of a web server, without a slash at its end.

    Raises:
        ValueError: Anything else.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("takes an http:// or https:// URL")
    return text.rstrip("/")


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def addresses(text: str) -> tuple[str, ...]:
    """URLs of any scheme, separated by commas or spaces; one may hold commas itself.

    Raises:
        ValueError: Something else stands between or beside them.
    """
    found = tuple(re.split(r"[\s,]+(?=[a-zA-Z][\w+.-]*://)", text.strip(" \t\r\n,")))
    if not all(_ADDRESS.match(each) for each in found):
        raise ValueError("takes URLs such as json://example.org/hook, separated by commas or spaces")
    return tuple(dict.fromkeys(found))


def user_and_password(text: str) -> str:
    """``user:password``, both given.

    Raises:
        ValueError: Anything else.
    """
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise ValueError("takes user:password")
    return text


def secrets(text: str) -> tuple[str, ...]:
    """What signs, separated by spaces; each of at least eight characters.

    Raises:
        ValueError: One is shorter, or is not Base64 though it says so.
    """
    found = tuple(text.split())
    if not found or any(len(one) < _SHORTEST_SECRET for one in found):
        raise ValueError(f"takes a secret of at least {_SHORTEST_SECRET} characters")
    for one in found:
        key_of(one)
    return found


def rate_limit(text: str) -> str:
    """Requests in a time, several of them separated by semicolons.

    Raises:
        ValueError: Anything else.
    """
    if not _RATES.fullmatch(text.strip()):
        raise ValueError("takes requests in a time, like 50/second;10000/hour")
    return text.strip()
