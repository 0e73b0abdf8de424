"""A user's first page: what they have, how it does, what is being computed, and what to do next."""

from collections.abc import Callable, Mapping
from typing import Any

from precompute.catalogue import (
    CAPTION_GENERATION,
    CTR_PREDICTION,
    DASHBOARD_DATA,
    HOOK_ANALYSIS,
    ROAS_PREDICTION,
    THUMBNAIL_GENERATION,
    VARIANT_GENERATION,
    VARIANT_SCORING,
)
from precompute.clock import iso
from precompute.job import Job
from precompute.ledger import TaskRecord
from precompute.store import Period
from workers.binding import computes
from workers.dashboard.account import Account, Holding, account_of
from workers.dashboard.figures import added, last_days
from workers.dashboard.next_steps import next_steps
from workers.sources import account, today

TREND_DAYS = 30
"""Days of the trend, today included."""

Results = Mapping[str, Mapping[str, Any]]


@computes(DASHBOARD_DATA, reads=(account, today))
def dashboard_data(*, job: Job) -> Mapping[str, Any]:
    """The user's dashboard; for a user without videos and campaigns an empty one with first steps.

    Raises:
        SourceUnavailable: The store cannot be asked now.
        StoreUnavailable: The cache cannot be reached.
    """
    account = account_of(job)
    return {
        "videos": [_video(video) for video in account.videos],
        "campaigns": [_campaign(campaign) for campaign in account.campaigns],
        "totals": added(one.totals for one in account.counted),
        "trend": [_point(day) for day in _trend(account, job)],
        "in_progress": [_unfinished(record) for one in account.holdings for record in one.on_its_way],
        "next_steps": next_steps(account, variant_totals=job.facts.variant_totals),
    }


def _trend(account: Account, job: Job) -> list[Period]:
    return last_days([one.days for one in account.counted], until=job.at, days=TREND_DAYS)


def _video(video: Holding) -> Mapping[str, Any]:
    return {
        "video_id": video.ref.id,
        "uploaded_at": iso(video.at),
        "title": video.title,
        "totals": video.totals,
        "results": _in_short(video.results, IN_SHORT_OF_VIDEO),
    }


def _campaign(campaign: Holding) -> Mapping[str, Any]:
    return {
        "campaign_id": campaign.ref.id,
        "created_at": iso(campaign.at),
        "name": campaign.title,
        "budget": campaign.budget,
        "totals": campaign.totals,
        "results": _in_short(campaign.results, IN_SHORT_OF_CAMPAIGN),
    }


def _point(day: Period) -> Mapping[str, Any]:
    names = ("impressions", "clicks", "spend", "revenue", "ctr", "roas")
    return {"at": iso(day.at), **{name: getattr(day.totals, name) for name in names}}


def _unfinished(record: TaskRecord) -> Mapping[str, Any]:
    return {"cache_key": str(record.key), "state": record.state.value, "progress": record.progress}


def _in_short(results: Results, table: Mapping[str, Callable[[Results], Mapping[str, Any]]]) -> Mapping[str, Any]:
    return {name: shorten(results) for name, shorten in table.items() if name in results}


def _hook(results: Results) -> Mapping[str, Any]:
    hook = results[HOOK_ANALYSIS.name]
    return {"score": hook["score"], "advice": hook["advice"][:1]}


def _ctr(results: Results) -> Mapping[str, Any]:
    predicted = results[CTR_PREDICTION.name]
    return {name: predicted[name] for name in ("ctr", "low", "high")}


def _thumbnail(results: Results) -> Mapping[str, Any]:
    first = next(iter(results[THUMBNAIL_GENERATION.name]["thumbnails"]), None)
    return {"url": None if first is None else first["url"]}


def _caption(results: Results) -> Mapping[str, Any]:
    return {"caption": results[CAPTION_GENERATION.name]["caption"]}


def _variants(results: Results) -> Mapping[str, Any]:
    generated = results[VARIANT_GENERATION.name]
    return {"count": len(generated["variants"]), "source": generated["source"]}


def _best_variant(results: Results) -> Mapping[str, Any]:
    best = min(results[VARIANT_SCORING.name]["scores"], key=lambda score: score["rank"], default=None)
    if best is None:
        return {"best": None}
    texts = results.get(VARIANT_GENERATION.name, {}).get("variants", ())
    headline = next((one["headline"] for one in texts if one["variant_id"] == best["variant_id"]), None)
    return {"best": {"variant_id": best["variant_id"], "headline": headline, "ctr": best["ctr"]}}


def _roas(results: Results) -> Mapping[str, Any]:
    return {"roas": results[ROAS_PREDICTION.name]["campaign"]["roas"]}


IN_SHORT_OF_VIDEO = {
    HOOK_ANALYSIS.name: _hook,
    CTR_PREDICTION.name: _ctr,
    THUMBNAIL_GENERATION.name: _thumbnail,
    CAPTION_GENERATION.name: _caption,
}
"""What the page shows of a video's results; each is there only while its result is in the cache."""

IN_SHORT_OF_CAMPAIGN = {
    VARIANT_GENERATION.name: _variants,
    VARIANT_SCORING.name: _best_variant,
    ROAS_PREDICTION.name: _roas,
}
"""The same of a campaign's."""
