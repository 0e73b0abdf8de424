"""The hours of the day in which a platform has time to spare."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

_ANY_DAY = datetime(2000, 1, 1)  # only the distance of two times of a day is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class OffPeak:
    """A stretch of every day, in UTC; one whose end is before its start goes on past midnight."""

    start: time
    end: time

    @property
    def length(self) -> timedelta:
        """More than nothing, and less than a day."""
        between = datetime.combine(_ANY_DAY, self.end) - datetime.combine(_ANY_DAY, self.start)
        return between % timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def parse_off_peak(text: str) -> OffPeak:
    """``"01:00-06:00"``, or past midnight ``"23:30-04:00"``.

    Raises:
        ValueError: Anything else, and a stretch that ends when it starts.
    """
    match = _HOURS.fullmatch(text.strip())
    first, from_minute, last, to_minute = (int(number) for number in match.groups()) if match else (0, 0, 0, 0)
    found = OffPeak(start=time(first, from_minute), end=time(last, to_minute))
    if not found.length:
        raise ValueError("takes two different times of the day in UTC, as in 01:00-06:00")
    return found
