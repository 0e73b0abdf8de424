"""A user's campaigns over time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from jobs import NOON, job_for

from precompute.catalogue import CAMPAIGN_ANALYTICS, PREDICTED_ACTIONS
from precompute.events import UserLoggedIn
from precompute.facts import Action, CampaignFact, Fact, Outcome
from precompute.subjects import Subject
from workers.dashboard.actions import predicted_actions
from workers.dashboard.analytics import DAYS, campaign_analytics
from workers.execution import fitted

LOGIN = UserLoggedIn(subject_id="u1", user_id="u1")


def campaign(name: str = "c1", user: str = "u1") -> CampaignFact:
    """A campaign as its trigger brought it."""
    return CampaignFact(at=NOON, campaign_id=name, user_id=user)


def outcome(variant: str | None = None, *, impressions: int = 1000, clicks: int = 10, **more: Any) -> Outcome:
    """What came of it, now unless told otherwise."""
    given = {"at": NOON, "subject_id": "c1", "variant_id": variant, **more}
    return Outcome(subject=Subject.CAMPAIGN, impressions=impressions, clicks=clicks, **given)


def analytics(*facts: Fact, results: Mapping[str, Mapping[str, Any]] | None = None) -> list[Mapping[str, Any]]:
    """The campaigns as they are served, which fit their schema."""
    job = job_for(LOGIN, facts=facts, results=results)
    campaigns: list[Mapping[str, Any]] = fitted(CAMPAIGN_ANALYTICS, campaign_analytics(job=job))["campaigns"]
    return campaigns


def funnel() -> Mapping[str, Any]:
    """A ROAS prediction for a budget of 1,000."""
    figures = {"spend": 1000.0, "impressions": 100_000.0, "clicks": 1500.0, "conversions": 30.0, "revenue": 2000.0}
    expected = {name: {"value": value, "low": value / 2, "high": value * 2} for name, value in figures.items()}
    rates = {"roas": {"value": 2.0, "low": 1.1, "high": 3.5}, "ctr": {"value": 0.015, "low": 0.01, "high": 0.02}}
    return {"campaign": {**expected, **rates}}


def test_a_user_without_campaigns_gets_an_empty_list() -> None:
    """Valid, and nobody else's campaigns in it."""
    assert analytics(campaign(user="u2"), outcome()) == []


def test_a_campaign_without_outcomes_is_there() -> None:
    """Empty series and no variants; nothing predicted while nothing is cached."""
    [shown] = analytics(campaign())
    assert (shown["series"], shown["best_variants"], shown["worst_variants"]) == ([], [], [])
    assert (shown["predicted"], shown["comparison"]) == (None, {})
    assert (shown["actual"]["impressions"], shown["actual"]["ctr"]) == (0, None)


def test_the_series_is_by_day() -> None:
    """Ninety days up to today; what is older is in the totals only."""
    facts = (
        outcome(at=NOON - timedelta(days=DAYS), clicks=50),
        outcome(at=NOON - timedelta(days=1), clicks=2, spend=3.0, revenue=4.5),
        outcome(at=NOON, clicks=1),
        outcome("x1", at=NOON, clicks=4),
    )
    [shown] = analytics(campaign(), *facts)
    assert len(shown["series"]) == DAYS
    yesterday = {"at": "2026-02-28T00:00:00.000Z", "impressions": 1000, "clicks": 2, "spend": 3.0, "revenue": 4.5}
    assert shown["series"][-2] == yesterday
    assert shown["series"][-1]["clicks"] == 5
    assert shown["actual"]["clicks"] == 57


def test_best_and_worst_are_by_what_is_sure() -> None:
    """A variant with one click of two impressions leads nothing, though its rate is the highest."""
    shown_to = {
        "lucky": (2, 1),
        "good": (10_000, 300),
        "fair": (10_000, 200),
        "poor": (10_000, 100),
        "bad": (10_000, 50),
    }
    facts = (outcome(name, impressions=seen, clicks=clicks) for name, (seen, clicks) in shown_to.items())
    [shown] = analytics(campaign(), *facts)
    assert shown["best_variants"][0]["variant_id"] == "good"
    assert shown["worst_variants"][0]["variant_id"] == "bad"
    told = [one["variant_id"] for one in (*shown["best_variants"], *shown["worst_variants"])]
    assert len(told) == len(set(told)) == 5


def test_one_variant_is_the_best_and_not_the_worst() -> None:
    """With nothing to compare it with, it has no p-value."""
    [shown] = analytics(campaign(), outcome("x1"))
    [best] = shown["best_variants"]
    assert (best["p_value"], best["significant"], best["relative_ctr"]) == (None, False, 1.0)
    assert shown["worst_variants"] == []


def test_variants_are_held_against_chance_and_prediction() -> None:
    """A variant with twice the clicks of the other: its figures, its share of the mean, and what was predicted."""
    results = {"variant_scoring:campaign:c1": {"scores": [{"variant_id": "x1", "rank": 1, "ctr": 1.1}]}}
    facts = (outcome("x1", impressions=10_000, clicks=200), outcome("x2", impressions=10_000, clicks=100))
    [shown] = analytics(campaign(), *facts, results=results)
    [best], [worst] = shown["best_variants"], shown["worst_variants"]
    assert (best["variant_id"], best["ctr"], best["significant"]) == ("x1", 0.02, True)
    assert best["relative_ctr"] == pytest.approx(200 / 150)
    assert (best["predicted_relative_ctr"], worst["predicted_relative_ctr"]) == (1.1, None)
    assert 0 < best["p_value"] < 1e-6


