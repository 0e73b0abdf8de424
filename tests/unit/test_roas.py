"""ROAS of campaigns and variants: the funnel prior, budgets of any form, and what outcomes make of them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobs import NOON, job_for

from models import funnel
from models.rates_lesson import rates_lesson
from models.registry import Registry
from models.roas import MODEL_VERSION, PRIOR_VERSION
from models.tallies import DAY
from precompute.events import CampaignCreated
from precompute.facts import CampaignFact, Outcome
from precompute.job import Job
from precompute.results.campaign import RoasPredictionSchema
from precompute.subjects import Subject
from workers.campaign.expected import Expected
from workers.campaign.roas import ASSUMED_BUDGET, predict_roas
from workers.learning import platform_of

NOTHING: dict[str, list[Any]] = {"variants": [], "scores": []}


def outcomes(
    campaign: str,
    *,
    roas: float,
    variant: str | None = None,
    days: int = 30,
    spend: float = 100.0,
    until: int = 0,
    seed: int = 0,
) -> list[Outcome]:
    """A day's clicks around a tenth of the spend's impressions; each click earns the same."""
    random = np.random.default_rng([seed, *campaign.encode()])
    made = []
    for day in range(until, until + days):
        clicks = int(random.poisson(spend))
        made.append(
            Outcome(
                at=NOON - (day + 1) * DAY,
                subject=Subject.CAMPAIGN,
                subject_id=campaign,
                variant_id=variant,
                impressions=int(100 * spend) + clicks,
                clicks=clicks,
                conversions=clicks // 50,
                spend=spend,
                revenue=roas * clicks,
            )
        )
    return made


def job(campaign: str, *facts: Any, data: Mapping[str, Any] | None = None, user: str = "u") -> Job:
    """The prediction of one campaign."""
    return job_for(CampaignCreated(subject_id=campaign, user_id=user, data=data or {}), facts=facts)


def told(work: Job, *, ratios: Sequence[float] = ()) -> Mapping[str, Any]:
    """The prediction, which fits its schema; made for variants ``v0``, ``v1``… with these scores."""
    names = [f"v{number}" for number in range(len(ratios))]
    scores = [
        {"variant_id": name, "ctr": ratio, "low": ratio / 1.5, "high": ratio * 1.5}
        for name, ratio in zip(names, ratios, strict=True)
    ]
    found = predict_roas({"variants": [{"variant_id": name} for name in names]}, {"scores": scores}, job=work)
    assert not RoasPredictionSchema().validate(found)
    return found


def test_a_new_platform_tells_the_documented_funnel() -> None:
    """5,000 at a CPM of 10, 1 % CTR, 2 % conversions and 80 an order: a ROAS of 1.6, a wide interval, no evidence."""
    found = told(job("c", data={"budget": 5_000}), ratios=[1.0])
    funnel_told = found["campaign"]
    assert funnel_told["impressions"]["value"] == pytest.approx(500_000, rel=0.01)
    assert funnel_told["clicks"]["value"] == pytest.approx(5_000, rel=0.01)
    assert funnel_told["conversions"]["value"] == pytest.approx(100, rel=0.05)
    assert funnel_told["roas"]["value"] == pytest.approx(1.6, rel=0.05)
    assert funnel_told["roas"]["high"] > 10 * funnel_told["roas"]["low"] > 0
    assert funnel_told["spend"] == {"value": 5_000, "low": 4_000, "high": 5_000}
    assert found["evidence"] == {"outcomes": 0, "impressions": 0}
    assert found["model_version"] == PRIOR_VERSION
    assert "No outcomes" in found["note"]


def test_revenue_is_spend_times_roas() -> None:
    """What is told fits together, with and without outcomes."""
    for facts in ([], outcomes("c", roas=2.0)):
        campaign = told(job("c", *facts, data={"budget": 700}))["campaign"]
        assert campaign["revenue"]["value"] == pytest.approx(
            campaign["spend"]["value"] * campaign["roas"]["value"], rel=1e-4
        )


def test_its_own_outcomes_overrule_the_prior() -> None:
    """A month at 3.0 is told as 3.0, much more surely, with its evidence, and by the learned model."""
    facts = outcomes("c", roas=3.0)
    found = told(job("c", *facts, data={"budget": 1_000}))
    roas = found["campaign"]["roas"]
    assert roas["value"] == pytest.approx(3.0, rel=0.1)
    assert roas["high"] / roas["low"] < 3
    assert found["evidence"] == {"outcomes": 30, "impressions": sum(one.impressions for one in facts)}
    assert found["model_version"] == MODEL_VERSION
    assert found["campaign"]["ctr"]["value"] == pytest.approx(0.0099, rel=0.1)


def test_campaigns_known_from_outcomes_alone_rank_as_they_did() -> None:
    """No trigger brought them: their ids in the outcomes are enough."""
    rates = {"a": 0.5, "b": 1.0, "c": 2.0, "d": 4.0}
    facts = [one for name, roas in rates.items() for one in outcomes(name, roas=roas)]
    values = [told(job(name, *facts))["campaign"]["roas"]["value"] for name in rates]
    assert values == pytest.approx(list(rates.values()), rel=0.15)


def test_variants_known_from_outcomes_alone_are_told() -> None:
    """A platform's own banners stand beside the variants that were made here, each with its ROAS and evidence."""
    facts = [*outcomes("c", roas=0.5, variant="240x400-abc"), *outcomes("c", roas=3.0, variant="728x90-mno", seed=1)]
    found = told(job("c", *facts, data={"budget": 1_000}), ratios=[1.0, 1.0])
    variants = {variant["variant_id"]: variant for variant in found["variants"]}
    assert list(variants) == ["v0", "v1", "240x400-abc", "728x90-mno"]
    assert variants["240x400-abc"]["roas"]["value"] == pytest.approx(0.5, rel=0.15)
    assert variants["728x90-mno"]["roas"]["value"] == pytest.approx(3.0, rel=0.15)
    assert variants["728x90-mno"]["evidence"]["outcomes"] == 30
    assert 1.0 < found["campaign"]["roas"]["value"] < 2.5
    assert variants["v0"]["roas"]["low"] < 0.8 < 2.0 < variants["v0"]["roas"]["high"]  # noqa: PLR0133


