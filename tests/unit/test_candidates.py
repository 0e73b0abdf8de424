"""What a warm-up asks for, and in which order."""

from datetime import datetime, timedelta

import pytest
from known_facts import KnownFacts
from store_promises import DAY, HOUR, NOON, action, campaign, outcome, video

from precompute.candidates import STRANGER, candidates, chance_of
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.store import Visits
from precompute.subjects import Subject


def visits(*, alike: int = 0, other: int, first: datetime, last: datetime) -> Visits:
    """Of one user."""
    return Visits(user_id="u1", alike=alike, other=other, first=first, last=last)


@pytest.mark.parametrize(
    ("alike", "other", "first", "last", "chance"),
    [
        (1, 9, NOON - 13 * DAY, NOON - DAY, (1 + 0.9 + 0.5) / (1 + 1.2 + 2)),
        (0, 1, NOON - 3 * DAY, NOON - 3 * DAY, (0.1 + 0.5) / (0.3 + 2)),
        (0, 1, NOON - HOUR, NOON - HOUR, 0.5 ** (1 / 12)),
        (0, 2, NOON - 13 * DAY, NOON - 12 * HOUR, 0.5),
        (4, 0, NOON - 28 * DAY, NOON - 7 * DAY, (4 + 0.5) / (4 + 2.4 + 2)),
    ],
    ids=["ten days of thirteen", "once, three days ago", "an hour ago", "seldom, but half a day ago", "each week"],
)
def test_the_chance_of_a_visit(alike: int, other: int, first: datetime, last: datetime, chance: float) -> None:
    """As that of a morning, or that of whoever was here just now; by hand."""
    seen = visits(alike=alike, other=other, first=first, last=last)
    assert chance_of(seen, at=NOON) == pytest.approx(chance)


def test_the_most_likely_come_first_whatever_they_are() -> None:
    """A daily user's, latest first, then a rare one's; users follow, as their dashboards show all that."""
    facts = KnownFacts(*(action(user="daily", at=NOON - day * DAY - HOUR) for day in range(14)))
    facts.write([action(user="rare", at=NOON - day * DAY) for day in (13, 12, 5)])
    facts.write([campaign("first", user="daily", at=NOON - 3 * DAY), campaign("second", user="daily", at=NOON - DAY)])
    facts.write([video("clip", user="rare", at=NOON - 5 * DAY), video("own", user="daily", at=NOON - 2 * DAY)])

    found = candidates(facts, at=NOON)

    assert [one.name for one in found] == [
        "campaign:second",
        "video:own",
        "campaign:first",
        "video:clip",
        "user:daily",
    ]
    daily, rare = 0.5 ** (1 / 12), (0.3 + 0.5) / (1 + 1.2 + 2)
    assert [one.chance for one in found] == pytest.approx([daily, daily, daily / 2, rare, daily])


def test_users_who_are_not_expected_are_left() -> None:
    """Somebody who was there once a week ago does not get a dashboard; what they brought then does get its results."""
    facts = KnownFacts(action(user="u1", at=NOON - 7 * DAY), video("v1", user="u1", at=NOON - 7 * DAY))
    assert [one.name for one in candidates(facts, at=NOON)] == ["video:v1"]


def test_only_what_is_recent_or_active_counts() -> None:
    """Two weeks; a campaign that is reported about is active however old; what happens later is not known yet."""
    facts = KnownFacts(
        video("old", at=NOON - 15 * DAY), video("later", at=NOON + HOUR), campaign("silent", at=NOON - 20 * DAY)
    )
    facts.write([campaign("running", at=NOON - 90 * DAY), outcome("running", at=NOON - DAY), action(at=NOON + HOUR)])
    found = candidates(facts, at=NOON)
    assert [(one.name, one.chance) for one in found] == [("campaign:running", pytest.approx(STRANGER))]


def test_what_is_asked_for_and_how_much_of_it() -> None:
    """By kind of subject, and at most as many as wanted, the first ones."""
    facts = KnownFacts(action(at=NOON - HOUR), video("v1", at=NOON - HOUR), campaign("c1", at=NOON - HOUR))
    assert [one.name for one in candidates(facts, at=NOON)] == ["campaign:c1", "video:v1", "user:u1"]
    for subject in Subject:
        assert [one.trigger.kind.subject for one in candidates(facts, at=NOON, subjects=[subject])] == [subject]
    assert [one.name for one in candidates(facts, at=NOON, most=2)] == ["campaign:c1", "user:u1"]
    assert candidates(KnownFacts(), at=NOON) == []


def test_candidates_are_what_was_posted() -> None:
    """With whose it is and the data that came along, so that the same is computed as before."""
    facts = KnownFacts(action(at=NOON - HOUR), video("v1", at=NOON - HOUR, title="A"), campaign("c1", at=NOON - HOUR))
    triggers = [one.trigger for one in candidates(facts, at=NOON)]
    assert [(one.kind, one.user_id) for one in triggers] == [
        (CampaignCreated, "u1"),
        (VideoUploaded, "u1"),
        (UserLoggedIn, "u1"),
    ]
    assert [one.data for one in triggers] == [{"budget": 100}, {"title": "A"}, {}]
    assert {one.priority for one in triggers} == {None}


def test_the_window_is_two_weeks() -> None:
    """A day more and it is forgotten."""
    facts = KnownFacts(video("in", at=NOON - timedelta(days=14)), video("out", at=NOON - timedelta(days=14, seconds=1)))
    assert [one.name for one in candidates(facts, at=NOON)] == ["video:in"]
