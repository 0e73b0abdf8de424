"""Durable facts: what people did, what really came of videos and variants, and what the triggers brought.

A fact has an id that is given once, when it is accepted; delivered twice, it is still stored once.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from precompute.subjects import Subject


def new_fact_id() -> str:
    """An id nobody else has."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened and must not be forgotten.

    Attributes:
        at: When it happened.
        fact_id: Given when it was accepted.
        accepted: Its place among all facts in the order in which they were accepted, given by the stream; grows.
    """

    kind: ClassVar[str]

    at: datetime
    fact_id: str = field(default_factory=new_fact_id)
    accepted: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Fact):
    """A user did something: logged in, viewed a dashboard, generated variants; names come from the callers."""

    kind = "action"

    user_id: str
    action: str
    subject: Subject | None = None
    subject_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Fact):
    """What really happened to a video, a campaign or one of its variants, since the last outcome reported for it.

    Attributes:
        impressions: How often it was shown.
        clicks: How often it was clicked; at most ``impressions``.
        conversions: Sales or whatever the account counts; None when not reported.
        spend: Money spent, in the account's currency; None when not reported.
        revenue: Money earned; None when not reported.
    """

    kind = "outcome"

    subject: Subject
    subject_id: str
    variant_id: str | None = None
    impressions: int
    clicks: int
    conversions: int | None = None
    spend: float | None = None
    revenue: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFact(Fact):
    """A text that was made for a campaign, so that its outcomes can teach what words do; kept as first made.

    Attributes:
        language: ISO 639-1.
    """

    kind = "variant"

    campaign_id: str
    variant_id: str
    headline: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFact(Fact):
    """Where a user's clocks stand, as a login told; the latest one counts.

    Attributes:
        timezone: Its IANA name.
    """

    kind = "user"

    user_id: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFact(Fact):
    """A video as its trigger brought it; the latest one for an id counts."""

    kind = "video"

    video_id: str
    user_id: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFact(Fact):
    """A campaign as its trigger brought it; the latest one for an id counts."""

    kind = "campaign"

    campaign_id: str
    user_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
