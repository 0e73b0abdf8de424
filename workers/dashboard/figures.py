"""Outcomes added up, and laid out by day."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from precompute.store import Period, Totals

DAY = timedelta(days=1)
"""The step of every series here; days are those of UTC."""


def added(totals: Iterable[Totals]) -> Totals:
    """The sum."""
    whole = list(totals)
    return Totals(
        outcomes=sum(one.outcomes for one in whole),
        impressions=sum(one.impressions for one in whole),
        clicks=sum(one.clicks for one in whole),
        conversions=sum(one.conversions for one in whole),
        spend=sum(one.spend for one in whole),
        revenue=sum(one.revenue for one in whole),
    )


def last_days(series: Iterable[Sequence[Period]], *, until: datetime, days: int) -> list[Period]:
    """Several series added up by day, for ``days`` days of which the last holds ``until``.

    Returns:
        Oldest first, days without outcomes included; empty when no series has an outcome in that time.
    """
    by_day: dict[datetime, list[Totals]] = {}
    for periods in series:
        for period in periods:
            by_day.setdefault(period.at, []).append(period.totals)
    today = until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    shown = [today - DAY * back for back in reversed(range(days))]
    if not any(day in by_day for day in shown):
        return []
    return [Period(at=day, totals=added(by_day.get(day, ()))) for day in shown]
