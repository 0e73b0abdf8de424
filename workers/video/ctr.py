"""Expected click-through rate of a video, from its other results and from what came of it and of others."""

from collections.abc import Mapping
from math import expm1
from typing import Any

from models.ctr import MODEL_VERSION, CtrBelief, VideoSigns, log_odds_effects, prior_of
from models.ctr_outcomes import ctr_after
from models.registry import ModelKind, registry_in
from models.tallies import DAY, tallies_of
from precompute.catalogue import CTR_PREDICTION
from precompute.job import Job
from precompute.subjects import Subject
from workers.binding import computes
from workers.learning import platform_of
from workers.sources import fixed, model, outcomes, platform


@computes(CTR_PREDICTION, reads=(outcomes, platform(Subject.VIDEO), model(ModelKind.CTR), fixed(MODEL_VERSION)))
def predict_ctr(
    scenes: Mapping[str, Any],
    faces: Mapping[str, Any],
    hook: Mapping[str, Any],
    captions: Mapping[str, Any],
    *,
    job: Job,
) -> Mapping[str, Any]:
    """Expected CTR with an 80 % interval, and what moved it, most first.

    Args:
        scenes: Fits :class:`precompute.results.video.SceneDetectionSchema`.
        faces: Fits :class:`precompute.results.video.FaceDetectionSchema`.
        hook: Fits :class:`precompute.results.video.HookAnalysisSchema`.
        captions: Fits :class:`precompute.results.video.CaptionGenerationSchema`.
        job: Knows the outcomes.

    Raises:
        SourceUnavailable: The outcomes cannot be read now.
    """
    segments = captions["segments"]
    signs = VideoSigns(
        hook_score=hook["score"],
        first_face_at=faces["first_face_at"],
        largest_face_share=faces["largest_face_share"],
        cuts_per_minute=scenes["cuts_per_minute"],
        speech_starts_at=segments[0]["start"] if segments else None,
        opening_has_text=bool(hook["text"]),
        duration=scenes["duration"],
    )
    totals = job.facts.totals(Subject.VIDEO, job.event.subject_id)
    ctr, low, high, version = _told(prior_of(signs), job=job)
    return {
        "ctr": round(ctr, 6),
        "low": round(low, 6),
        "high": round(high, 6),
        "drivers": _drivers(log_odds_effects(signs)),
        "evidence": {"outcomes": totals.outcomes, "impressions": totals.impressions},
        "model_version": version,
    }


def _told(prior: CtrBelief, *, job: Job) -> tuple[float, float, float, str]:
    """Expected CTR, its interval, and the version: the prior's own as long as no outcome of any video is known."""
    platform = platform_of(job.facts, Subject.VIDEO, registry=registry_in(job.settings.data_dir))
    if not platform.model.outcomes:
        return prior.mean, *prior.interval(), MODEL_VERSION
    own = job.facts.lines(Subject.VIDEO, step=DAY, subject_ids=[job.event.subject_id])
    coming = ctr_after(prior, own=tallies_of(own, days=platform.tallies.days), model=platform.model)
    low, value, high = (min(1.0, float(figure[0])) for figure in (coming.low, coming.value, coming.high))
    return value, low, high, platform.model.version


def _drivers(effects: Mapping[str, float]) -> list[Mapping[str, Any]]:
    drivers = [{"name": name, "effect": round(expm1(effect), 4)} for name, effect in effects.items() if effect]
    return sorted(drivers, key=lambda driver: -abs(driver["effect"]))
