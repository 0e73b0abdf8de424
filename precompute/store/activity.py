"""The questions about who and what is active: read when the cache is warmed up, not with every request."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, and_, case, func, literal, or_, select, type_coerce

from precompute.store import DAY
from precompute.store.tables import ACTIONS, CAMPAIGNS, EPOCH, MICROSECOND, OUTCOMES, VIDEOS
from precompute.subjects import Subject

# Written into the statement, as PostgreSQL does not see that two parameters of one value are the same day.
_WIDTH = literal(DAY // MICROSECOND, BigInteger, literal_execute=True)


def recent_videos(*, since: datetime, until: datetime, most: int) -> Select[Any]:
    """Videos brought in that time, latest first."""
    brought = select(VIDEOS).where(VIDEOS.c.at >= since, VIDEOS.c.at < until)
    return brought.order_by(VIDEOS.c.at.desc(), VIDEOS.c.accepted.desc(), VIDEOS.c.video_id).limit(most)


def active_campaigns(*, since: datetime, until: datetime, most: int) -> Select[Any]:
    """Campaigns that were brought or reported about in that time, what happened last first."""
    reported = (
        select(OUTCOMES.c.subject_id, func.max(OUTCOMES.c.at).label("last"))
        .where(OUTCOMES.c.subject == Subject.CAMPAIGN.value, OUTCOMES.c.at >= since, OUTCOMES.c.at < until)
        .group_by(OUTCOMES.c.subject_id)
        .subquery()
    )
    last = case((reported.c.last > CAMPAIGNS.c.at, reported.c.last), else_=CAMPAIGNS.c.at)
    return (
        select(CAMPAIGNS)
        .outerjoin(reported, reported.c.subject_id == CAMPAIGNS.c.campaign_id)
        .where(and_(CAMPAIGNS.c.at < until, or_(CAMPAIGNS.c.at >= since, reported.c.last.is_not(None))))
        .order_by(last.desc(), CAMPAIGNS.c.accepted.desc(), CAMPAIGNS.c.campaign_id)
        .limit(most)
    )


def visits(*, until: datetime, weeks: int, most: int) -> Select[Any]:
    """Users who did something in the weeks before, with ``alike`` and ``other`` days, ``first`` and ``last``."""
    since = until - weeks * 7 * DAY
    alike, other = _days(_passed(since))
    first, last = func.min(ACTIONS.c.at).label("first"), func.max(ACTIONS.c.at).label("last")
    query = select(ACTIONS.c.user_id, alike, other, first, last).where(ACTIONS.c.at >= since, ACTIONS.c.at < until)
    query = query.group_by(ACTIONS.c.user_id)
    return query.order_by((alike + other).desc(), last.desc(), ACTIONS.c.user_id).limit(most)


def routines(*, until: datetime, weeks: int, hours: timedelta, most: int) -> Select[Any]:
    """What users did within those hours, with ``alike`` and ``other`` days; of the most days first."""
    since = until - weeks * 7 * DAY
    passed = _passed(since)
    alike, other = _days(passed)
    within = passed % _WIDTH < literal(hours // MICROSECOND, BigInteger)
    query = select(ACTIONS.c.user_id, ACTIONS.c.action, alike, other)
    query = query.where(ACTIONS.c.at >= since, ACTIONS.c.at < until, within)
    query = query.group_by(ACTIONS.c.user_id, ACTIONS.c.action)
    return query.order_by((alike + other).desc(), ACTIONS.c.user_id, ACTIONS.c.action).limit(most)


def _passed(since: datetime) -> Any:
    return type_coerce(ACTIONS.c.at, BigInteger) - literal((since - EPOCH) // MICROSECOND, BigInteger)


def _days(passed: Any) -> tuple[Any, Any]:
    """How many days there are, each counted once: of the weekday of the first, and others."""
    day = passed // _WIDTH
    same = day % literal(7, BigInteger, literal_execute=True) == literal(0, BigInteger, literal_execute=True)
    alike = func.count(func.distinct(case((same, day)))).label("alike")
    return alike, func.count(func.distinct(case((~same, day)))).label("other")
