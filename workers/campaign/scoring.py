"""Which variants will be clicked most, as far as words and outcomes tell."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.registry import ModelKind, registry_in
from models.variant_ctr import ratios
from precompute.catalogue import VARIANT_SCORING
from precompute.job import Job
from precompute.store import Totals
from workers.binding import computes
from workers.sources import model, outcomes

CARRIED_OVER = 0.5
"""What is kept of the words' promise, which was learned from headlines of one publisher: between 1 there and the 0.22
that was left of it on political ads (docs/variants.md, "Scores")."""

OTHER_LANGUAGES = 0.1
"""The same for other languages than English, where only length, punctuation, names and borrowed words can mean the
same. Our judgement; nothing was measured."""


@computes(VARIANT_SCORING, reads=(outcomes, model(ModelKind.TEXT)))
def score_variants(generated: Mapping[str, Any], *, job: Job) -> Mapping[str, Any]:
    """Each variant's expected CTR relative to the campaign's mean with an 80 % interval, best first.

    Args:
        generated: Fits :class:`precompute.results.campaign.VariantGenerationSchema`.
        job: Knows the outcomes.

    Raises:
        ModelNotTrained: There is no text model, or its file is damaged.
    """
    variants = generated["variants"]
    text = registry_in(job.settings.data_dir).current(ModelKind.TEXT)
    told = text.model.score([variant["headline"] for variant in variants])
    kept = CARRIED_OVER if generated["language"] == "en" else OTHER_LANGUAGES
    totals = job.facts.variant_totals(job.event.subject_id)
    seen = [totals.get(variant["variant_id"], Totals()) for variant in variants]
    found = ratios(
        np.array([kept * one.log_ratio for one in told]),
        deviation=max((one.deviation for one in told), default=0.0),
        impressions=np.array([one.impressions for one in seen], np.float64),
        clicks=np.array([one.clicks for one in seen], np.float64),
    )
    scores = [
        {
            "variant_id": variants[row]["variant_id"],
            "rank": rank,
            "ctr": round(float(found.value[row]), 4),
            "low": round(float(found.low[row]), 4),
            "high": round(float(found.high[row]), 4),
            "evidence": {"outcomes": seen[row].outcomes, "impressions": seen[row].impressions},
        }
        for rank, row in enumerate(np.argsort(-found.value, kind="stable").tolist(), start=1)
    ]
    return {"scores": scores, "model_version": text.version.version}
