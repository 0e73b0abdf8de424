"""Examples that the OpenAPI document shows; a test holds them against the schemas."""

from precompute.catalogue import CTR_PREDICTION, FACE_DETECTION, SCENE_DETECTION
from precompute.entry import State
from precompute.queues import Queue

_ID = "0b8e3a52-4c1f-4d7e-9a63-6f1d2c5b7e90"
_KEY = f"{CTR_PREDICTION.name}:video:vid_12345"

VIDEO_TRIGGER = {
    "video_id": "vid_12345",
    "user_id": "user_67890",
    "video_data": {"url": "https://example.com/vid_12345.mp4", "duration": 28.4, "title": "Summer drop"},
    "priority": 8,
}

VIDEO_RECEIPT = {
    "success": True,
    "video_id": "vid_12345",
    "queued_tasks": {CTR_PREDICTION.name: [_ID]},
    "cached": [SCENE_DETECTION.name, FACE_DETECTION.name],
    "message": "Queued 1 precomputation task",
    "status": "processing",
}

CACHE_HIT = {
    "success": True,
    "cache_key": _KEY,
    "result": {
        "ctr": 0.0142,
        "low": 0.0061,
        "high": 0.0287,
        "drivers": [{"name": "hook", "effect": 0.12}],
        "evidence": {"outcomes": 0, "impressions": 0},
        "model_version": "prior-1",
    },
    "cached": True,
    "stale": False,
    "computed_at": "2026-03-01T12:00:00.000Z",
    "age_seconds": 12.345,
    "expires_in_seconds": 21587.655,
}

CACHE_MISS = {
    "success": False,
    "error": {"code": "processing", "message": f"{_KEY} is being computed; ask again, or wait with ?wait=30"},
    "cache_key": _KEY,
    "status": "processing",
    "task_id": _ID,
}

INVALIDATED = {"success": True, "invalidated": 6}

_RUNNING = {
    "state": State.RUNNING.value,
    "task_id": _ID,
    "progress": 0.4,
    "queued_at": "2026-03-01T12:00:00.000Z",
    "started_at": "2026-03-01T12:00:00.120Z",
    "finished_at": None,
    "error": None,
}

STATUS = {"success": True, "subject": "video", "id": "vid_12345", "tasks": {CTR_PREDICTION.name: _RUNNING}}

TASK = {"success": True, "task_type": CTR_PREDICTION.name, "cache_key": _KEY, **_RUNNING}

STREAM = f"""event: state
data: {{"state":"ready","task_id":"{_ID}","progress":1.0,"task_type":"{CTR_PREDICTION.name}","cache_key":"{_KEY}"}}

event: done
data: {{}}

"""

QUEUE = {
    "success": True,
    "queue_stats": {CTR_PREDICTION.name: 1, SCENE_DETECTION.name: 0, "total": 1},
    "queues": {queue.label: int(queue is Queue.VIDEO) for queue in Queue},
}

READY = {"success": True, "status": "ready", "checks": {"cache": "ok", "broker": "ok"}}

NOT_READY = {
    "success": False,
    "error": {"code": "not_ready", "message": "the broker does not answer"},
    "status": "down",
    "checks": {"cache": "ok", "broker": "the broker does not answer"},
}
