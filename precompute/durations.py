"""Durations as people write them in settings."""

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([smhd]?)", re.ASCII)
_SHORTEST = timedelta(milliseconds=1)
_LONGEST = timedelta(days=3650)


def parse_duration(text: str) -> timedelta:
    """``"90"`` and ``"90s"`` are 90 seconds, ``"6h"`` six hours; units are s, m, h and d.

    Raises:
        ValueError: Anything else, and anything shorter than a millisecond or longer than ten years.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else 0.0
    if not _SHORTEST.total_seconds() <= seconds <= _LONGEST.total_seconds():
        raise ValueError("takes seconds or a number with a unit, like 90, 15m, 6h or 1d")
    return timedelta(seconds=seconds)


def in_ms(duration: timedelta) -> int:
    """Whole milliseconds, as Redis counts."""
    return round(duration.total_seconds() * 1000)
