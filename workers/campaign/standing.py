"""The campaign at hand among the outcomes of its account and of the platform."""

from dataclasses import dataclass

from models.funnel import FUNNEL, flow_of
from models.rates import Belief, Flow, Forecast
from models.registry import registry_in
from models.roas import Learned, predicted, standing_of, unseen
from models.tallies import DAY, Tallies, tallies_of
from precompute.job import Job
from precompute.store import Totals
from precompute.subjects import Subject
from workers.learning import Platform, platform_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What is known of a campaign.

    Attributes:
        tallies: Of its lines; on all days on which anything was reported on the platform.
        siblings: Of the other campaigns of its account; None when there are none.
        by_variant: Its outcomes added up.
        total: All its outcomes.
        platform: All outcomes, and what they say.
    """

    tallies: Tallies
    siblings: Tallies | None
    by_variant: dict[str, Totals]
    total: Totals
    platform: Platform

    def learned(self, rate: str) -> Learned:
        """What the platform's outcomes say of a rate of :data:`models.funnel.FUNNEL`."""
        return self.platform.model.rates[rate]

    def flow(self, rate: str, tallies: Tallies) -> Flow:
        """What a rate is made of in ``tallies``."""
        return flow_of(tallies, FUNNEL[rate], earned_by=self.platform.model.earned_by)

    def events(self, rate: str, *, spend: float) -> float:
        """How many of the events that a rate consists of ``spend`` brings, as far as the platform's means tell."""
        event = self.platform.model.earned_by if rate == "roas" else FUNNEL[rate].top
        return spend * self.learned(event).centre

    def whole(self, rate: str, *, spend: float) -> tuple[Belief, Forecast]:
        """One rate of the whole campaign: at its own pace where it has one, else for the ``spend`` that is planned."""
        learned, flow = self.learned(rate), self.flow(rate, self.tallies.whole())
        siblings = self.flow(rate, self.siblings) if self.siblings else None
        standing = standing_of(FUNNEL[rate], learned, siblings=siblings)
        belief, coming = predicted(flow, learned, standing=standing)
        if not flow.bottom.any():
            coming = unseen(belief, learned, events=self.events(rate, spend=spend))
        return belief, coming


def campaign_of(job: Job) -> Campaign:
    """What is known of the job's campaign.

    Raises:
        SourceUnavailable: The facts cannot be had now.
    """
    facts, campaign_id = job.facts, job.event.subject_id
    platform = platform_of(facts, Subject.CAMPAIGN, registry=registry_in(job.settings.data_dir))
    own = facts.lines(Subject.CAMPAIGN, step=DAY, subject_ids=[campaign_id])
    theirs = {fact.campaign_id for fact in facts.campaigns_of(job.event.user_id)} - {campaign_id}
    kept = [subject_id in theirs for subject_id, _ in platform.tallies.lines]
    return Campaign(
        tallies=tallies_of(own, days=platform.tallies.days),
        siblings=platform.tallies.rows(kept) if any(kept) else None,
        by_variant=facts.variant_totals(campaign_id),
        total=facts.totals(Subject.CAMPAIGN, campaign_id),
        platform=platform,
    )
