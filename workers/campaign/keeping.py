"""Texts that were made for a campaign, kept beside its outcomes: what the text model learns from."""

import logging
from collections.abc import Sequence

from precompute.errors import SourceUnavailable, UnusableSource
from precompute.facts import VariantFact
from precompute.job import Job
from workers.campaign.writing import Draft

logger = logging.getLogger(__name__)


def keep(drafts: Sequence[Draft], *, language: str, job: Job) -> None:
    """Write the texts to the store, in one transaction; those that are there stay as they are.

    A campaign gets its texts though the store is away: they are kept when they are next made, as the same ones.
    """
    facts = [
        VariantFact(
            at=job.at,
            campaign_id=job.event.subject_id,
            variant_id=draft.variant_id,
            headline=draft.headline,
            language=language,
        )
        for draft in drafts
    ]
    try:
        job.facts.write(facts)
    except (SourceUnavailable, UnusableSource) as problem:
        extra = {"action": "texts_not_kept", "campaign": job.event.subject_id, "reason": problem.message}
        logger.warning("Texts not kept", extra=extra)
