"""A user's campaigns over time: what was predicted, what came, and which variants made the difference."""

from collections.abc import Mapping
from typing import Any

from models.registry import ModelKind
from precompute.catalogue import CAMPAIGN_ANALYTICS, ROAS_PREDICTION, VARIANT_SCORING
from precompute.clock import iso
from precompute.job import Job
from precompute.store import Period
from precompute.subjects import Subject
from workers.binding import computes
from workers.dashboard.account import Holding, campaigns_of
from workers.dashboard.figures import last_days
from workers.dashboard.hindsight import comparisons
from workers.dashboard.variants import VariantFigures, best_and_worst, figures_of
from workers.sources import account, model, platform, today

DAYS = 90
"""Length of a campaign's series; its totals are over all time."""

_COUNTS = ("impressions", "clicks", "spend", "revenue")
_RATES = ("ctr", "roas")


@computes(CAMPAIGN_ANALYTICS, reads=(account, today, platform(Subject.CAMPAIGN), model(ModelKind.ROAS)))
def campaign_analytics(*, job: Job) -> Mapping[str, Any]:
    """The user's campaigns, latest first; an empty list without any.

    Raises:
        SourceUnavailable: The store cannot be asked now.
        StoreUnavailable: The cache cannot be reached.
    """
    campaigns = campaigns_of(job)
    compared = comparisons(campaigns, job=job)
    return {"campaigns": [_analysed(job, one, comparison=compared.get(one.ref.id, {})) for one in campaigns]}


def _analysed(job: Job, campaign: Holding, *, comparison: Mapping[str, Any]) -> Mapping[str, Any]:
    # A campaign without outcomes has no variants with any, so the store need not be asked.
    variants = figures_of(job.facts.variant_totals(campaign.ref.id)) if campaign.days else []
    best, worst = best_and_worst(variants)
    scores = {one["variant_id"]: one["ctr"] for one in campaign.results.get(VARIANT_SCORING.name, {}).get("scores", ())}
    funnel = campaign.results.get(ROAS_PREDICTION.name, {}).get("campaign")
    return {
        "campaign_id": campaign.ref.id,
        "series": [_point(day) for day in last_days([campaign.days], until=job.at, days=DAYS)],
        "best_variants": [_shown(one, scores=scores) for one in best],
        "worst_variants": [_shown(one, scores=scores) for one in worst],
        "predicted": None if funnel is None else _predicted(funnel),
        "actual": campaign.totals,
        "comparison": comparison,
    }


def _point(day: Period) -> Mapping[str, Any]:
    return {"at": iso(day.at), **{name: getattr(day.totals, name) for name in _COUNTS}}


def _shown(variant: VariantFigures, *, scores: Mapping[str, float]) -> Mapping[str, Any]:
    return {
        "variant_id": variant.variant_id,
        "impressions": variant.totals.impressions,
        "clicks": variant.totals.clicks,
        "ctr": variant.totals.ctr,
        "relative_ctr": variant.relative_ctr,
        "predicted_relative_ctr": scores.get(variant.variant_id),
        "p_value": variant.difference.p_value,
        "significant": variant.difference.significant,
    }


def _predicted(funnel: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: funnel[name]["value"] for name in (*_COUNTS, *_RATES)}
