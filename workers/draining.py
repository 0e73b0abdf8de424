"""Accepted facts into the database, and what they make outdated."""

import logging
from collections.abc import Iterator, Sequence

from precompute.catalogue import (
    CAMPAIGN_ANALYTICS,
    CTR_PREDICTION,
    DASHBOARD_DATA,
    ROAS_PREDICTION,
    VARIANT_SCORING,
)
from precompute.errors import BrokerUnavailable, SourceUnavailable, StoreUnavailable
from precompute.facts import CampaignFact, Fact, Outcome, VideoFact
from precompute.subjects import CacheKey, Subject, SubjectRef
from workers.wiring import Engine

_log = logging.getLogger(__name__)

LEARNS_FROM_OUTCOMES = {Subject.VIDEO: (CTR_PREDICTION,), Subject.CAMPAIGN: (VARIANT_SCORING, ROAS_PREDICTION)}
"""Results about a subject that its own outcomes change."""

SHOWN_TO_OWNER = (DASHBOARD_DATA, CAMPAIGN_ANALYTICS)
"""Results about a user that change with the outcomes of what is theirs, and with a new video or campaign."""


def drain_facts(engine: Engine) -> int:
    """Write what was accepted to the database; how many facts that were.

    While the database, the cache or the broker is away nothing is lost: the next drain goes on.
    """

    def write(facts: Sequence[Fact]) -> None:
        engine.facts.write(facts)
        # Before the stream forgets the facts: a death in between gives them again, and their results are marked then.
        engine.cache.outdate(outdated_by(facts, engine=engine))

    try:
        written = engine.stream.drain(write)
    except (SourceUnavailable, StoreUnavailable, BrokerUnavailable) as problem:
        extra = {"action": "facts_not_written", "code": problem.code, "reason": problem.message}
        _log.warning("Facts wait", extra=extra)
        return 0
    if written:
        _log.info("Facts written", extra={"action": "facts_written", "count": written})
    return written


def outdated_by(facts: Sequence[Fact], *, engine: Engine) -> set[CacheKey]:
    """Keys of results that would be computed differently, now that these facts are stored."""
    reported = {(fact.subject, fact.subject_id) for fact in facts if isinstance(fact, Outcome)}
    owners = set(engine.facts.owners_of(sorted(reported)).values())
    owners |= {fact.user_id for fact in facts if isinstance(fact, VideoFact | CampaignFact)}
    return {*_about(reported), *_of_owners(owners)}


def _about(reported: set[tuple[Subject, str]]) -> Iterator[CacheKey]:
    for subject, subject_id in reported:
        ref = SubjectRef(subject=subject, id=subject_id)
        yield from (row.key_for(ref) for row in LEARNS_FROM_OUTCOMES.get(subject, ()))


def _of_owners(owners: set[str]) -> Iterator[CacheKey]:
    for owner in owners:
        ref = SubjectRef(subject=Subject.USER, id=owner)
        yield from (row.key_for(ref) for row in SHOWN_TO_OWNER)
