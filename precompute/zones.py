"""Time zones by their names, so that a user's day begins where it does for them."""

import functools
import zoneinfo
from datetime import datetime, timedelta
from typing import Any


def known_zone(told: Any) -> str | None:
    """The name when it is one of a time zone (``Europe/Berlin``); None for anything else that callers may send."""
    return told if isinstance(told, str) and told in _names() else None


def utc_offset(zone: str, *, at: datetime) -> timedelta | None:
    """How far clocks there are ahead of UTC; None for a zone that this machine does not know (any more)."""
    return zoneinfo.ZoneInfo(zone).utcoffset(at) if zone in _names() else None


@functools.cache
def _names() -> frozenset[str]:
    # Asked for by name alone, zoneinfo would look for files by whatever a caller sends.
    return frozenset(zoneinfo.available_timezones())
