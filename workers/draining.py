"""Accepted facts into the database, and what they make outdated."""

import logging
from collections.abc import Iterator, Sequence

from precompute.catalogue import Catalogue
from precompute.errors import BrokerUnavailable, SourceUnavailable, StoreUnavailable
from precompute.facts import CampaignFact, Fact, Outcome, VideoFact
from precompute.subjects import CacheKey, Subject, SubjectRef
from workers.wiring import Engine

_log = logging.getLogger(__name__)


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
    owners = engine.facts.owners_of(sorted(reported))
    theirs = {(subject, owner) for (subject, _id), owner in owners.items()}
    theirs |= {(Subject.VIDEO, fact.user_id) for fact in facts if isinstance(fact, VideoFact)}
    theirs |= {(Subject.CAMPAIGN, fact.user_id) for fact in facts if isinstance(fact, CampaignFact)}
    return {*_about(reported, catalogue=engine.catalogue), *_of_owners(theirs, catalogue=engine.catalogue)}


def _about(reported: set[tuple[Subject, str]], *, catalogue: Catalogue) -> Iterator[CacheKey]:
    for subject, subject_id in reported:
        ref = SubjectRef(subject=subject, id=subject_id)
        yield from (row.key_for(ref) for row in catalogue.learning(subject))


def _of_owners(theirs: set[tuple[Subject, str]], *, catalogue: Catalogue) -> Iterator[CacheKey]:
    for subject, owner in theirs:
        ref = SubjectRef(subject=Subject.USER, id=owner)
        yield from (row.key_for(ref) for row in catalogue.showing(subject))
