"""What must outlive the cache: users' videos and campaigns, their actions, and outcomes; in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from precompute.facts import Action, CampaignFact, Fact, VariantFact, VideoFact
from precompute.subjects import Subject

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Outcomes added up. ``outcomes`` counts the reports; money is 0.0 where none was reported."""

    outcomes: int = 0
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: float = 0.0
    revenue: float = 0.0

    @property
    def ctr(self) -> float | None:
        """Clicks for each impression, or None without impressions."""
        return self.clicks / self.impressions if self.impressions else None

    @property
    def roas(self) -> float | None:
        """Revenue for each unit of spend, or None without spend."""
        return self.revenue / self.spend if self.spend else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The totals of one stretch of time, which starts at ``at``."""

    at: datetime
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """How often a user was there in the weeks before an instant.

    Attributes:
        user_id: Who.
        alike: On how many days of one weekday.
        other: On how many other days.
        first: The first action in that time.
        last: The last one.
    """

    user_id: str
    alike: int
    other: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """On how many days a user did something within certain hours.

    Attributes:
        user_id: Who.
        action: What.
        alike: How many of the days of one weekday.
        other: How many of all other days.
    """

    user_id: str
    action: str
    alike: int
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLog:
    """What users did, as columns of one length, in the order in which it was accepted.

    Attributes:
        users: Who.
        actions: What.
        at_seconds: When, since 1970 in UTC.
        zones: Time zones of these users by their IANA names, where they were told.
        fact_ids: Of the actions.
        accepted: Their places in the order of acceptance; they grow.
    """

    users: Sequence[str]
    actions: Sequence[str]
    at_seconds: Sequence[float]
    zones: Mapping[str, str]
    fact_ids: Sequence[str]
    accepted: Sequence[int]


Line = tuple[str, str | None]
"""A subject's id with one of its variants', or None for what was reported of the subject itself."""


class Facts(Protocol):
    """The questions that computations ask; :class:`precompute.store.database.Database` answers them."""

    def write(self, facts: Sequence[Fact]) -> int:
        """Store facts that are not stored yet, in one transaction; how many were new."""

    def videos_of(self, user_id: str, *, most: int = 100) -> list[VideoFact]:
        """A user's videos, latest first."""

    def campaigns_of(self, user_id: str, *, most: int = 100) -> list[CampaignFact]:
        """A user's campaigns, latest first."""

    def campaign(self, campaign_id: str) -> CampaignFact | None:
        """One campaign as last brought, or None."""

    def owner_of(self, subject: Subject, subject_id: str) -> str | None:
        """The user who brought a video or a campaign, or None when nobody did."""

    def totals(self, subject: Subject, subject_id: str) -> Totals:
        """All outcomes of a subject, those of its variants included."""

    def variant_totals(self, campaign_id: str) -> dict[str, Totals]:
        """Outcomes of a campaign by variant id."""

    def series(self, subject: Subject, subject_ids: Sequence[str], *, step: timedelta) -> dict[str, list[Period]]:
        """Outcomes by subject id in steps of ``step`` (aligned to 1970 in UTC), oldest first, empty steps left out."""

    def lines(
        self, subject: Subject, *, step: timedelta, subject_ids: Sequence[str] | None = None, most: int = 50_000
    ) -> dict[Line, list[Period]]:
        """Outcomes of subjects and of each of their variants apart, in steps of ``step``, oldest first.

        Args:
            subject: The kind.
            step: As in :meth:`series`.
            subject_ids: None for all of the kind.
            most: The latest so many periods of all lines together are read, so that learning stays affordable.
        """

    def account_mark(self, user_id: str) -> str:
        """Changes with each video or campaign of a user and with each outcome reported of one; else stays the same."""

    def reported(self, subject: Subject) -> int:
        """How many outcomes were reported of a kind of subject: cheap, so that learning can ask if there are more."""

    def all_totals(self, subject: Subject) -> dict[str, Totals]:
        """Outcomes of every subject of a kind by its id: what models learn from."""

    def actions_of(self, user_id: str, *, most: int = 500) -> list[Action]:
        """A user's latest actions, oldest first, in the order in which they were accepted."""

    def action_log(self, *, most: int = 500_000) -> ActionLog:
        """The latest ``most`` actions of all users: what models of behaviour learn from."""

    def variants_with_outcomes(self, *, most: int = 20_000) -> list[VariantFact]:
        """Texts that outcomes were reported of, latest first: what the text model learns from."""

    def recent_videos(self, *, since: datetime, until: datetime, most: int = 1000) -> list[VideoFact]:
        """Everybody's videos that were brought from ``since`` until before ``until``, latest first."""

    def active_campaigns(self, *, since: datetime, until: datetime, most: int = 1000) -> list[CampaignFact]:
        """Campaigns that were brought or that outcomes were reported of in that time, what happened last first."""

    def visits(self, *, until: datetime, weeks: int, most: int = 1000) -> list[Visits]:
        """Users who did something in the weeks before ``until``; of the most days first, then the latest.

        Args:
            until: An instant; days are counted from its time of day, and those of its weekday are alike.
            weeks: How many weeks before it count.
            most: So many users at most.
        """

    def routines(self, *, until: datetime, weeks: int, hours: timedelta, most: int = 50_000) -> list[Routine]:
        """What users did within the ``hours`` from the time of day of ``until`` on, in the weeks before it.

        Args:
            until: An instant; days are counted from its time of day, and those of its weekday are alike.
            weeks: How many weeks before it count.
            hours: At most a day.
            most: Those of the most days first, up to so many.
        """
