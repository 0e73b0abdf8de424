"""Examples of the triggers for campaigns, logins and batches; a test holds them against the schemas."""

from typing import Any

from api.examples import VIDEO_RECEIPT, VIDEO_TRIGGER
from api.result_examples import ACTIONS, MODEL
from precompute.catalogue import (
    CAMPAIGN_ANALYTICS,
    DASHBOARD_DATA,
    PREDICTED_ACTIONS,
    ROAS_PREDICTION,
    VARIANT_GENERATION,
    VARIANT_SCORING,
)

_ID = "5d7f0c3e-1b9a-4c52-8e0d-2a64b1f7c913"

CAMPAIGN_TRIGGER: dict[str, Any] = {
    "campaign_id": "camp_12345",
    "user_id": "user_67890",
    "campaign_data": {
        "budget": 500,
        "target_audience": "runners aged 25 to 40",
        "product": "trail shoes",
        "offer": "20 % off until Sunday",
        "video_ids": ["vid_12345"],
    },
}

CAMPAIGN_RECEIPT: dict[str, Any] = {
    "success": True,
    "campaign_id": "camp_12345",
    "queued_tasks": {row.name: [_ID] for row in (VARIANT_GENERATION, VARIANT_SCORING, ROAS_PREDICTION)},
    "cached": [],
    "message": "Queued 3 precomputation tasks",
    "status": "processing",
}

LOGIN_TRIGGER: dict[str, Any] = {
    "user_id": "user_67890",
    "user_data": {"last_login": "2026-02-28T18:30:00.000Z", "timezone": "Europe/Berlin"},
}

LOGIN_RECEIPT: dict[str, Any] = {
    "success": True,
    "user_id": "user_67890",
    "queued_tasks": {DASHBOARD_DATA.name: [_ID]},
    "cached": [PREDICTED_ACTIONS.name, CAMPAIGN_ANALYTICS.name],
    "message": "Queued 1 precomputation task",
    "status": "processing",
    "predicted_actions": ACTIONS,
}

PREDICTION: dict[str, Any] = {
    "success": True,
    "user_id": "user_67890",
    "predicted_actions": ACTIONS,
    "model": MODEL,
}

BATCH: dict[str, Any] = {"videos": [VIDEO_TRIGGER, {"video_id": "vid_2"}], "logins": [LOGIN_TRIGGER], "priority": 3}

_REFUSED = {"code": "bad_parameters", "message": "user_id: Missing data for required field."}

BATCH_RECEIPT: dict[str, Any] = {
    "success": True,
    "accepted": 2,
    "results": [
        VIDEO_RECEIPT,
        {
            "success": False,
            "video_id": "vid_2",
            "error": {**_REFUSED, "fields": {"user_id": ["Missing data for required field."]}},
        },
        LOGIN_RECEIPT,
    ],
}
