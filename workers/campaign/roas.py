"""What a campaign's budget will bring, in all and by variant."""

from collections.abc import Mapping
from math import exp
from typing import Any

from models.funnel import FUNNEL, HORIZON_DAYS
from models.rates import recent
from models.registry import ModelKind
from precompute.catalogue import ROAS_PREDICTION
from precompute.job import Job
from precompute.subjects import Subject
from workers.binding import computes
from workers.campaign.budget import budget_of
from workers.campaign.expected import Expected
from workers.campaign.roas_variants import variant_rates
from workers.campaign.standing import Campaign, campaign_of
from workers.sources import account, model, outcomes, platform

ASSUMED_BUDGET = 1_000.0
"""What it is told for where neither a budget nor any spending is known; the note says so."""

PACE_DEVIATION = 0.4
"""Standard deviation of the logarithm of what two weeks spend, around the pace before (docs/roas.md, "Spending")."""

SPENT_AT_LEAST = 0.8
"""Share of a budget (docs/roas.md, "Spending")."""

_TENTH = 1.2816


@computes(ROAS_PREDICTION, reads=(outcomes, account, platform(Subject.CAMPAIGN), model(ModelKind.ROAS)))
def predict_roas(generated: Mapping[str, Any], scored: Mapping[str, Any], *, job: Job) -> Mapping[str, Any]:
    """The campaign's next two weeks, and each variant's ROAS and CTR in them, with 80 % intervals.

    Args:
        generated: Fits :class:`precompute.results.campaign.VariantGenerationSchema`.
        scored: Fits :class:`precompute.results.campaign.VariantScoringSchema`.
        job: Knows the budget and the outcomes.

    Raises:
        SourceUnavailable: The outcomes cannot be read now.
    """
    campaign = campaign_of(job)
    budget = budget_of(job.event.data, days=HORIZON_DAYS)
    spend = _spend(campaign, budget=budget)
    whole = {name: campaign.whole(name, spend=spend.value) for name in FUNNEL}
    rates = {name: Expected.of(forecast) for name, (_, forecast) in whole.items()}
    counts = {name: spend.times(rates[name]) for name in ("impressions", "clicks", "conversions")}
    figures = {"spend": spend, **counts, "revenue": spend.times(rates["roas"])}
    figures |= {name: rates[name] for name in ("roas", "ctr")}
    ids = [variant["variant_id"] for variant in generated["variants"]]
    beliefs = {name: belief for name, (belief, _) in whole.items()}
    return {
        "campaign": {name: figure.told() for name, figure in figures.items()},
        "variants": variant_rates(campaign, beliefs, ids=ids, scores=scored["scores"], spend=spend.value),
        "evidence": {"outcomes": campaign.total.outcomes, "impressions": campaign.total.impressions},
        "model_version": campaign.platform.model.version,
        "note": _note(campaign, budget=budget),
    }


def _spend(campaign: Campaign, *, budget: float | None) -> Expected:
    """What will be spent: the budget, or as much as before."""
    if budget is not None:
        return Expected(value=budget, low=budget * SPENT_AT_LEAST, high=budget)
    variability = campaign.learned("roas").variability
    seen = recent(campaign.flow("roas", campaign.tallies.whole()), half_life=variability.half_life)
    pace = float(seen.pace[0]) * variability.horizon
    if not pace:
        return Expected(value=ASSUMED_BUDGET, low=ASSUMED_BUDGET * SPENT_AT_LEAST, high=ASSUMED_BUDGET)
    reach = exp(_TENTH * PACE_DEVIATION)
    return Expected(value=pace, low=pace / reach, high=pace * reach)


def _note(campaign: Campaign, *, budget: float | None) -> str:
    """How far to trust it."""
    if not campaign.platform.model.outcomes:
        basis = "No outcomes were reported yet: this is a published average of others' ads, with a wide interval."
    elif not campaign.total.spend:
        basis = "This campaign has not spent anything yet: this is what others' outcomes say, with a wide interval."
    else:
        basis = "Learned from this campaign's outcomes and those of others."
    about = f"It ranks rather than promises a number, and is about the next {HORIZON_DAYS} days."
    assumed = budget is None and not campaign.total.spend
    return f"{basis} {about}" + (f" No budget was named: it is told for {ASSUMED_BUDGET:g}." if assumed else "")
