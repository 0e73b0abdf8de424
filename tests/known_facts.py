"""Facts in memory, for unit tests of what asks for them; held to the same promises as the database."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from precompute.facts import Action, CampaignFact, Fact, Outcome, UserFact, VariantFact, VideoFact
from precompute.store import DAY, ActionLog, Line, Period, Routine, Totals, Visits
from precompute.subjects import Subject

_Brought = TypeVar("_Brought", VideoFact, CampaignFact, UserFact)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class KnownFacts:
    """Answers like :class:`precompute.store.database.Database`, from the facts it was given.

    Args:
        facts: Written at once, in this order.
    """

    def __init__(self, *facts: Fact) -> None:
        self._seen: set[str] = set()
        self._actions: list[Action] = []
        self._outcomes: list[Outcome] = []
        self._videos: dict[str, VideoFact] = {}
        self._campaigns: dict[str, CampaignFact] = {}
        self._users: dict[str, UserFact] = {}
        self._variants: dict[tuple[str, str], VariantFact] = {}
        self.write(facts)

    def write(self, facts: Sequence[Fact]) -> int:
        """Keep facts that are not kept yet; how many were new."""
        return sum(self._written(fact) for fact in facts)

    def videos_of(self, user_id: str, *, most: int = 100) -> list[VideoFact]:
        """A user's videos, latest first."""
        return _latest(self._videos, user_id)[:most]

    def campaigns_of(self, user_id: str, *, most: int = 100) -> list[CampaignFact]:
        """A user's campaigns, latest first."""
        return _latest(self._campaigns, user_id)[:most]

    def campaign(self, campaign_id: str) -> CampaignFact | None:
        """One campaign as last brought, or None."""
        return self._campaigns.get(campaign_id)

    def owner_of(self, subject: Subject, subject_id: str) -> str | None:
        """The user who brought a video or a campaign, or None when nobody did."""
        brought: dict[Subject, dict[str, VideoFact] | dict[str, CampaignFact]] = {
            Subject.VIDEO: self._videos,
            Subject.CAMPAIGN: self._campaigns,
        }
        fact = brought.get(subject, {}).get(subject_id)
        return fact.user_id if fact else None

    def totals(self, subject: Subject, subject_id: str) -> Totals:
        """All outcomes of a subject, those of its variants included."""
        return _added(self._of(subject, subject_id))

    def variant_totals(self, campaign_id: str) -> dict[str, Totals]:
        """Outcomes of a campaign by variant id."""
        outcomes = [one for one in self._of(Subject.CAMPAIGN, campaign_id) if one.variant_id is not None]
        names = {one.variant_id: None for one in outcomes}
        return {name: _added([one for one in outcomes if one.variant_id == name]) for name in names if name}

    def series(self, subject: Subject, subject_ids: Sequence[str], *, step: timedelta) -> dict[str, list[Period]]:
        """Outcomes by subject id in steps of ``step`` (aligned to 1970 in UTC), oldest first, empty steps left out."""
        return {subject_id: _periods(self._of(subject, subject_id), step=step) for subject_id in subject_ids}

    def lines(
        self, subject: Subject, *, step: timedelta, subject_ids: Sequence[str] | None = None, most: int = 50_000
    ) -> dict[Line, list[Period]]:
        """Outcomes of subjects and of each of their variants apart; the latest ``most`` periods of all together."""
        by_line: dict[Line, list[Outcome]] = {}
        for one in self._outcomes:
            if one.subject is subject and (subject_ids is None or one.subject_id in subject_ids):
                by_line.setdefault((one.subject_id, one.variant_id), []).append(one)
        periods = [(line, period) for line, outcomes in by_line.items() for period in _periods(outcomes, step=step)]
        lines: dict[Line, list[Period]] = {}
        for line, period in sorted(periods, key=lambda pair: pair[1].at)[-most:]:
            lines.setdefault(line, []).append(period)
        return lines

    def account_mark(self, user_id: str) -> str:
        """Changes with each video or campaign of a user and with each outcome reported of one; else stays the same."""
        videos, campaigns = self.videos_of(user_id), self.campaigns_of(user_id)
        refs = [(Subject.VIDEO, one.video_id) for one in videos]
        refs += [(Subject.CAMPAIGN, one.campaign_id) for one in campaigns]
        outcomes = sum(self.totals(subject, subject_id).outcomes for subject, subject_id in refs)
        return f"{[(one.at, one.accepted) for one in (*videos, *campaigns)]} {outcomes}"

    def reported(self, subject: Subject) -> int:
        """How many outcomes were reported of a kind of subject."""
        return sum(one.subject is subject for one in self._outcomes)

    def all_totals(self, subject: Subject) -> dict[str, Totals]:
        """Outcomes of every subject of a kind by its id."""
        names = {one.subject_id: None for one in self._outcomes if one.subject is subject}
        return {name: self.totals(subject, name) for name in names}

    def actions_of(self, user_id: str, *, most: int = 500) -> list[Action]:
        """A user's latest actions, oldest first, in the order in which they were accepted."""
        theirs = [one for one in self._actions if one.user_id == user_id]
        return sorted(theirs, key=lambda one: one.accepted)[-most:]

    def action_log(self, *, most: int = 500_000) -> ActionLog:
        """The latest ``most`` actions of all users, in the order in which they were accepted."""
        latest = sorted(self._actions[-most:], key=lambda one: one.accepted)
        users = [one.user_id for one in latest]
        return ActionLog(
            users=users,
            actions=[one.action for one in latest],
            at_seconds=[one.at.timestamp() for one in latest],
            zones={user_id: fact.timezone for user_id, fact in self._users.items() if user_id in users},
            fact_ids=[one.fact_id for one in latest],
            accepted=[one.accepted for one in latest],
        )

    def variants_with_outcomes(self, *, most: int = 20_000) -> list[VariantFact]:
        """Texts that outcomes were reported of, latest first."""
        reported = {(one.subject_id, one.variant_id) for one in self._outcomes if one.subject is Subject.CAMPAIGN}
        found = sorted(self._variants.values(), key=lambda one: (one.campaign_id, one.variant_id))
        found.sort(key=lambda one: one.at, reverse=True)
        return [one for one in found if (one.campaign_id, one.variant_id) in reported][:most]

    def recent_videos(self, *, since: datetime, until: datetime, most: int = 1000) -> list[VideoFact]:
        """Everybody's videos that were brought in that time, latest first."""
        return _latest_first(one for one in self._videos.values() if since <= one.at < until)[:most]

    def active_campaigns(self, *, since: datetime, until: datetime, most: int = 1000) -> list[CampaignFact]:
        """Campaigns that were brought or that outcomes were reported of in that time, what happened last first."""
        last: dict[str, datetime] = {}
        for one in self._campaigns.values():
            if one.at < until:
                reports = [report.at for report in self._of(Subject.CAMPAIGN, one.campaign_id) if report.at < until]
                last[one.campaign_id] = max(one.at, *reports) if reports else one.at
        found = sorted((name for name, at in last.items() if at >= since), key=lambda name: last[name], reverse=True)
        return [self._campaigns[name] for name in found[:most]]

    def visits(self, *, until: datetime, weeks: int, most: int = 1000) -> list[Visits]:
        """Users who did something in the weeks before ``until``; of the most days first, then the latest."""
        since = until - weeks * 7 * DAY
        times: dict[str, list[datetime]] = {}
        for one in self._actions:
            if since <= one.at < until:
                times.setdefault(one.user_id, []).append(one.at)
        found = []
        for user, theirs in times.items():
            days = {(at - since) // DAY for at in theirs}
            alike = sum(day % 7 == 0 for day in days)
            one = Visits(user_id=user, alike=alike, other=len(days) - alike, first=min(theirs), last=max(theirs))
            found.append(one)
        return sorted(found, key=lambda one: (one.alike + one.other, one.last), reverse=True)[:most]

    def routines(self, *, until: datetime, weeks: int, hours: timedelta, most: int = 50_000) -> list[Routine]:
        """What users did within some hours of the day in the weeks before ``until``, of the most days first."""
        since = until - weeks * 7 * DAY
        days: dict[tuple[str, str], set[int]] = {}
        for one in self._actions:
            if since <= one.at < until and (one.at - since) % DAY < hours:
                days.setdefault((one.user_id, one.action), set()).add((one.at - since) // DAY)
        found = [
            Routine(user_id=user, action=action, alike=sum(d % 7 == 0 for d in on), other=sum(d % 7 != 0 for d in on))
            for (user, action), on in days.items()
        ]
        return sorted(found, key=lambda one: (-one.alike - one.other, one.user_id, one.action))[:most]

    def _written(self, fact: Fact) -> bool:
        if fact.fact_id in self._seen:
            return False
        self._seen.add(fact.fact_id)
        match fact:
            case Action():
                self._actions.append(fact)
            case Outcome():
                self._outcomes.append(fact)
            case UserFact():
                return _kept(self._users, fact.user_id, fact)
            case VideoFact():
                return _kept(self._videos, fact.video_id, fact)
            case VariantFact():
                return self._variants.setdefault((fact.campaign_id, fact.variant_id), fact) is fact
            case CampaignFact():
                return _kept(self._campaigns, fact.campaign_id, fact)
        return True

    def _of(self, subject: Subject, subject_id: str) -> list[Outcome]:
        return [one for one in self._outcomes if one.subject is subject and one.subject_id == subject_id]


def _kept(brought: dict[str, _Brought], name: str, fact: _Brought) -> bool:
    """Whether ``fact`` is the latest about ``name``, and is kept therefore."""
    before = brought.get(name)
    if before is not None and (before.at, before.accepted) > (fact.at, fact.accepted):
        return False
    # Taken out first, so that facts of one instant stand in the order in which they came.
    brought.pop(name, None)
    brought[name] = fact
    return True


def _latest(brought: dict[str, _Brought], user_id: str) -> list[_Brought]:
    return _latest_first(fact for fact in brought.values() if fact.user_id == user_id)


def _latest_first(facts: Iterable[_Brought]) -> list[_Brought]:
    # Sorted upwards and then turned, so that of two from one instant the later comes first.
    return sorted(facts, key=lambda fact: (fact.at, fact.accepted))[::-1]


def _periods(outcomes: Sequence[Outcome], *, step: timedelta) -> list[Period]:
    by_step: dict[int, list[Outcome]] = {}
    for one in outcomes:
        by_step.setdefault((one.at - _EPOCH) // step, []).append(one)
    return [Period(at=_EPOCH + number * step, totals=_added(by_step[number])) for number in sorted(by_step)]


def _added(outcomes: Sequence[Outcome]) -> Totals:
    return Totals(
        outcomes=len(outcomes),
        impressions=sum(one.impressions for one in outcomes),
        clicks=sum(one.clicks for one in outcomes),
        conversions=sum(one.conversions or 0 for one in outcomes),
        spend=sum(one.spend or 0.0 for one in outcomes),
        revenue=sum(one.revenue or 0.0 for one in outcomes),
    )
