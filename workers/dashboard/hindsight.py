"""What would have been predicted of the last two weeks of a user's campaigns, held against what came."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.funnel import HORIZON_DAYS
from models.registry import registry_in
from models.roas import roas_model
from models.tallies import Tallies, day_of, tallies_of
from precompute.job import Job
from precompute.store import Totals
from precompute.subjects import Subject
from workers.campaign.expected import Expected
from workers.campaign.standing import Campaign
from workers.dashboard.account import Holding
from workers.dashboard.figures import added
from workers.learning import Platform, platform_of

RATES = ("ctr", "roas")
"""What is compared: money and clicks depend on what was spent, which nobody predicted."""


def comparisons(campaigns: Sequence[Holding], *, job: Job) -> Mapping[str, Mapping[str, Any]]:
    """By campaign id and rate; only campaigns and rates of which the last two weeks brought something.

    A prediction that knows its outcomes is always right, so this one is made of what came before these weeks alone.
    Only how much rates vary is taken as it is known today.

    Raises:
        SourceUnavailable: The store cannot be asked now.
    """
    since = day_of(job.at) - HORIZON_DAYS + 1
    latest = {one.ref.id: added(day.totals for day in one.days if day_of(day.at) >= since) for one in campaigns}
    told = [one for one in campaigns if latest[one.ref.id].outcomes]
    if not told:
        return {}
    then = _before(platform_of(job.facts, Subject.CAMPAIGN, registry=registry_in(job.settings.data_dir)), day=since)
    account = {one.ref.id for one in campaigns}
    return {
        one.ref.id: _comparison(_as_known(one, account - {one.ref.id}, platform=then, day=since), latest[one.ref.id])
        for one in told
    }


def _before(platform: Platform, *, day: int) -> Platform:
    tallies = _until(platform.tallies, day=day)
    varies = {name: rate.variability for name, rate in platform.model.rates.items()}
    return Platform(
        reported=platform.reported,
        tallies=tallies,
        model=roas_model(tallies, variability=varies),
        taught=platform.taught,
    )


def _until(tallies: Tallies, *, day: int) -> Tallies:
    before = tallies.before(day)
    return before if before.days.size else tallies_of({})


def _as_known(campaign: Holding, others: set[str], *, platform: Platform, day: int) -> Campaign:
    days = [one for one in campaign.days if day_of(one.at) < day]
    kept = [subject_id in others for subject_id, _ in platform.tallies.lines]
    return Campaign(
        tallies=tallies_of({(campaign.ref.id, None): days}, days=platform.tallies.days),
        siblings=platform.tallies.rows(kept) if any(kept) else None,
        by_variant={},
        total=added(one.totals for one in days),
        platform=platform,
    )


def _comparison(campaign: Campaign, came: Totals) -> Mapping[str, Any]:
    known = {name: rate for name in RATES if (rate := getattr(came, name)) is not None}
    return {name: _held_against(_expected(campaign, name, came=came), rate) for name, rate in known.items()}


def _expected(campaign: Campaign, rate: str, *, came: Totals) -> Expected:
    _, coming = campaign.whole(rate, spend=came.spend)
    return Expected.of(coming)


def _held_against(expected: Expected, actual: float) -> Mapping[str, Any]:
    told = expected.told()
    within = told["low"] <= actual <= told["high"]
    return {"predicted": told["value"], "low": told["low"], "high": told["high"], "actual": actual, "within": within}
