"""How variants compare: what words promise, and how outcomes overrule it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobs import NOON, job_for

from models.variant_ctr import Ratios, ratios, shape_with
from precompute.events import CampaignCreated
from precompute.facts import Outcome
from precompute.results.campaign import VariantScoringSchema
from precompute.settings import Settings
from precompute.subjects import Subject
from workers.campaign.scoring import score_variants
from workers.campaign.variants import generate_variants


def compared(*promised: float, shown: Any = 0.0, clicked: Any = 0.0, deviation: float = 0.24) -> Ratios:
    """The ratios of variants with these promises, impressions and clicks."""
    size = len(promised)
    return ratios(
        np.array(promised),
        deviation=deviation,
        impressions=np.broadcast_to(np.asarray(shown, np.float64), size),
        clicks=np.broadcast_to(np.asarray(clicked, np.float64), size),
    )


def test_the_shape_fits_the_variance() -> None:
    """The trigamma function at 1 is pi squared over 6, at 2 that less 1; the inverse gives both back."""
    assert shape_with(np.array([np.pi**2 / 6, np.pi**2 / 6 - 1])) == pytest.approx([1.0, 2.0])


def test_without_outcomes_words_count() -> None:
    """The mean of the campaign is 1, ratios between variants are those of the words, and intervals hold 80 %."""
    found = compared(np.log(1.2), 0.0, np.log(0.8))
    assert found.value.tolist() == pytest.approx([1.2, 1.0, 0.8])
    # sd of the logarithm: sqrt(0.24^2 + 0.23^2) = 0.332, so about exp(-+1.2816 * 0.332) around the middle
    assert found.low[1] == pytest.approx(0.62, abs=0.02)
    assert found.high[1] == pytest.approx(1.42, abs=0.02)


def test_outcomes_overrule_words() -> None:
    """With 20,000 impressions each, twice the clicks mean twice the ratio, whatever the words had promised."""
    found = compared(np.log(1.3), 0.0, np.log(0.7), shown=20_000, clicked=[100, 200, 400])
    assert np.argsort(-found.value).tolist() == [2, 1, 0]
    assert found.value[2] / found.value[1] == pytest.approx(2.0, rel=0.1)
    assert found.value[1] / found.value[0] == pytest.approx(2.0, rel=0.15)


def test_thousands_of_impressions_outweigh_words() -> None:
    """At 3,000 impressions and a CTR of 1 %, more than half of the distance between promise and outcome is covered."""
    promise, outcome = np.log(0.8), np.log(1.5)
    others = [0.0] * 20
    found = compared(promise, *others, shown=[3000, *[3000] * 20], clicked=[45, *[30] * 20])
    covered = (np.log(found.value[0]) - promise) / (outcome - promise)
    assert 0.5 < covered < 1.0


def test_a_hand_worked_update() -> None:
    """Gamma prior, Poisson clicks: (shape + clicks) / (shape / prior + impressions * CTR), the CTR being known.

    Two thousand variants alike fix the campaign's CTR at 1 %; one variant has 40 clicks where 20 were to be expected.
    """
    crowd = 2000
    found = compared(*[0.0] * (crowd + 1), shown=2000, clicked=[40, *[20] * crowd], deviation=0.0)
    shape = float(shape_with(np.array([0.23**2]))[0])
    assert found.value[0] == pytest.approx((shape + 40) / (shape + 20), rel=2e-3)


def test_more_impressions_make_surer() -> None:
    """The interval narrows with what was seen."""
    widths = []
    for shown in (0, 1_000, 10_000, 100_000):
        found = compared(0.0, 0.0, 0.0, shown=shown, clicked=shown / 100)
        widths.append(float(found.high[0] - found.low[0]))
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.2 * widths[0]


def test_one_variant_alone_says_nothing_of_itself() -> None:
    """Shown alone at three times the usual CTR it tells the campaign's CTR, and little of how it compares."""
    before = compared(0.0, 0.0, 0.0)
    after = compared(0.0, 0.0, 0.0, shown=[10_000, 0, 0], clicked=[300, 0, 0])
    assert after.value[0] == pytest.approx(before.value[0], rel=0.25)
    assert after.high[0] - after.low[0] > 0.7 * (before.high[0] - before.low[0])


