"""What callers may report, and what they are told when it does not fit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from api.fact_schemas import MOST_ACTIONS, ActionsSchema, OutcomesSchema
from precompute.facts import Action, Outcome
from precompute.subjects import Subject

ACTION = {"user_id": "u1", "action": "dashboard_view"}
OUTCOME = {"subject": "campaign", "subject_id": "c1", "impressions": 100, "clicks": 3}


def actions(body: dict[str, Any]) -> list[Action]:
    """The facts that a body holds."""
    facts: list[Action] = ActionsSchema().load(body)["facts"]
    return facts


def one_outcome(**change: Any) -> Outcome:
    """The fact of one outcome with some fields changed."""
    outcome: Outcome = OutcomesSchema().load({"outcomes": [OUTCOME | change]})["outcomes"][0]
    return outcome


def test_one_action_or_many() -> None:
    """In their order; each with an id of its own."""
    [single] = actions(ACTION)
    assert (single.user_id, single.action, single.subject, single.subject_id) == ("u1", "dashboard_view", None, None)
    many = actions({"actions": [ACTION | {"action": name} for name in "abc"]})
    assert [one.action for one in many] == ["a", "b", "c"]
    assert len({one.fact_id for one in many}) == 3


def test_everything_that_can_be_said_of_an_action_is_kept() -> None:
    """Its instant in any zone, and what it was done to; more fields do no harm."""
    at = "2026-03-01T13:00:00.250+01:00"
    [one] = actions(ACTION | {"at": at, "subject": "video", "subject_id": "v1", "page": 3})
    assert one.at == datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    assert (one.subject, one.subject_id) == (Subject.VIDEO, "v1")


@pytest.mark.parametrize("body", [ACTION, ACTION | {"at": None}])
def test_an_action_without_an_instant_happened_now(body: dict[str, Any]) -> None:
    """By our clock."""
    before = datetime.now(UTC)
    [one] = actions(body)
    assert before <= one.at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user_id": "a/b"}, "user_id"),
        ({"user_id": "u1\n"}, "user_id"),
        ({"user_id": None}, "user_id"),
        ({"action": ""}, "action"),
        ({"action": "x" * 129}, "action"),
        ({"action": "nul\x00"}, "action"),
        ({"action": 5}, "action"),
        ({"at": "2026-03-01T12:00:00"}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"at": 1_772_366_400}, "at"),
        ({"at": "1969-12-31T23:59:59Z"}, "at"),
        ({"at": "1970-01-01T00:00:00+14:00"}, "at"),
        ({"at": (datetime.now(UTC) + timedelta(days=3)).isoformat()}, "at"),
        ({"subject": "planet", "subject_id": "p1"}, "subject"),
        ({"subject_id": "v1"}, "subject"),
        ({"subject": "video", "subject_id": "v 1"}, "subject_id"),
    ],
)
def test_an_action_that_does_not_fit_is_named(change: dict[str, Any], field: str) -> None:
    """Alone by its field, among others by its place too."""
    with pytest.raises(ValidationError) as alone:
        actions(ACTION | change)
    assert list(alone.value.messages) == [field]
    with pytest.raises(ValidationError) as among:
        actions({"actions": [ACTION, ACTION | change]})
    assert {place: list(found) for place, found in among.value.messages["actions"].items()} == {1: [field]}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"user_id", "action"}),
        ({"user_id": "u1"}, {"action"}),
        ({"actions": []}, {"actions"}),
        ({"actions": None}, {"actions"}),
        ({"actions": [ACTION] * (MOST_ACTIONS + 1)}, {"actions"}),
        ({"actions": [ACTION], **ACTION}, {"action"}),
    ],
)
def test_neither_none_nor_too_many_actions(body: dict[str, Any], fields: set[str]) -> None:
    """And not both kinds, of which one would be overlooked."""
    with pytest.raises(ValidationError) as flaw:
        actions(body)
    assert set(flaw.value.messages) == fields


def test_an_outcome_may_leave_out_what_was_not_measured() -> None:
    """None is not nought."""
    sparse = one_outcome()
    assert (sparse.conversions, sparse.spend, sparse.revenue, sparse.variant_id) == (None, None, None, None)
    full = one_outcome(variant_id="v07", conversions=2, spend=14.5, revenue=60, at="2026-03-01T12:00:00Z")
    assert (full.conversions, full.spend, full.revenue, full.variant_id) == (2, 14.5, 60.0, "v07")
    assert full.subject is Subject.CAMPAIGN


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": "user"}, "subject"),
        ({"subject_id": ""}, "subject_id"),
        ({"variant_id": "v 7"}, "variant_id"),
        ({"clicks": 101}, "clicks"),
        ({"clicks": -1}, "clicks"),
        ({"clicks": 1.5}, "clicks"),
        ({"clicks": True}, "clicks"),
        ({"clicks": "3"}, "clicks"),
        ({"impressions": 10**12 + 1}, "impressions"),
        ({"impressions": None}, "impressions"),
        ({"conversions": -1}, "conversions"),
        ({"spend": -0.01}, "spend"),
        ({"spend": "14.5"}, "spend"),
        ({"spend": float("inf")}, "spend"),
        ({"revenue": float("nan")}, "revenue"),
        ({"revenue": 1e16}, "revenue"),
        ({"revenue": True}, "revenue"),
        ({"at": "2026-03-01"}, "at"),
    ],
)
def test_an_outcome_that_does_not_fit_is_named_with_its_place(change: dict[str, Any], field: str) -> None:
    """So that a caller with a thousand of them finds it."""
    with pytest.raises(ValidationError) as flaw:
        OutcomesSchema().load({"outcomes": [OUTCOME, OUTCOME, OUTCOME, OUTCOME | change]})
    assert {place: list(found) for place, found in flaw.value.messages["outcomes"].items()} == {3: [field]}


def test_fields_that_are_not_known_are_named() -> None:
    """A figure under another name is not lost without a word, and does not keep the others from being recorded."""
    body = OutcomesSchema().load({"outcomes": [OUTCOME, OUTCOME | {"cost": 5, "note": "x"}, OUTCOME | {"cost": 1}]})
    assert body["ignored"] == ["cost", "note"]
    assert [one.impressions for one in body["outcomes"]] == [100, 100, 100]
    assert OutcomesSchema().load({"outcomes": [OUTCOME]})["ignored"] == []


@pytest.mark.parametrize("body", [{}, {"outcomes": []}, {"outcomes": {}}, {"outcomes": [5]}])
def test_outcomes_are_a_list_of_objects(body: dict[str, Any]) -> None:
    """With at least one."""
    with pytest.raises(ValidationError) as flaw:
        OutcomesSchema().load(body)
    assert list(flaw.value.messages) == ["outcomes"]


def test_a_whole_number_may_come_as_a_double() -> None:
    """Tables of doubles write 100.0 for a hundred; a part of a click is still refused."""
    assert one_outcome(impressions=100.0, clicks=3.0).impressions == 100
    with pytest.raises(ValidationError, match="clicks"):
        one_outcome(clicks=2.5)
