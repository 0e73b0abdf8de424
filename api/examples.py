"""Examples that the OpenAPI document shows; a test holds them against the schemas."""

import json

from api.result_examples import IDS, RESULTS
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

CACHE_HITS = {
    row.name: {
        "success": True,
        "cache_key": f"{row.name}:{row.subject}:{IDS[row.subject]}",
        "result": result,
        "cached": True,
        "stale": False,
        "computed_at": "2026-03-01T12:00:00.000Z",
        "age_seconds": 12.345,
        "expires_in_seconds": round(row.ttl.total_seconds() - 12.345, 3),
    }
    for row, result in RESULTS.items()
}
"""A hit of each shipped task type, by its name."""

CACHE_MISSES = {
    "processing": {
        "success": False,
        "error": {"code": "processing", "message": f"{_KEY} is being computed; ask again, or wait with ?wait=30"},
        "cache_key": _KEY,
        "status": "processing",
        "task_id": _ID,
    },
    "missing": {
        "success": False,
        "error": {"code": "not_cached", "message": f"nothing is cached under {_KEY}, and nothing is on its way"},
        "cache_key": _KEY,
        "status": "missing",
    },
    "failed": {
        "success": False,
        "error": {"code": "not_a_video", "message": "the file is not a video in a format that is understood"},
        "cache_key": _KEY,
        "status": "failed",
        "task_id": _ID,
    },
}
"""A miss of each status."""

INVALIDATED = {"success": True, "invalidated": 6}

REFRESHED = {"success": True, "task_type": CTR_PREDICTION.name, "queued": 12, "skipped": 3, "left": 0}

_RUNNING = {
    "state": State.RUNNING.value,
    "task_id": _ID,
    "progress": 0.4,
    "queued_at": "2026-03-01T12:00:00.000Z",
    "started_at": "2026-03-01T12:00:00.120Z",
    "finished_at": None,
    "error": None,
}

STATUS = {
    "success": True,
    "subject": "video",
    "id": "vid_12345",
    "status": "processing",
    "tasks": {CTR_PREDICTION.name: _RUNNING},
}

TASK = {"success": True, "task_type": CTR_PREDICTION.name, "cache_key": _KEY, **_RUNNING}

CHANGE = {"task_type": CTR_PREDICTION.name, "cache_key": _KEY, **_RUNNING}

STREAM = f"""event: state
data: {json.dumps(CHANGE)}

event: done
data: {{}}

"""

QUEUE = {
    "success": True,
    "queue_stats": {CTR_PREDICTION.name: 1, SCENE_DETECTION.name: 0, "total": 1},
    "queues": {queue.label: int(queue is Queue.VIDEO) for queue in Queue},
}

READY = {"success": True, "status": "ready", "checks": {"cache": "ok", "broker": "ok"}, "workers": 2}

NOT_READY = {
    "success": False,
    "error": {"code": "not_ready", "message": "the broker does not answer"},
    "status": "down",
    "checks": {"cache": "ok", "broker": "the broker does not answer"},
    "workers": 2,
}