def test_nobody_clicked() -> None:
    """Variants that were shown but never clicked have a rate of 0 and no relation to a mean of 0."""
    [shown] = analytics(campaign(), outcome("x1", clicks=0), outcome("x2", clicks=0))
    assert [(one["ctr"], one["relative_ctr"], one["p_value"]) for one in shown["best_variants"]] == [(0.0, None, 1.0)]


def test_predicted_stands_beside_actual() -> None:
    """Money, clicks and rates as predicted for the next weeks."""
    facts = (outcome(impressions=10_000, clicks=200, spend=100.0, revenue=400.0),)
    [shown] = analytics(campaign(), *facts, results={"roas_prediction:campaign:c1": funnel()})
    assert shown["predicted"] == {
        "impressions": 100_000.0, "clicks": 1500.0, "spend": 1000.0, "revenue": 2000.0, "roas": 2.0, "ctr": 0.015,
    }  # fmt: skip


def month(*, before: float, lately: float) -> list[Outcome]:
    """Daily outcomes at a spend of 100, whose ROAS and CTR changed fourteen days ago."""
    return [
        outcome(
            at=NOON - timedelta(days=age),
            impressions=10_000,
            clicks=int(100 * rate),
            conversions=int(20 * rate),
            spend=100.0,
            revenue=100 * rate,
        )
        for age in range(44)
        for rate in [lately if age < 14 else before]
    ]


def test_a_steady_campaign_is_as_predicted() -> None:
    """Two weeks like the month before lie within what that month promised."""
    [shown] = analytics(campaign(), *month(before=2.0, lately=2.0))
    assert set(shown["comparison"]) == {"ctr", "roas"}
    for name, actual in (("ctr", 0.02), ("roas", 2.0)):
        held = shown["comparison"][name]
        assert (held["actual"], held["within"]) == (pytest.approx(actual), True)
        assert held["predicted"] == pytest.approx(actual, rel=0.05)
        assert held["low"] < actual < held["high"]


def test_a_prediction_does_not_know_what_it_is_held_against() -> None:
    """A campaign that earns five times as much since two weeks was not expected to, whatever is predicted today."""
    results = {"roas_prediction:campaign:c1": funnel()}
    [shown] = analytics(campaign(), *month(before=1.0, lately=5.0), results=results)
    for name, old, new in (("ctr", 0.01, 0.05), ("roas", 1.0, 5.0)):
        held = shown["comparison"][name]
        assert held["predicted"] == pytest.approx(old, rel=0.05)
        assert (held["actual"], held["within"]) == (pytest.approx(new), False)


def test_a_campaign_that_just_began_is_held_against_the_prior() -> None:
    """Nothing came before: the documented funnel was all there was to expect; its interval is wide."""
    [shown] = analytics(
        campaign(), outcome(impressions=100_000, clicks=1500, conversions=20, spend=1000.0, revenue=2000.0)
    )
    held = shown["comparison"]["roas"]
    assert (held["predicted"], held["actual"], held["within"]) == (pytest.approx(1.6), 2.0, True)
    assert shown["comparison"]["ctr"]["predicted"] == pytest.approx(0.01)


def test_what_rested_is_not_compared() -> None:
    """No outcomes in the last two weeks, or none with money: nothing to hold a prediction against."""
    [rested] = analytics(campaign(), outcome(at=NOON - timedelta(days=14), spend=1.0))
    [unpaid] = analytics(campaign(), outcome(at=NOON - timedelta(days=13)))
    assert (rested["comparison"], set(unpaid["comparison"])) == ({}, {"ctr"})


def action(name: str, *, minute: int, fact_id: str = "", user: str = "u1") -> Action:
    """What a user did."""
    return Action(at=NOON + timedelta(minutes=minute), user_id=user, action=name, fact_id=fact_id or f"a{minute}")


def predicted(*, stored: list[Action], recent: list[Action]) -> Mapping[str, Any]:
    """The predictions as they are served, which fit their schema."""
    return fitted(PREDICTED_ACTIONS, predicted_actions(job=job_for(LOGIN, facts=stored, recent=recent)))


def test_a_user_without_history_is_expected_to_do_what_others_begin_with() -> None:
    """By the model in use, which says its version; what another user did is not theirs."""
    result = predicted(stored=[action("view", minute=1, user="u2")], recent=[])
    assert result == predicted(stored=[], recent=[])
    assert "view" not in {one["action"] for one in result["predicted_actions"]}
    assert result["model"]["trained_at"] is not None


def test_stored_and_recent_actions_count_once() -> None:
    """The store lags behind and recent ones may be evicted; what is in both is one action."""
    done = [action("login" if minute % 2 == 0 else "view", minute=minute) for minute in range(7)]
    result = predicted(stored=done[:5], recent=done[3:])
    assert result == predicted(stored=[], recent=done)
    first = result["predicted_actions"][0]
    assert (first["action"], first["confidence"]) == ("view", "high")
