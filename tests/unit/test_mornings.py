"""Who is expected in the morning, from who came before; and when mornings are prepared."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_facts import KnownFacts

from precompute.facts import Action
from precompute.mornings import HOURS, chances, expected
from precompute.off_peak import parse_off_peak
from precompute.presence import WEEKS
from precompute.store import DAY, Routine

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def comes(*days_before: int, user: str = "u1", action: str = "look", hour: float = 1.0) -> Iterator[Action]:
    """Does something on those days before that Monday, so many hours after six."""
    return (Action(at=MONDAY - days * DAY + hour * HOUR, user_id=user, action=action) for days in days_before)


def chance(*actions: Action, morning: datetime = MONDAY) -> float:
    """That u1 looks in that morning."""
    found = expected(KnownFacts(*actions), morning=morning)
    return found.get("u1", {}).get("look", 0.0)


WORKING_DAYS = [days for days in range(1, 29) if (MONDAY - days * DAY).weekday() < 5]


@pytest.mark.parametrize(
    ("days", "by_hand"),
    [
        (WORKING_DAYS, (4 + 1.6 + 0.5) / (4 + 2.4 + 2)),
        ([7, 14, 21, 28], (4 + 0.5) / (4 + 2.4 + 2)),
        ([6, 13, 20, 27], (0 + 0.4 + 0.5) / (3 + 2.4 + 2)),
        ([1], (0 + 0.1 + 0.5) / (0 + 0.1 + 2)),
        ([7], (1 + 0.5) / (1 + 0.6 + 2)),
    ],
    ids=["working_days", "mondays", "tuesdays", "once_yesterday", "once_a_week_ago"],
)
def test_chances_by_hand(days: list[int], by_hand: float) -> None:
    """Of a Monday, from the days on which the user came; nothing counts from before the first of them."""
    assert MONDAY.weekday() == 0
    assert chance(*comes(*days)) == pytest.approx(by_hand)


def test_whoever_comes_on_working_days_is_expected_on_them_and_not_on_sundays() -> None:
    """Above and below one half, without anybody saying which days those are."""
    sunday = MONDAY - DAY
    assert chance(*comes(*WORKING_DAYS)) > 0.7
    assert chance(*comes(*WORKING_DAYS), morning=sunday) < 0.35
    assert chance(*comes(7, 14, 21, 28)) > 0.5
    assert chance(*comes(7, 14, 21, 28), morning=MONDAY + DAY) < 0.5


def test_what_is_done_at_other_hours_does_not_count() -> None:
    """Before the end of the off-peak hours, or when the morning is over."""
    assert chance(*comes(7, 14, 21, 28, hour=-1)) == 0.0
    assert chance(*comes(7, 14, 21, 28, hour=HOURS / HOUR)) == 0.0


def test_users_and_actions_stand_by_themselves() -> None:
    """Each with its own days."""
    facts = KnownFacts(*comes(7, 14, 21, 28), *comes(7, action="pay"), *comes(7, user="u2"))
    found = expected(facts, morning=MONDAY)
    assert set(found) == {"u1", "u2"}
    assert found["u1"]["look"] > 0.5 > found["u1"]["pay"]
    # Who was first seen a week ago did it every time.
    assert found["u2"]["look"] > found["u1"]["pay"]


@given(
    alike=st.integers(0, WEEKS), other=st.integers(0, WEEKS * 6), more=st.booleans(), first=st.integers(1, WEEKS * 7)
)
def test_a_chance_is_one_and_grows_with_every_day(alike: int, other: int, more: bool, first: int) -> None:
    """Also where the store's counts and first days do not fit each other."""

    def of(alike: int, other: int) -> float:
        routine = Routine(user_id="u1", action="look", alike=alike, other=other)
        return chances([routine], visits=[], morning=MONDAY)["u1"]["look"]

    assert 0 < of(alike, other) < 1
    if more and alike < WEEKS:
        assert of(alike + 1, other) > of(alike, other)
    elif other < WEEKS * 6:
        assert of(alike, other + 1) > of(alike, other)


@pytest.mark.parametrize(
    ("text", "at", "end", "is_ending"),
    [
        ("01:00-06:00", "03:00", "06:00", False),
        ("01:00-06:00", "05:00", "06:00", True),
        ("01:00-06:00", "05:59", "06:00", True),
        ("01:00-06:00", "06:00", "06:00+1", False),
        ("23:30-00:15", "23:45", "00:15+1", True),
        ("23:30-00:15", "23:20", "00:15+1", False),
        ("23:30-00:15", "00:10", "00:15", True),
    ],
)
def test_mornings_are_prepared_in_the_last_hour(text: str, at: str, end: str, is_ending: bool) -> None:
    """Or in all of the hours, where they are fewer; also past midnight."""

    def on(clock: str) -> datetime:
        told, _, days = clock.partition("+")
        hour, minute = map(int, told.split(":"))
        return datetime(2026, 3, 2, hour, minute, tzinfo=UTC) + DAY * int(days or 0)

    off_peak = parse_off_peak(text)
    assert off_peak.ends_after(on(at)) == on(end)
    assert off_peak.is_ending(on(at), within=HOUR) is is_ending


@pytest.mark.parametrize(
    ("text", "hours"),
    [("01:00-06:00", (5,)), ("01:00-06:30", (5, 6)), ("23:30-00:15", (0, 23)), ("22:00-00:00", (23,))],
)
def test_beat_asks_in_the_hours_in_which_that_may_be(text: str, hours: tuple[int, ...]) -> None:
    """The task itself knows to the minute."""
    assert parse_off_peak(text).last_hours == hours