def test_words_rank_variants_until_outcomes_do() -> None:
    """A promising text is expected to earn more; once real numbers are in, they decide."""
    before = told(job("c", data={"budget": 10_000}), ratios=[1.3, 0.8])["variants"]
    assert before[0]["roas"]["value"] > 1.2 * before[1]["roas"]["value"]
    assert before[0]["ctr"]["value"] > 1.2 * before[1]["ctr"]["value"]
    facts = [*outcomes("c", roas=0.5, variant="v0"), *outcomes("c", roas=2.5, variant="v1", seed=1)]
    after = told(job("c", *facts, data={"budget": 10_000}), ratios=[1.3, 0.8])["variants"]
    assert after[1]["roas"]["value"] > 3 * after[0]["roas"]["value"]


def test_a_small_budget_does_not_lower_what_is_expected() -> None:
    """Untried variants are told at their campaign's ROAS times their words, between the ends of their intervals."""
    for budget in (10, 500, 50_000):
        found = told(job("c", data={"budget": budget}), ratios=[1.2, *[1.0] * 48, 0.8])
        assert found["campaign"]["roas"]["value"] == pytest.approx(1.6)
        assert found["campaign"]["conversions"]["value"] == pytest.approx(budget / 50)
        values = [found["variants"][place]["roas"]["value"] for place in (0, 1, 49)]
        assert values == pytest.approx([1.92, 1.6, 1.28])
        for figure in (*found["campaign"].values(), *(one["roas"] for one in found["variants"])):
            assert figure["low"] < figure["value"]
        assert all(one["roas"]["high"] > 1.5 * one["roas"]["value"] for one in found["variants"])


def test_untried_variants_compare_with_tried_ones() -> None:
    """One more text of a campaign that earns is expected to earn about as much, however many texts share the budget."""
    facts = outcomes("c", roas=4.0, variant="v0", spend=1_000.0)
    found = told(job("c", *facts, data={"budget": 50}), ratios=[1.0] * 50)
    assert found["variants"][1]["roas"]["value"] == pytest.approx(found["campaign"]["roas"]["value"], rel=0.15)


def test_an_account_tells_of_its_new_campaigns_and_strangers_do_less() -> None:
    """A new campaign is likened to its account's others; another account's stays nearer the middle, and less sure."""
    mine = [CampaignFact(at=NOON, campaign_id=f"m{n}", user_id="me") for n in range(6)]
    facts = [
        *mine,
        *(one for n in range(6) for one in outcomes(f"m{n}", roas=4.0)),
        *(one for n in range(12) for one in outcomes(f"o{n}", roas=1.0)),
    ]
    own = told(job("new", *facts, user="me", data={"budget": 50_000}))["campaign"]["roas"]
    strange = told(job("new", *facts, user="someone", data={"budget": 50_000}))["campaign"]["roas"]
    assert own["value"] > 2.6
    assert strange["value"] < 2.3
    assert own["high"] / own["low"] < strange["high"] / strange["low"]


def test_a_campaign_never_seen_stays_wide() -> None:
    """However many others there are, one without outcomes may be five times as good or bad."""
    facts = [one for n in range(20) for one in outcomes(f"o{n}", roas=0.5 + n / 10)]
    new = told(job("new", *facts, data={"budget": 1_000}))
    known = told(job("o9", *facts, data={"budget": 1_000}))
    assert new["campaign"]["roas"]["high"] > 5 * new["campaign"]["roas"]["low"]
    assert known["campaign"]["roas"]["high"] < 2 * known["campaign"]["roas"]["low"]
    assert "has not spent" in new["note"]


