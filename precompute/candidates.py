"""What a cache that lost everything computes first: who and what is likely to be asked for today, most useful first.

The order is that of the chance that it is asked for. Where nothing is cached a reader waits for as long as computing
takes, so the waiting that is saved by each second of computing is that chance, whatever the result costs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from precompute import presence
from precompute.batch import Trigger
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.facts import CampaignFact, VideoFact
from precompute.store import Facts, Visits
from precompute.store.tables import EPOCH
from precompute.subjects import Subject

WINDOW = timedelta(days=14)
"""What was brought or reported about within it is recent, or active."""

EXPECTED = 0.5
"""Users at least as likely to come as not are expected; it is the threshold of the contract for predicted actions."""

STILL_HERE = timedelta(hours=12)
"""Half-life of the chance that who was here is still at it or comes back to it; a rule of thumb, not measured."""

STRANGER = presence.chance(alike=0, other=0, first=None, until=EPOCH)
"""The chance of whoever was not seen within four weeks."""

MOST = 1000
"""Subjects of one warm-up unless told otherwise."""

_MOST_USERS = 20_000
"""Users whose visits are looked at: those of the most days; what belongs to others counts as a stranger's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something to warm up.

    Attributes:
        trigger: What happened to it, as it would be posted again.
        chance: That its results are asked for today, 0 to 1.
    """

    trigger: Trigger
    chance: float

    @property
    def shows(self) -> bool:
        """Whether its results show those of others."""
        return self.trigger.kind is UserLoggedIn

    @property
    def name(self) -> str:
        """As ``subject:id``."""
        return f"{self.trigger.kind.subject}:{self.trigger.subject_id}"


def candidates(
    facts: Facts, *, at: datetime, subjects: Collection[Subject] = tuple(Subject), most: int = MOST
) -> list[Candidate]:
    """Users expected today, campaigns that are active and videos that are recent, most useful first.

    The chance of a campaign or a video is that its owner comes, divided by its place among the owner's own, latest
    first: what somebody brought last they look at most (Zipf's law). Of one chance are users before campaigns before
    videos, the cheaper first. Of those that are chosen users come last: what shows a user's campaigns and videos
    would be outdated as soon as one of them is computed.

    Args:
        facts: What is known.
        at: The instant; what happened later does not count.
        subjects: Which kinds are wanted.
        most: So many at most.

    Raises:
        SourceUnavailable: The store cannot be asked now.
    """
    since = at - WINDOW
    seen = facts.visits(until=at, weeks=presence.WEEKS, most=_MOST_USERS)
    chances = {visits.user_id: chance_of(visits, at=at) for visits in seen}
    found: list[Candidate] = []
    if Subject.USER in subjects:
        found += [_login(user, chance) for user, chance in chances.items() if chance >= EXPECTED]
    if Subject.CAMPAIGN in subjects:
        found += _owned(facts.active_campaigns(since=since, until=at, most=most), chances)
    if Subject.VIDEO in subjects:
        found += _owned(facts.recent_videos(since=since, until=at, most=most), chances)
    # Sorting leaves what is of one chance as it stands.
    chosen = sorted(found, key=lambda one: one.chance, reverse=True)[:most]
    return sorted(chosen, key=lambda one: one.shows)


def chance_of(visits: Visits, *, at: datetime) -> float:
    """The chance that a user comes within a day, from how often and how lately they were there.

    The larger one of two: what :mod:`precompute.presence` tells from the days on which they came; and whoever was here
    a while ago may still be: ``2 ** -(while / 12 h)``.
    """
    usual = presence.chance(alike=visits.alike, other=visits.other, first=visits.first, until=at)
    return float(max(usual, 0.5 ** ((at - visits.last) / STILL_HERE)))


def _login(user_id: str, chance: float) -> Candidate:
    return Candidate(trigger=Trigger(kind=UserLoggedIn, subject_id=user_id, user_id=user_id), chance=chance)


def _owned(brought: Sequence[VideoFact | CampaignFact], chances: Mapping[str, float]) -> list[Candidate]:
    """Candidates from facts that stand latest first."""
    places: dict[str, int] = {}
    found: list[Candidate] = []
    for fact in brought:
        places[fact.user_id] = place = places.get(fact.user_id, 0) + 1
        found.append(Candidate(trigger=_brought(fact), chance=chances.get(fact.user_id, STRANGER) / place))
    return found


def _brought(fact: VideoFact | CampaignFact) -> Trigger:
    if isinstance(fact, VideoFact):
        return Trigger(kind=VideoUploaded, subject_id=fact.video_id, user_id=fact.user_id, data=fact.data)
    return Trigger(kind=CampaignCreated, subject_id=fact.campaign_id, user_id=fact.user_id, data=fact.data)
