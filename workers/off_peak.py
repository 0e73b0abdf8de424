"""The last of the off-peak hours: what people will ask for in the morning is ready when they come."""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

from precompute.anticipation import Anticipation
from precompute.batch import Trigger, event_of
from precompute.errors import BadParameters, BrokerUnavailable, SourceUnavailable, StoreUnavailable
from precompute.events import CampaignCreated, UserLoggedIn
from precompute.memory import LOGIN
from precompute.mornings import HOURS, Morning, morning_of
from precompute.needs import Need, needs
from precompute.off_peak import PREPARES_WITHIN
from precompute.planner import Cause
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.work_at_hand import WorkAtHand
from workers.wiring import Engine

_log = logging.getLogger(__name__)

AT_ONCE = 500
"""Needs looked up in one round trip: a few milliseconds of the cache's time."""


def prepare_morning(engine: Engine, anticipation: Anticipation) -> int:
    """Queue what users will probably want in the morning and is not ready, as far as there is room; how many results.

    Called every minute in the last of the off-peak hours, and does nothing in others. Who is expected is asked of the
    store once; what is fresh or on its way costs one look, and is kept fresh until the morning is over.
    """
    now = engine.cache.clock()
    off_peak = engine.settings.off_peak
    if not off_peak.is_ending(now, within=PREPARES_WITHIN):
        return 0
    morning = off_peak.ends_after(now)
    try:
        wanted = list(morning_needs(engine, begins=morning))
        queued = sum(
            anticipation.fulfil(
                wanted[place : place + AT_ONCE],
                queue=Queue.BACKGROUND,
                wanted_for=morning + HOURS - now,
                cause=Cause.WARM_UP,
            )
            for place in range(0, len(wanted), AT_ONCE)
        )
    except (SourceUnavailable, StoreUnavailable, BrokerUnavailable) as problem:
        extra = {"action": "morning_not_prepared", "code": problem.code, "reason": problem.message}
        _log.warning("Morning not prepared", extra=extra)
        return 0
    _log.info("Morning prepared", extra={"action": "morning_prepared", "needs": len(wanted), "queued": queued})
    return queued


def morning_needs(engine: Engine, *, begins: datetime) -> Iterator[Need]:
    """What users who are expected in the morning will read, likeliest users first, then their active campaigns' scores.

    Raises:
        SourceUnavailable: The store cannot be asked now.
        StoreUnavailable: The cache cannot be reached.
    """
    morning = morning_of(engine.cache, engine.facts, begins=begins, threshold=engine.settings.prediction_threshold)
    latest = WorkAtHand(engine.cache, catalogue=engine.catalogue).of_each(list(morning.chances))
    for (user_id, chances), brought in zip(morning.chances.items(), latest, strict=True):
        yield from needs(user_id, probabilities=_at_login(engine, chances), latest=brought, catalogue=engine.catalogue)
    yield from _scores(engine, morning)


def _at_login(engine: Engine, chances: Mapping[str, float]) -> Mapping[str, float]:
    """Whoever logs in sees what a login starts: it is needed as likely as they do, whatever else they do."""
    login = chances.get(LOGIN, 0.0)
    shown = {action for row in engine.catalogue.started_by(UserLoggedIn) for action in row.needed_for}
    return {**chances, **{action: max(login, chances.get(action, 0.0)) for action in shown}}


def _scores(engine: Engine, morning: Morning) -> Iterator[Need]:
    for fact in morning.campaigns:
        trigger = Trigger(kind=CampaignCreated, subject_id=fact.campaign_id, user_id=fact.user_id, data=fact.data)
        try:
            event = event_of(trigger, media_root=engine.settings.media_root)
        except BadParameters:
            continue  # stored by a version that took other ids
        # What outcomes change of a campaign; its owner's dashboard shows it.
        for row in engine.catalogue.learning(Subject.CAMPAIGN):
            yield Need(user_id=fact.user_id, row=row, event=event, probability=morning.comes(fact.user_id))
