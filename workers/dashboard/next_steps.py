"""What a user should do next, most pressing first, each with what of the data says so.

The order of :data:`RULES` is the rank: first where money is being lost, then what would bring more, then what is needed
to know more. Within a rule the greatest loss comes first. ``docs/dashboard.md`` tells the thresholds to people.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from precompute.catalogue import HOOK_ANALYSIS, VARIANT_GENERATION
from precompute.store import Totals
from precompute.subjects import SubjectRef
from workers.dashboard.account import Account, Holding
from workers.dashboard.variants import VariantFigures, figures_of

MOST_STEPS = 8
"""More is a list that nobody works through."""

MOST_ALIKE = 3
"""Steps of one rule: eight times the same advice leaves no room for another."""

WEAK_HOOK = 50.0
"""Hook scores below the middle of the scale call for the first of the analysis' advices."""

NOTICEABLE_SHARE = 0.1
"""A losing variant is worth a step from this share of its campaign's impressions on."""

ENOUGH_CLICKS = 100
"""Before so many clicks revenue says little: at a conversion rate of 2 % they bring two sales."""

VariantTotals = Callable[[str], Mapping[str, Totals]]
"""Outcomes by variant of the campaign with this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do.

    Attributes:
        action: A word for programs.
        text: What to do.
        reason: What of the data says so.
        weight: How much is at stake, comparable within one rule only.
        ref: The video or campaign it is about.
    """

    action: str
    text: str
    reason: str
    weight: float = 0.0
    ref: SubjectRef | None = None

    def shown(self) -> Mapping[str, Any]:
        """As it is served."""
        about = (None, None) if self.ref is None else (self.ref.subject.value, self.ref.id)
        said = {"action": self.action, "text": self.text, "reason": self.reason}
        return said | {"subject": about[0], "subject_id": about[1]}


def next_steps(account: Account, *, variant_totals: VariantTotals) -> list[Mapping[str, Any]]:
    """The steps, most pressing first; a user without videos and campaigns gets the first ones to take."""
    by_rule = (sorted(rule(account, variant_totals), key=lambda step: -step.weight)[:MOST_ALIKE] for rule in RULES)
    return [step.shown() for steps in by_rule for step in steps][:MOST_STEPS]


def _budget_on_losers(account: Account, variant_totals: VariantTotals) -> Iterator[Step]:
    for campaign in account.campaigns:
        figures = figures_of(variant_totals(campaign.ref.id)) if campaign.days else []
        shown = sum(one.totals.impressions for one in figures)
        worst = max((one for one in figures if one.losing), key=lambda one: one.totals.impressions, default=None)
        if worst is not None and worst.totals.impressions >= NOTICEABLE_SHARE * shown:
            yield _stop_showing(worst, campaign, share=worst.totals.impressions / shown)


def _stop_showing(variant: VariantFigures, campaign: Holding, *, share: float) -> Step:
    lift = variant.difference.lift or 0.0
    spent = f" and {variant.totals.spend:,.2f} of its spend" if variant.totals.spend else ""
    return Step(
        action="shift_budget",
        text=f"Stop showing variant {variant.variant_id} of {campaign.called} and give its budget to the others.",
        reason=f"It is clicked {1 - lift:.0%} less often than the others, which is no chance "
        f"({_said(variant.difference.p_value or 0.0)}), and had {share:.0%} of the impressions{spent}.",
        weight=share * max(campaign.totals.spend, 1.0),
        ref=campaign.ref,
    )


def _said(p_value: float) -> str:
    """Smaller values say no more to a reader."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def _losing_money(account: Account, _: VariantTotals) -> Iterator[Step]:
    for campaign in account.campaigns:
        totals = campaign.totals
        if totals.roas is not None and totals.roas < 1 and totals.clicks >= ENOUGH_CLICKS:
            yield Step(
                action="review_campaign",
                text=f"Pause {campaign.called} or change its offer, audience or texts.",
                reason=f"It brought {totals.revenue:,.2f} for {totals.spend:,.2f} spent: a ROAS of {totals.roas:.2f}.",
                weight=totals.spend - totals.revenue,
                ref=campaign.ref,
            )


def _weak_hooks(account: Account, _: VariantTotals) -> Iterator[Step]:
    for video in account.videos:
        hook = video.results.get(HOOK_ANALYSIS.name)
        if hook is not None and hook["score"] < WEAK_HOOK and hook["advice"]:
            yield Step(
                action="improve_hook",
                text=hook["advice"][0],
                reason=f"The first seconds of {video.called} score {hook['score']:.0f} of 100.",
                weight=WEAK_HOOK - hook["score"],
                ref=video.ref,
            )


def _untold_outcomes(account: Account, variant_totals: VariantTotals) -> Iterator[Step]:
    for campaign in account.campaigns:
        variants = campaign.results.get(VARIANT_GENERATION.name, {}).get("variants", ())
        known = variant_totals(campaign.ref.id) if campaign.days else {}
        untold = len(variants) - len(known.keys() & {one["variant_id"] for one in variants})
        if untold:
            yield Step(
                action="report_outcomes",
                text=f"Run the variants of {campaign.called} and report their impressions and clicks.",
                reason=f"{untold} of its {len(variants)} variants have no outcomes yet: only their texts rank them.",
                weight=untold / len(variants),
                ref=campaign.ref,
            )


def _idle_videos(account: Account, _: VariantTotals) -> Iterator[Step]:
    used = frozenset[str]().union(*(campaign.video_ids for campaign in account.campaigns))
    for age, video in enumerate(one for one in account.videos if one.ref.id not in used):
        yield Step(
            action="create_campaign",
            text=f"Create a campaign with {video.called}.",
            reason="No campaign uses this video yet.",
            weight=-age,
            ref=video.ref,
        )


def _beginnings(account: Account, _: VariantTotals) -> Iterator[Step]:
    if not account.videos:
        text = "Upload a first video to get its hook score, thumbnails, captions and expected click-through rate."
        yield Step(action="upload_video", text=text, reason="You have no videos yet.", weight=1)
    if not account.campaigns and not account.videos:
        text = "Create a first campaign to get fifty texts to try, ranked, and what its budget should bring."
        yield Step(action="create_campaign", text=text, reason="You have no campaigns yet.")


RULES = (_budget_on_losers, _losing_money, _weak_hooks, _untold_outcomes, _idle_videos, _beginnings)
"""Most pressing first."""
