"""Fifty distinct texts for a campaign."""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import orjson

from precompute.catalogue import VARIANT_GENERATION
from precompute.errors import SourceUnavailable
from precompute.job import Computed, Job
from workers.binding import computes
from workers.campaign.angles import ANGLES
from workers.campaign.brief import Brief, brief_of
from workers.campaign.distinct import chosen
from workers.campaign.keeping import keep
from workers.campaign.phrases import Phrases
from workers.campaign.phrases_de import GERMAN
from workers.campaign.phrases_en import ENGLISH
from workers.campaign.phrases_es import SPANISH
from workers.campaign.phrases_fr import FRENCH
from workers.campaign.phrases_pt import PORTUGUESE
from workers.campaign.remote_variants import variant_service, worded_by
from workers.campaign.videos import looked_up, with_videos
from workers.campaign.writing import Draft, drafts_of
from workers.sources import worder

logger = logging.getLogger(__name__)

LANGUAGES: Mapping[str, Phrases] = {p.language: p for p in (ENGLISH, GERMAN, FRENCH, SPANISH, PORTUGUESE)}
"""The languages that texts can be worded in here; others get English, and ``source`` says so."""


@computes(VARIANT_GENERATION, reads=(worder, looked_up))
def generate_variants(*, job: Job) -> Computed:
    """Fifty texts that differ, use every angle, keep to the limits, and are the same for the same brief.

    Returns:
        Fits :class:`precompute.results.campaign.VariantGenerationSchema`.

    Raises:
        UnusableSource: The sentence model that was installed is not the one it should be.
    """
    brief = with_videos(brief_of(job.event.data, campaign_id=job.event.subject_id), job=job)
    phrases = LANGUAGES.get(brief.language or "en", ENGLISH)
    mark = _mark_of(job.event.data)
    before = job.peek(VARIANT_GENERATION.key_for(job.event.ref))
    service = variant_service(job.settings)
    # Asked again, a service would answer differently: outcomes would lose their texts, and it would be paid twice.
    if service and before and before.get("brief") == mark and str(before["source"]).startswith(service.name):
        return Computed(value=before)
    given, source = _from_service(brief, phrases, job=job)
    job.report(0.5)
    more = {angle.name: drafts_of(angle, brief=brief, phrases=phrases) for angle in ANGLES}
    drafts = chosen(given, more=more)
    language = phrases.language if source.startswith("local") else brief.language or "en"
    keep(drafts, language=language, job=job)
    value = {
        "variants": [{"variant_id": draft.variant_id, **asdict(draft)} for draft in drafts],
        "source": _source(source, given, drafts, brief=brief, phrases=phrases),
        "language": language,
        "brief": mark,
    }
    # Worded by ourselves because the service failed, they are to be worded again when their refresh is due.
    return Computed(value=value, read=None if source.startswith(worder(job)) else ("",))


def _from_service(brief: Brief, phrases: Phrases, *, job: Job) -> tuple[list[Draft], str]:
    """The texts of the service whose key is set, and who worded them; none without a key, and when it fails."""
    service = variant_service(job.settings)
    if service is None:
        return [], "local"
    timeout_s = job.settings.wording_timeout.total_seconds()
    try:
        return worded_by(service, brief=brief, phrases=phrases, timeout_s=timeout_s), service.name
    except SourceUnavailable as problem:
        logger.warning(
            "variants are worded locally",
            extra={"action": "wording_fell_back", "service": service.name, "reason": problem.message},
        )
        return [], f"local ({service.name} failed: {problem.message})"


def _source(source: str, given: list[Draft], drafts: list[Draft], *, brief: Brief, phrases: Phrases) -> str:
    own = sum(draft not in given for draft in drafts)
    said = [source]
    if given and own:
        said.append(f"{own} topped up locally")
    if own and phrases.language != (brief.language or "en"):
        said.append(f"in English, as there are no phrases in {brief.language!r}")
    return ", ".join(said)


def _mark_of(data: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).hexdigest()[:16]
