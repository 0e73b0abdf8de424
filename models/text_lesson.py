"""The text model refined by what was clicked on the platform: variants of one campaign are rivals, as in a test."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from models.headlines import HeadlineTests, headline_tests, same_image_pairs
from models.lesson import Lesson, Losses, Report, too_few
from models.manifest import Lineage
from models.tallies import DAY, day_of
from models.text import TextModel
from models.text_fit import fitted, style_of
from precompute.errors import ModelNotTrained
from precompute.facts import VariantFact
from precompute.store import Facts, Line, Period
from precompute.subjects import Subject

LANGUAGE = "en"
"""The sentence model reads English."""

HELD_OUT = 0.15
"""Share of the campaigns, those that began last; as in :mod:`models.text_evaluation`, but never fewer than needed."""

NEEDED_LEARNED = 20
"""Campaigns to learn from. The ridge starts from the model in use, so that few campaigns change little."""

NEEDED_HELD_OUT = 10
"""Campaigns more, to compare on."""

NEEDED_CLICKS = 10
"""Of a campaign, on at least two English variants; with fewer, its clicks tell of chance."""


def text_lesson(facts: Facts, *, in_use: TextModel | None, features: tuple[str, ...], report: Report) -> Lesson:
    """The model in use, refined by campaigns whose variants were shown; held against the campaigns that began last.

    Only outcomes from before the first of these began are learned from. Other than in the evaluation of the shipped
    model, a headline may be on both sides: local phrases come again in later campaigns, where they must do well.

    Raises:
        ModelNotTrained: There is no model to start from, or there are too few outcomes (``too_few_outcomes``).
        SourceUnavailable: The facts cannot be had now.
    """
    if in_use is None:
        raise ModelNotTrained("text: there is no model to start from")
    report("reading outcomes", 0.0)
    texts = {(one.campaign_id, one.variant_id): one for one in facts.variants_with_outcomes()}
    lines = {
        line: periods
        for line, periods in facts.lines(Subject.CAMPAIGN, step=DAY).items()
        if (text := texts.get((line[0], line[1] or ""))) and text.language == LANGUAGE
    }
    learned, held_out = _split(lines, texts)
    report("reading texts", 0.1)
    style, later = style_of(learned), style_of(held_out)
    report("learning which words are clicked", 0.8)
    new = fitted(learned, style, deviation=in_use.deviation, prior=in_use)
    report("holding it against the latest campaigns", 0.9)
    scores = {"new": later @ new.weights, "current": later @ in_use.weights}
    losses = {who: _losses(held_out, score) for who, score in scores.items()}
    lineage = Lineage(
        data_sha256=_hash_of(learned), features=features, metrics=_metrics(learned, held_out, scores, losses)
    )
    return Lesson(model=new, lineage=lineage, new=losses["new"], current=losses["current"])


def _split(
    lines: Mapping[Line, list[Period]], texts: Mapping[tuple[str, str], VariantFact]
) -> tuple[HeadlineTests, HeadlineTests]:
    """Arms to learn from, and arms of the campaigns that began last."""
    telling = set(_telling(_tests(lines, texts)).test)
    began: dict[str, int] = {}
    for (campaign, _), periods in lines.items():
        if campaign in telling:
            began[campaign] = min(day_of(periods[0].at), began.get(campaign, day_of(periods[0].at)))
    _require(len(began), NEEDED_LEARNED + NEEDED_HELD_OUT, "campaigns")
    latest = max(NEEDED_HELD_OUT, round(HELD_OUT * len(began)))
    cut = sorted(began.values())[-latest]
    late = {line: periods for line, periods in lines.items() if began.get(line[0], -1) >= cut}
    early = {line: [one for one in periods if day_of(one.at) < cut] for line, periods in lines.items()}
    learned = _telling(_tests(early, texts))
    _require(len(set(learned.test)), NEEDED_LEARNED, f"campaigns from before the {latest} latest began")
    return learned, _telling(_tests(late, texts))


def _require(have: int, needed: int, what: str) -> None:
    if have < needed:
        told = f"{what} with {NEEDED_CLICKS} clicks on two English variants or more"
        raise too_few("text", have=have, needed=needed, what=told)


def _tests(lines: Mapping[Line, list[Period]], texts: Mapping[tuple[str, str], VariantFact]) -> HeadlineTests:
    # What picture a variant had is not known, so each counts as having its own, and is trusted less.
    rows = [
        (campaign, variant, day_of(period.at), texts[campaign, variant or ""].headline, *_counted(period))
        for (campaign, variant), periods in sorted(lines.items())
        for period in periods
    ]
    tests = headline_tests(rows)
    return tests.only(tests.impressions > 0)


def _counted(period: Period) -> tuple[int, int]:
    return period.totals.impressions, period.totals.clicks


def _telling(tests: HeadlineTests) -> HeadlineTests:
    """Only campaigns with two texts or more and clicks enough."""
    kept = np.zeros(len(tests), np.bool_)
    for arms in _campaigns(tests):
        kept[arms] = len(arms) > 1 and tests.clicks[arms].sum() >= NEEDED_CLICKS
    return tests.only(kept)


def _campaigns(tests: HeadlineTests) -> Iterator[NDArray[np.intp]]:
    """The arms of each campaign."""
    for campaign in dict.fromkeys(tests.test):
        yield np.flatnonzero(tests.test == campaign)


def _losses(tests: HeadlineTests, scores: Losses) -> Losses:
    """How surprising a click of each campaign was, in nats, (n_campaigns,).

    The logarithmic score of which variant was clicked, where each is expected its impressions times what its words
    promise; nobody can lower it by telling another score than the one believed in.
    """
    found = []
    for arms in _campaigns(tests):
        expected = np.log(tests.impressions[arms]) + scores[arms]
        expected -= expected.max()
        told = expected - np.log(np.exp(expected).sum())
        found.append(-float((tests.clicks[arms] * told).sum() / tests.clicks[arms].sum()))
    return np.array(found)


def _metrics(
    learned: HeadlineTests, held_out: HeadlineTests, scores: Mapping[str, Losses], losses: Mapping[str, Losses]
) -> Mapping[str, float]:
    figures = {
        "surprise": round(float(losses["new"].mean()), 5),
        "surprise_before": round(float(losses["current"].mean()), 5),
        "campaigns": len(losses["new"]),
        "campaigns_learned": len(set(learned.test)),
    }
    # Every two variants of a campaign are a pair, whatever they were shown with.
    pairs = same_image_pairs(replace(held_out, image=held_out.test))
    if len(pairs.winner):
        for name, who in {"winners_found": "new", "winners_found_before": "current"}.items():
            found = scores[who][pairs.winner] > scores[who][pairs.loser]
            figures[name] = round(float(found.mean()), 4)
    return figures


def _hash_of(tests: HeadlineTests) -> str:
    rows = zip(tests.test, tests.image, tests.headlines, tests.impressions, tests.clicks, strict=True)
    return sha256(repr(list(rows)).encode()).hexdigest()
