"""Results as workers store them, with an attack wherever a text may stand."""

from typing import Any

from page_stack import PageStack
from page_tasks import ATTACK

from precompute.catalogue import (
    CAMPAIGN_ANALYTICS,
    CAPTION_GENERATION,
    CTR_PREDICTION,
    DASHBOARD_DATA,
    FACE_DETECTION,
    HOOK_ANALYSIS,
    SCENE_DETECTION,
    THUMBNAIL_GENERATION,
    VARIANT_GENERATION,
    VARIANT_SCORING,
)
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded

VIDEO = "vid_1"
CAMPAIGN = "camp_1"
USER = "user_seen"

_PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
"""The smallest GIF; a browser looks at the bytes, not at what they are called."""

_EVIDENCE = {"outcomes": 2, "impressions": 1200}


def store_video(stack: PageStack) -> None:
    """Every result of a video of twelve seconds."""
    event = VideoUploaded(subject_id=VIDEO, user_id="user_1", data={"title": f"Spring {ATTACK}"})
    for row, value in _video_results().items():
        parts = {"1.jpg": _PIXEL} if row is THUMBNAIL_GENERATION else None
        stack.store(row, event, value, parts=parts)


def store_campaign(stack: PageStack) -> None:
    """Two variants, of which the second is ranked first."""
    event = CampaignCreated(subject_id=CAMPAIGN, user_id="user_1", data={"name": "Spring"})
    texts = [_variant("a", headline=f"Run {ATTACK}"), _variant("b", headline="Walk on")]
    generated = {"variants": texts, "source": f"local {ATTACK}", "language": "en", "brief": "x"}
    stack.store(VARIANT_GENERATION, event, generated)
    scores = [
        {"variant_id": name, "rank": rank, "ctr": ctr, "low": ctr - 0.2, "high": ctr + 0.2, "evidence": _EVIDENCE}
        for rank, (name, ctr) in enumerate((("b", 1.2), ("a", 0.9)), start=1)
    ]
    stack.store(VARIANT_SCORING, event, {"scores": scores, "model_version": "m1"})


def store_user(stack: PageStack) -> None:
    """A dashboard and the analytics of one campaign."""
    event = UserLoggedIn(subject_id=USER, user_id=USER)
    totals = {"impressions": 1200, "clicks": 24, "spend": 50.0, "revenue": 80.0, "ctr": 0.02, "roas": 1.6}
    at = "2026-03-01T12:00:00.000Z"
    about = {"campaign_id": CAMPAIGN, "created_at": at, "name": f"Spring {ATTACK}", "budget": 10.0}
    step = {"action": "x", "text": f"Run it {ATTACK}", "reason": "so", "subject": "campaign", "subject_id": CAMPAIGN}
    dashboard = {"videos": [], "campaigns": [{**about, "totals": totals, "results": {}}], "totals": totals}
    stack.store(DASHBOARD_DATA, event, {**dashboard, "trend": [], "in_progress": [], "next_steps": [step]})
    variant = {"variant_id": "b", "impressions": 900, "clicks": 20, "ctr": 0.022, "significant": True}
    compared = {"ctr": {"predicted": 0.018, "low": 0.01, "high": 0.03, "actual": 0.02, "within": True}}
    analysed = {"series": [], "best_variants": [variant], "worst_variants": [], "predicted": None, "actual": totals}
    campaigns = [{"campaign_id": CAMPAIGN, **analysed, "comparison": compared}]
    stack.store(CAMPAIGN_ANALYTICS, event, {"campaigns": campaigns})


def _variant(name: str, *, headline: str) -> dict[str, str]:
    words = {"primary_text": "For you.", "call_to_action": "Shop now", "angle": "price", "format": "reel"}
    return {"variant_id": name, "headline": headline, "audience": "runners", **words}


def _video_results() -> dict[Any, dict[str, Any]]:
    face = {"x": 0.3, "y": 0.2, "width": 0.3, "height": 0.2, "confidence": 0.9}
    still = {"rank": 1, "at": 0.0, "score": 84.1, "reasons": ["sharp", ATTACK], "width": 720, "height": 1280}
    return {
        SCENE_DETECTION: {
            "duration": 12.0,
            "frame_rate": 30.0,
            "cuts": [5.0],
            "scenes": [{"index": 0, "start": 0.0, "end": 5.0}, {"index": 1, "start": 5.0, "end": 12.0}],
            "cuts_per_minute": 5.0,
        },
        FACE_DETECTION: {
            "samples": [{"at": 0.0, "faces": [face]}, {"at": 6.0, "faces": []}],
            "max_faces": 1,
            "screen_share": 0.5,
            "first_face_at": 0.0,
            "largest_face_share": 0.06,
        },
        HOOK_ANALYSIS: {
            "score": 61.0,
            "parts": {"face": {"value": 1.0, "points": 12.0, "max_points": 15.0}},
            "text": [f"SALE {ATTACK}"],
            "spoken": "now",
            "speech_starts_at": 0.4,
            "advice": [f"Say it sooner {ATTACK}"],
        },
        THUMBNAIL_GENERATION: {"thumbnails": [{**still, "url": "https://elsewhere.example/1.jpg"}]},
        CAPTION_GENERATION: {
            "language": "en",
            "segments": [{"start": 0.4, "end": 2.0, "text": f"Now or never {ATTACK}"}],
            "text": "Now or never",
            "srt": "",
            "vtt": "",
            "caption": f"Now {ATTACK}",
            "hashtags": ["#now"],
            "source": "local",
        },
        CTR_PREDICTION: {
            "ctr": 0.021,
            "low": 0.01,
            "high": 0.04,
            "drivers": [{"name": "hook", "effect": 0.3}, {"name": "pace", "effect": -0.1}],
            "evidence": _EVIDENCE,
            "model_version": "prior-1",
        },
    }
