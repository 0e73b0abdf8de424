"""A result of each shipped task type that the OpenAPI document shows, shortened from real ones."""

from collections.abc import Mapping
from typing import Any

from precompute.catalogue import (
    CAMPAIGN_ANALYTICS,
    CAPTION_GENERATION,
    CTR_PREDICTION,
    DASHBOARD_DATA,
    FACE_DETECTION,
    HOOK_ANALYSIS,
    PREDICTED_ACTIONS,
    ROAS_PREDICTION,
    SCENE_DETECTION,
    THUMBNAIL_GENERATION,
    VARIANT_GENERATION,
    VARIANT_SCORING,
)
from precompute.subjects import Subject
from precompute.task_type import TaskType

IDS: Mapping[Subject, str] = {Subject.VIDEO: "vid_12345", Subject.CAMPAIGN: "camp_12345", Subject.USER: "user_67890"}
"""About whom the examples are."""

MODEL = {"version": "20261122-5d7f0c3e", "trained_at": "2026-11-22T19:30:00.000Z"}

ACTIONS = [
    {"action": "dashboard_view", "probability": 0.78, "confidence": "high"},
    {"action": "variant_generate", "probability": 0.12, "confidence": "low"},
]

_EVIDENCE = {"outcomes": 1, "impressions": 900}
_SPOKEN = "She was the first woman to pilot the space shuttle."
_TOTALS = {"impressions": 1000, "clicks": 21, "spend": 14.5, "revenue": 60.0, "ctr": 0.021, "roas": 4.138}
_DAY = "2026-03-01T00:00:00.000Z"


