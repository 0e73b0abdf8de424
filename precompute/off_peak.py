"""The hours of the day in which a platform has time to spare."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

PREPARES_WITHIN = timedelta(hours=1)
"""Mornings are prepared so long before they begin: what is fresh for an hour would be stale again otherwise."""

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

    def ends_after(self, at: datetime) -> datetime:
        """The first end of the stretch that is later than ``at``, in UTC."""
        day = at.astimezone(UTC)
        end = day.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end > day else end + timedelta(days=1)

    @property
    def last_hours(self) -> tuple[int, ...]:
        """The hours of the day, in UTC, in which :data:`PREPARES_WITHIN` before the end lies."""
        end = datetime.combine(_ANY_DAY, self.end)
        return tuple(sorted({(end - PREPARES_WITHIN).hour, (end - timedelta(minutes=1)).hour}))

    def is_ending(self, at: datetime, *, within: timedelta) -> bool:
        """Whether ``at`` is inside the stretch, and its end follows within that time."""
        return self.ends_after(at) - at <= min(within, self.length)

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
