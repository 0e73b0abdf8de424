"""Expected click-through rate of a video, from its other results."""

from collections.abc import Mapping
from math import expm1
from typing import Any

from models.ctr import MODEL_VERSION, VideoSigns, log_odds_effects, prior_of
from precompute.catalogue import CTR_PREDICTION
from workers.binding import computes


@computes(CTR_PREDICTION)
def predict_ctr(
    scenes: Mapping[str, Any], faces: Mapping[str, Any], hook: Mapping[str, Any], captions: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Expected CTR with an 80 % interval, and what moved it, most first.

    Args:
        scenes: Fits :class:`precompute.results.video.SceneDetectionSchema`.
        faces: Fits :class:`precompute.results.video.FaceDetectionSchema`.
        hook: Fits :class:`precompute.results.video.HookAnalysisSchema`.
        captions: Fits :class:`precompute.results.video.CaptionGenerationSchema`.
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
    belief = prior_of(signs)
    low, high = belief.interval()
    return {
        "ctr": round(belief.mean, 6),
        "low": round(low, 6),
        "high": round(high, 6),
        "drivers": _drivers(log_odds_effects(signs)),
        "evidence": {"outcomes": 0, "impressions": 0},
        "model_version": MODEL_VERSION,
    }


def _drivers(effects: Mapping[str, float]) -> list[Mapping[str, Any]]:
    drivers = [{"name": name, "effect": round(expm1(effect), 4)} for name, effect in effects.items() if effect]
    return sorted(drivers, key=lambda driver: -abs(driver["effect"]))
