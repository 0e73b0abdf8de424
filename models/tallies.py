"""Outcomes as arrays: what each line of advertising counted, day by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from precompute.store import Line, Period

DAY = timedelta(days=1)

COUNTED = ("impressions", "clicks", "conversions", "spend", "revenue")
"""The figures of an outcome, in the order of the first axis of :attr:`Tallies.counts`."""

MOST_DAYS = 180
"""Days looked back: older outcomes weigh less than a millionth at the longest half-life that is tried."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """Outcomes by line and day.

    A line is a subject, or one of its variants. Days without any report at all are left out, so that a platform that
    reports weekly has one step a week, and an old import beside today's outcomes is not years away from them.

    Attributes:
        lines: Subject id and variant id (None for the subject itself), one for each row.
        days: (n_days,) int64, days since 1970, ascending.
        counts: (5, n_lines, n_days), in the order of :data:`COUNTED`.
    """

    lines: tuple[Line, ...]
    days: NDArray[np.int64]
    counts: Counts

    def of(self, name: str) -> Counts:
        """One figure, (n_lines, n_days)."""
        figure: Counts = self.counts[COUNTED.index(name)]
        return figure

    def whole(self) -> "Tallies":
        """All lines added up to one."""
        return Tallies(lines=(("", None),), days=self.days, counts=self.counts.sum(axis=1, keepdims=True))

    def rows(self, kept: Sequence[bool]) -> "Tallies":
        """Only some of the lines.

        Args:
            kept: For each line.
        """
        lines = tuple(line for line, keep in zip(self.lines, kept, strict=True) if keep)
        return Tallies(lines=lines, days=self.days, counts=self.counts[:, np.asarray(kept, dtype=bool)])

    def before(self, day: int) -> "Tallies":
        """Only the days before ``day`` (days since 1970)."""
        kept = self.days < day
        return Tallies(lines=self.lines, days=self.days[kept], counts=self.counts[:, :, kept])


def tallies_of(series: Mapping[Line, Sequence[Period]], *, days: NDArray[np.int64] | None = None) -> Tallies:
    """The latest :data:`MOST_DAYS` days of ``series``.

    Args:
        series: Its steps are days or shorter.
        days: More days on which something was reported, of other lines.
    """
    found = [(row, day_of(period.at), period) for row, periods in enumerate(series.values()) for period in periods]
    own = np.array([day for _, day, _ in found], dtype=np.int64)
    known = np.unique(own if days is None else np.concatenate([own, days]))[-MOST_DAYS:]
    if not known.size:
        known = np.zeros(1, dtype=np.int64)  # nothing was counted on one day, so that no sum is empty
    counts = np.zeros((len(COUNTED), len(series), len(known)))
    column = {int(day): index for index, day in enumerate(known)}
    for row, day, period in found:
        if day in column:
            counts[:, row, column[day]] += [getattr(period.totals, name) for name in COUNTED]
    return Tallies(lines=tuple(series), days=known, counts=counts)


def day_of(at: datetime) -> int:
    """Whole days from 1970 to ``at``."""
    return (at - _EPOCH) // DAY