def test_a_line_that_mostly_earns_nothing_says_so() -> None:
    """Pennies a day and a click a month: the interval starts at zero, and it ranks below a line that earns."""
    tiny = [
        Outcome(
            at=NOON - (day + 1) * DAY,
            subject=Subject.CAMPAIGN,
            subject_id="tiny",
            impressions=3,
            clicks=int(day == 12),
            spend=0.002,
            revenue=0.05 * (day == 12),
        )
        for day in range(30)
    ]
    found = told(job("tiny", *tiny, *outcomes("big", roas=0.5)))["campaign"]["roas"]
    assert found["low"] == 0.0
    assert found["value"] < 0.5


def test_reports_without_times_of_their_own_are_learned_from() -> None:
    """All reported at one instant: one day, no past to learn from, yet the level is believed."""
    facts = [
        Outcome(
            at=NOON,
            subject=Subject.CAMPAIGN,
            subject_id="c",
            impressions=10_000,
            clicks=200,
            conversions=20,
            spend=100.0,
            revenue=500.0,
        )
        for _ in range(10)
    ]
    roas = told(job("c", *facts, data={"budget": 100}))["campaign"]["roas"]
    assert roas["value"] == pytest.approx(5.0, rel=0.1)
    assert roas["low"] < 4.5
    assert roas["high"] > 5.5


def test_outcomes_without_money_leave_roas_to_the_prior() -> None:
    """Impressions and clicks alone move the CTR, and nothing that is counted for money."""
    facts = [
        Outcome(at=NOON - n * DAY, subject=Subject.CAMPAIGN, subject_id="c", impressions=1_000, clicks=40)
        for n in range(20)
    ]
    found = told(job("c", *facts, data={"budget": 5_000}))["campaign"]
    assert found["ctr"]["value"] == pytest.approx(0.04, rel=0.05)
    assert found["roas"]["value"] == pytest.approx(1.6, rel=0.05)


def test_without_a_budget_it_goes_on_at_its_pace() -> None:
    """100 a day become 1,400 in two weeks; where nothing is known, the note names what was assumed."""
    assert told(job("c", *outcomes("c", roas=1.0)))["campaign"]["spend"]["value"] == pytest.approx(1_400)
    found = told(job("c"))
    assert found["campaign"]["spend"]["value"] == ASSUMED_BUDGET
    assert f"{ASSUMED_BUDGET:g}" in found["note"]


def test_what_is_learned_is_learned_anew_when_there_is_more(tmp_path: Path) -> None:
    """The same model answers until outcomes grew by more than a hundredth; then the new ones count."""
    work = job("c", *outcomes("a", roas=1.0))
    registry = Registry(own=tmp_path)
    before = platform_of(work.facts, Subject.CAMPAIGN, registry=registry)
    assert platform_of(work.facts, Subject.CAMPAIGN, registry=registry) is before
    work.facts.write(outcomes("b", roas=3.0))
    assert platform_of(work.facts, Subject.CAMPAIGN, registry=registry).reported == 60


def test_training_and_its_evaluation() -> None:
    """Trained on the past, it ranks what was held out, and its intervals hold most of it."""
    facts = [
        one
        for number in range(25)
        for one in [
            *outcomes(f"c{number}", roas=0.2 + number / 10, days=30, until=14),
            *outcomes(f"c{number}", roas=0.2 + number / 10, days=14, seed=9),
        ]
    ]
    work = job("c", *facts)
    found = rates_lesson(work.facts, Subject.CAMPAIGN, in_use=None, report=lambda step, share: None).lineage.metrics
    assert found["lines"] == 25
    assert found["spearman"] > 0.95
    assert found["interval_holds"] > 0.6


def test_a_product_of_intervals_by_hand() -> None:
    """Twice times thrice wide in logarithms: the root of the sum of squares."""
    product = Expected(value=2.0, low=1.0, high=4.0).times(Expected(value=10.0, low=5.0, high=20.0))
    assert product.value == 20.0
    assert product.high == pytest.approx(20 * 2 ** (2**0.5))
    assert product.low == pytest.approx(20 / 2 ** (2**0.5))
    assert product.times(Expected(value=1.0, low=0.0, high=2.0)).low == 0.0


def test_the_document_has_the_numbers_of_the_code() -> None:
    """docs/roas.md names the prior and how it varies as the code has them."""
    text = (Path(__file__).parents[2] / "docs" / "roas.md").read_text(encoding="utf-8")
    assert PRIOR_VERSION in text
    assert MODEL_VERSION in text
    for number in (funnel.PRIOR_CPM, 100 * funnel.PRIOR_CONVERSION_RATE, funnel.PRIOR_ORDER_VALUE):
        assert f"**{number:g}" in text
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.M))
    for name, kind in funnel.FUNNEL.items():
        assert rows[name].split(" | ")[1:] == [
            f"{kind.prior:g}",
            f"{kind.prior_spread:g}",
            f"{kind.between_accounts:g}",
            f"{kind.between:g}",
        ]
