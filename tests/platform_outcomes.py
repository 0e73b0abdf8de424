"""Outcomes of made-up platforms whose rates vary in a known way, for tests of what learns from them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from precompute.facts import Fact, Outcome, VariantFact
from precompute.subjects import Subject

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)


def steady_videos(*, videos: int = 20, days: int = 40, drift: float = 0.0, seed: int = 0) -> list[Fact]:
    """Videos whose CTRs hardly differ and walk by ``drift`` a day (log): far steadier than the start says."""
    random = np.random.default_rng(seed)
    facts: list[Fact] = []
    for video in range(videos):
        walk = np.cumsum(random.normal(0, drift, days))
        for day in range(days):
            clicks = int(random.binomial(20_000, 0.02 * np.exp(walk[day])))
            facts.append(
                Outcome(
                    at=FIRST + timedelta(days=day),
                    subject=Subject.VIDEO,
                    subject_id=f"v{video}",
                    impressions=20_000,
                    clicks=clicks,
                )
            )
    return facts


QUESTION, STATEMENT = "Why do {} people sit all day?", "A desk for {} people"


def campaigns_where(
    *, question_wins: float, campaigns: int = 60, clicks: int = 400, language: str = "en"
) -> list[Fact]:
    """A campaign begins each day, one variant asks, one tells; asking is clicked ``question_wins`` times as often."""
    return [fact for number in range(campaigns) for fact in _campaign(number, question_wins, clicks, language)]


def _campaign(number: int, question_wins: float, clicks: int, language: str) -> Iterator[Fact]:
    at = FIRST + timedelta(days=number)
    for variant, (headline, times) in enumerate(((QUESTION, question_wins), (STATEMENT, 1.0))):
        names = {"campaign_id": f"c{number}", "variant_id": f"{number}-{variant}"}
        yield VariantFact(at=at, headline=headline.format(_WORDS[number % len(_WORDS)]), language=language, **names)
        yield Outcome(
            at=at,
            subject=Subject.CAMPAIGN,
            subject_id=names["campaign_id"],
            variant_id=names["variant_id"],
            impressions=clicks * 50,
            clicks=round(clicks * times),
        )


_WORDS = ("busy", "young", "tall", "curious", "tired", "clever", "quiet", "happy", "old", "patient", "kind")