def test_showing_the_best_most_does_not_hide_that_it_is_best() -> None:
    """The campaign's mean is that of its variants, not of its impressions."""
    found = compared(0.0, 0.0, 0.0, shown=[50_000, 5_000, 5_000], clicked=[1_000, 50, 50])
    assert found.value[0] > 1.3
    assert found.value[1] < 0.9


def test_the_interval_holds_four_in_five() -> None:
    """Ratios drawn from the prior and clicks drawn from those lie within the interval about 80 % of the time."""
    random = np.random.default_rng(7)
    promised = random.normal(0, 0.15, (60, 50))
    shape = float(shape_with(np.array([0.24**2 + 0.23**2]))[0])
    held = []
    for words in promised:
        prior = np.exp(words) / np.exp(words).mean()
        true = prior * random.gamma(shape, 1 / shape, 50)
        true /= true.mean()
        shown = random.choice([0, 200, 2_000, 20_000], 50).astype(np.float64)
        clicked = random.poisson(shown * 0.012 * true).astype(np.float64)
        found = ratios(words, deviation=0.24, impressions=shown, clicks=clicked)
        held.append(((true >= found.low) & (true <= found.high)).mean())
    assert 0.77 <= np.mean(held) <= 0.83


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """A site that has trained no models of its own."""
    return Settings(data_dir=tmp_path)


def scored(generated: Mapping[str, Any], *outcomes: tuple[str, int, int], settings: Settings) -> Mapping[str, Any]:
    """The scores of a campaign with these outcomes: variant id, impressions, clicks."""
    facts = [
        Outcome(at=NOON, subject=Subject.CAMPAIGN, subject_id="c1", variant_id=name, impressions=shown, clicks=clicked)
        for name, shown, clicked in outcomes
    ]
    event = CampaignCreated(subject_id="c1", user_id="u1", data={})
    return score_variants(generated, job=job_for(event, facts=facts, settings=settings))


def generated(**brief: Any) -> Mapping[str, Any]:
    """The variants of campaign c1."""
    return generate_variants(job=job_for(CampaignCreated(subject_id="c1", user_id="u1", data=brief))).value


def test_every_variant_is_scored(own: Settings) -> None:
    """Fifty scores that fit the schema, ranked from 1, best first, around 1, by the text model that is in use."""
    variants = generated(product="a standing desk")
    value = scored(variants, settings=own)
    assert VariantScoringSchema().validate(value) == {}
    scores = value["scores"]
    assert {score["variant_id"] for score in scores} == {text["variant_id"] for text in variants["variants"]}
    assert [score["rank"] for score in scores] == list(range(1, 51))
    assert [score["ctr"] for score in scores] == sorted((score["ctr"] for score in scores), reverse=True)
    assert np.mean([score["ctr"] for score in scores]) == pytest.approx(1.0, abs=0.001)
    assert all(score["low"] < score["ctr"] < score["high"] for score in scores)
    assert len({score["ctr"] for score in scores}) > 40
    assert value["model_version"]


def test_reported_outcomes_turn_the_ranking(own: Settings) -> None:
    """The last by its words becomes the first when it is clicked four times as often, and the evidence says why."""
    variants = generated(product="a standing desk")
    before = scored(variants, settings=own)["scores"]
    best, worst = before[0]["variant_id"], before[-1]["variant_id"]
    after = scored(variants, (best, 8_000, 40), (worst, 5_000, 100), (worst, 3_000, 60), settings=own)["scores"]
    assert (after[0]["variant_id"], after[-1]["variant_id"]) == (worst, best)
    assert after[0]["evidence"] == {"outcomes": 2, "impressions": 8_000}
    assert after[1]["evidence"] == {"outcomes": 0, "impressions": 0}


def test_words_promise_little_in_other_languages(own: Settings) -> None:
    """The text model was trained on English: elsewhere the promise hardly differs between variants."""
    spread = {
        language: np.ptp([score["ctr"] for score in scored(generated(language=language), settings=own)["scores"]])
        for language in ("en", "de")
    }
    assert spread["de"] < 0.5 * spread["en"]
