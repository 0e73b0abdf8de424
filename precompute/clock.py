"""What time it is, handed down so that tests and replays can say so themselves."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the instant, aware and in UTC."""


def system_clock() -> datetime:
    """The instant by this machine's clock."""
    return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970, as the cache keeps instants."""
    return round(instant.timestamp() * 1000)


def from_ms(milliseconds: int | float) -> datetime:
    """The instant that :func:`to_ms` turned into a number."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, as the API gives instants."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
