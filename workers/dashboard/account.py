"""Everything known of a user's videos and campaigns: figures from the store, results from the cache."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.funnel import HORIZON_DAYS
from precompute.entry import State
from precompute.facts import CampaignFact, VideoFact
from precompute.job import Job
from precompute.ledger import TaskRecord
from precompute.plugins import catalogue_for
from precompute.store import Period, Totals
from precompute.subjects import Subject, SubjectRef
from workers.campaign.brief import brief_of
from workers.campaign.budget import budget_of
from workers.dashboard.figures import DAY, added


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A video or a campaign of a user.

    Attributes:
        ref: Which.
        at: When it was brought.
        data: What its trigger brought along.
        days: Its outcomes by day, oldest first.
        results: Its results that are in the cache, by task type.
        on_its_way: Its tasks that are not done.
    """

    ref: SubjectRef
    at: datetime
    data: Mapping[str, Any]
    days: Sequence[Period]
    results: Mapping[str, Mapping[str, Any]]
    on_its_way: Sequence[TaskRecord]

    @property
    def totals(self) -> Totals:
        """Its outcomes to date."""
        return added(day.totals for day in self.days)

    @property
    def title(self) -> str | None:
        """What people call it, when the trigger said so."""
        said = (self.data.get(field) for field in ("title", "name"))
        return next((text for text in said if isinstance(text, str) and text.strip()), None)

    @property
    def called(self) -> str:
        """Its title, or its id."""
        return self.title or self.ref.id

    @property
    def budget(self) -> float | None:
        """The money that a campaign's brief allows for the time that predictions are for, when it says so."""
        return budget_of(self.data, days=HORIZON_DAYS)

    @property
    def video_ids(self) -> frozenset[str]:
        """The videos that a campaign's brief names."""
        return frozenset(brief_of(self.data, campaign_id=self.ref.id).video_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user's videos and campaigns, latest first."""

    videos: Sequence[Holding]
    campaigns: Sequence[Holding]

    @property
    def holdings(self) -> Iterable[Holding]:
        """Both."""
        return (*self.videos, *self.campaigns)

    @property
    def counted(self) -> Sequence[Holding]:
        """What the user's figures are added up from.

        The outcomes of a campaign and those of a video in it are the same impressions, told twice. So a video counts by
        itself only while no campaign that names it has outcomes.
        """
        told = frozenset[str]().union(*(one.video_ids for one in self.campaigns if one.days))
        return (*self.campaigns, *(one for one in self.videos if one.ref.id not in told))


def account_of(job: Job) -> Account:
    """The account of the user whom the job is about; at most the latest hundred videos and campaigns.

    Raises:
        SourceUnavailable: The store cannot be asked now.
        StoreUnavailable: The cache cannot be reached.
    """
    user_id = job.event.subject_id
    return Account(
        videos=_holdings(job, Subject.VIDEO, {one.video_id: one for one in job.facts.videos_of(user_id)}),
        campaigns=_holdings(job, Subject.CAMPAIGN, {one.campaign_id: one for one in job.facts.campaigns_of(user_id)}),
    )


def campaigns_of(job: Job) -> Sequence[Holding]:
    """Only the campaigns of the account; raises as :func:`account_of` does."""
    brought = job.facts.campaigns_of(job.event.subject_id)
    return _holdings(job, Subject.CAMPAIGN, {one.campaign_id: one for one in brought})


def _holdings(job: Job, subject: Subject, brought: Mapping[str, VideoFact | CampaignFact]) -> list[Holding]:
    if not brought:
        return []
    days = job.facts.series(subject, list(brought), step=DAY)
    refs = [SubjectRef(subject=subject, id=name) for name in brought]
    records = _records(job, refs)
    return [
        Holding(
            ref=ref,
            at=brought[ref.id].at,
            data=brought[ref.id].data,
            days=days.get(ref.id, []),
            results=_results(job, records[ref]),
            on_its_way=[record for record in records[ref] if record.state.on_its_way],
        )
        for ref in refs
    ]


def _records(job: Job, refs: Sequence[SubjectRef]) -> Mapping[SubjectRef, list[TaskRecord]]:
    rows = [row for row in catalogue_for(job.settings).about(refs[0].subject) if row.served]
    found: dict[SubjectRef, list[TaskRecord]] = {ref: [] for ref in refs}
    for record in job.states([row.key_for(ref) for ref in refs for row in rows]):
        found[record.key.ref].append(record)
    return found


def _results(job: Job, records: Sequence[TaskRecord]) -> Mapping[str, Mapping[str, Any]]:
    # Also of those that are being computed again or failed to: their last result is still served.
    there = {record.key.task_type: job.peek(record.key) for record in records if record.state is not State.MISSING}
    return {name: result for name, result in there.items() if result is not None}
