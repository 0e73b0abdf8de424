"""What models learn from: outcomes by line and step, alike in the database and in memory."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from known_facts import KnownFacts

from precompute.facts import Outcome
from precompute.store import Facts
from precompute.store.database import Database
from precompute.subjects import Subject

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def outcome(campaign: str, *, variant: str | None = None, day: int = 0, hour: int = 0, clicks: int = 1) -> Outcome:
    """Ten impressions."""
    return Outcome(
        at=MONDAY + day * DAY + timedelta(hours=hour),
        subject=Subject.CAMPAIGN,
        subject_id=campaign,
        variant_id=variant,
        impressions=10,
        clicks=clicks,
        spend=2.0,
        revenue=3.0,
    )


@pytest.fixture(params=["memory", "sqlite"])
def facts(request: pytest.FixtureRequest, tmp_path: Path) -> Facts:
    """Both that answer."""
    makers: dict[str, Callable[[], Facts]] = {
        "memory": KnownFacts,
        "sqlite": lambda: Database(f"sqlite:///{tmp_path / 'facts.sqlite3'}"),
    }
    made = makers[request.param]()
    if isinstance(made, Database):
        request.addfinalizer(made.close)
    return made


def test_variants_are_apart_from_their_campaign_and_days_are_added_up(facts: Facts) -> None:
    """Two reports of one day are one period; a variant's are not the campaign's own."""
    facts.write(
        [outcome("a", hour=1), outcome("a", hour=23, clicks=4), outcome("a", variant="v", day=2), outcome("b", day=1)]
    )
    lines = facts.lines(Subject.CAMPAIGN, step=DAY)
    assert {line: [(p.at, p.totals.outcomes, p.totals.clicks) for p in found] for line, found in lines.items()} == {
        ("a", None): [(MONDAY, 2, 5)],
        ("a", "v"): [(MONDAY + 2 * DAY, 1, 1)],
        ("b", None): [(MONDAY + DAY, 1, 1)],
    }
    assert facts.lines(Subject.VIDEO, step=DAY) == {}


def test_only_the_subjects_asked_for_and_the_latest_periods(facts: Facts) -> None:
    """A bound leaves out the oldest, and keeps the order."""
    facts.write([*(outcome("a", day=day) for day in (3, 1, 2)), outcome("b", day=9)])
    found = facts.lines(Subject.CAMPAIGN, step=DAY, subject_ids=["a"], most=2)
    assert {line: [p.at for p in periods] for line, periods in found.items()} == {
        ("a", None): [MONDAY + 2 * DAY, MONDAY + 3 * DAY]
    }


def test_what_was_reported_is_counted_by_kind(facts: Facts) -> None:
    """Every report counts once, whatever it is about within the kind."""
    facts.write([outcome("a"), outcome("a"), outcome("b", variant="v")])
    assert (facts.reported(Subject.CAMPAIGN), facts.reported(Subject.VIDEO)) == (3, 0)