def _expected(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


_ROAS = _expected(3.92, 2.42, 5.58)
_CTR = _expected(0.0199, 0.0123, 0.0282)

_FUNNEL = {
    "spend": _expected(500.0, 400.0, 500.0),
    "impressions": _expected(34506.0, 24710.0, 42563.0),
    "clicks": _expected(706.2, 417.4, 1004.1),
    "conversions": _expected(5.5, 0.0, 14.8),
    "revenue": _expected(1958.2, 1152.9, 2790.8),
    "roas": _ROAS,
    "ctr": _CTR,
}

_VARIANT = {
    "variant_id": "v638b1c8347",
    "headline": "Trail shoes: one problem less",
    "primary_text": "You have put up with it long enough. Trail shoes: a simple fix. 20 % off until Sunday.",
    "call_to_action": "Learn more",
    "angle": "problem",
    "format": "feed_video",
    "audience": "Runners aged 25 to 40",
}

_VARIANT_FIGURE = {
    "variant_id": "v638b1c8347",
    "impressions": 1000,
    "clicks": 21,
    "ctr": 0.021,
    "relative_ctr": 1.0,
    "predicted_relative_ctr": 1.2,
    "p_value": None,
    "significant": False,
}

_DASHBOARD = {
    "videos": [
        {
            "video_id": "vid_12345",
            "uploaded_at": "2026-03-01T12:00:00.000Z",
            "title": "Summer drop",
            "totals": {"impressions": 0, "clicks": 0, "spend": 0.0, "revenue": 0.0, "ctr": None, "roas": None},
            "results": {CTR_PREDICTION.name: {"ctr": 0.0131, "low": 0.0071, "high": 0.02}},
        }
    ],
    "campaigns": [
        {
            "campaign_id": "camp_12345",
            "created_at": "2026-03-01T12:00:00.000Z",
            "name": None,
            "budget": 500.0,
            "totals": _TOTALS,
            "results": {ROAS_PREDICTION.name: {"roas": _ROAS}},
        }
    ],
    "totals": _TOTALS,
    "trend": [{"at": _DAY, **_TOTALS}],
    "in_progress": [{"cache_key": "hook_analysis:video:vid_12345", "state": "running", "progress": 0.4}],
    "next_steps": [
        {
            "action": "report_outcomes",
            "text": "Run the variants of camp_12345 and report their impressions and clicks.",
            "reason": "49 of its 50 variants have no outcomes yet: only their texts rank them.",
            "subject": "campaign",
            "subject_id": "camp_12345",
        }
    ],
}

_ANALYSED = {
    "campaign_id": "camp_12345",
    "series": [{"at": _DAY, "impressions": 1000, "clicks": 21, "spend": 14.5, "revenue": 60.0}],
    "best_variants": [_VARIANT_FIGURE],
    "worst_variants": [],
    "predicted": {
        "impressions": 34506.0,
        "clicks": 706.2,
        "spend": 500.0,
        "revenue": 1958.2,
        "ctr": 0.0199,
        "roas": 3.92,
    },
    "actual": _TOTALS,
    "comparison": {"ctr": {"predicted": 0.0199, "low": 0.0123, "high": 0.0282, "actual": 0.021, "within": True}},
}

RESULTS: Mapping[TaskType, dict[str, Any]] = {
    CTR_PREDICTION: {
        "ctr": 0.0131,
        "low": 0.0071,
        "high": 0.02,
        "drivers": [{"name": "hook", "effect": 0.3}],
        "evidence": _EVIDENCE,
        "model_version": "outcomes-1",
    },
    SCENE_DETECTION: {
        "duration": 17.0,
        "frame_rate": 30.0,
        "cuts": [2.8],
        "scenes": [{"index": 0, "start": 0.0, "end": 2.8}, {"index": 1, "start": 2.8, "end": 17.0}],
        "cuts_per_minute": 3.529,
    },
    FACE_DETECTION: {
        "samples": [
            {"at": 0.0, "faces": [{"x": 0.3386, "y": 0.1254, "width": 0.3486, "height": 0.2405, "confidence": 0.941}]}
        ],
        "max_faces": 1,
        "screen_share": 0.3824,
        "first_face_at": 0.0,
        "largest_face_share": 0.0838,
    },
    HOOK_ANALYSIS: {
        "score": 93.8,
        "parts": {"face": {"value": 1.0, "points": 15.0, "max_points": 15.0}},
        "text": ["Meet Eileen Collins"],
        "spoken": _SPOKEN,
        "speech_starts_at": 0.192,
        "advice": ["Show what it is about within the first second."],
    },
    THUMBNAIL_GENERATION: {
        "thumbnails": [
            {
                "rank": 1,
                "at": 0.0,
                "score": 84.1,
                "reasons": ["a face with room around it"],
                "width": 720,
                "height": 1280,
                "url": "/api/precompute/videos/vid_12345/thumbnails/1.jpg",
            }
        ]
    },
    CAPTION_GENERATION: {
        "language": "en",
        "segments": [{"start": 0.0, "end": 2.4, "text": _SPOKEN}],
        "text": _SPOKEN,
        "srt": f"1\n00:00:00,000 --> 00:00:02,400\n{_SPOKEN}\n",
        "vtt": f"WEBVTT\n\n00:00:00.000 --> 00:00:02.400\n{_SPOKEN}\n",
        "caption": _SPOKEN,
        "hashtags": ["#Woman"],
        "source": "local",
    },
    VARIANT_GENERATION: {"variants": [_VARIANT], "source": "local", "language": "en", "brief": "14e3d202207729cd"},
    VARIANT_SCORING: {
        "scores": [
            {
                "variant_id": "v638b1c8347",
                "rank": 1,
                "ctr": 1.2,
                "low": 0.74,
                "high": 1.72,
                "evidence": {"outcomes": 0, "impressions": 0},
            }
        ],
        "model_version": "20261122-eb146d52",
    },
    ROAS_PREDICTION: {
        "campaign": _FUNNEL,
        "variants": [{"variant_id": "v638b1c8347", "roas": _ROAS, "ctr": _CTR, "evidence": _EVIDENCE}],
        "evidence": _EVIDENCE,
        "model_version": "outcomes-1",
        "note": "Learned from this campaign's outcomes and those of others. It ranks rather than promises a number.",
    },
    DASHBOARD_DATA: _DASHBOARD,
    CAMPAIGN_ANALYTICS: {"campaigns": [_ANALYSED]},
    PREDICTED_ACTIONS: {"predicted_actions": ACTIONS, "model": MODEL},
}
"""In the order in which they are shown; the first is shown where one is enough."""
