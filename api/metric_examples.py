"""Examples of figures that the OpenAPI document shows; a test holds them against the schemas."""

from typing import Any

from precompute.catalogue import CTR_PREDICTION
from precompute.planner import Cause
from precompute.queues import Queue
from precompute.subjects import Subject

_ACCURACY = {
    "followed": 100,
    "top_1": 0.68,
    "top_3": 0.94,
    "coverage": 0.8,
    "precision": 0.75,
    "brier": 0.41,
    "plain_top_1": 0.5,
    "calibration": [{"predictions": 20, "told": 0.86, "happened": 0.85}],
}
_FOLLOWED = {"all": _ACCURACY, "by_version": {"next-action-1": _ACCURACY}}

METRICS: dict[str, Any] = {
    "success": True,
    "metrics": {
        "cache_hit_rate": 93.75,
        "total_requests": 16,
        "queue_size": 1,
        "avg_processing_time": {CTR_PREDICTION.name: 0.021},
        "processing_time": {CTR_PREDICTION.name: {"p50": 0.019, "p95": 0.034}},
        "workers_running": 4,
        "worker_utilisation": 0.31,
        "hits": {CTR_PREDICTION.name: 14},
        "stale_hits": {CTR_PREDICTION.name: 1},
        "misses": {CTR_PREDICTION.name: 1},
        "failures": {CTR_PREDICTION.name: 0},
        "rescued": {CTR_PREDICTION.name: 0},
        "computations": {CTR_PREDICTION.name: 2},
        "share_read": {CTR_PREDICTION.name: 0.9375},
        "usefulness": {
            CTR_PREDICTION.name: {
                Cause.PREDICTION.value: {
                    "made": 20,
                    "used": 15,
                    "unused": 1,
                    "share_read": 0.9375,
                    "wasted_seconds": 0.021,
                    "saved_seconds": 0.315,
                }
            }
        },
        "refreshes": {
            CTR_PREDICTION.name: {
                "queued": 12,
                "unchanged": 9,
                "changed": 3,
                "unreachable": 0,
                "expired": 0,
                "parked": 4,
                "refused": 0,
                "forced": 0,
                "computed": 3,
            }
        },
        "refresh_checks": {Subject.VIDEO.value: {"count": 12, "avg_seconds": 0.012}},
        "memory": {CTR_PREDICTION.name: {"entries": 40, "bytes": 57_120, "bytes_error": 1_900}},
        "prediction_accuracy": {"hour": _FOLLOWED, "day": _FOLLOWED, "week": _FOLLOWED},
        "warm_up": {
            "began_at": "2026-03-01T12:00:00.000Z",
            "ended_at": "2026-03-01T12:04:10.000Z",
            "place": 120,
            "of": 120,
            "queued": 480,
            "fresh": 25,
            "refused": 1,
        },
        "callbacks": {"delivered": 412, "failed": 9, "refused": 0, "given_up": 1},
        "alerts": [
            {
                "name": "slow_processing",
                "labels": {"task_type": CTR_PREDICTION.name},
                "since": "2026-03-01T11:58:30.000Z",
                "value": 9.312,
                "threshold": 7.5,
                "summary": "One computation in twenty of ctr_prediction takes 9.31 s or longer; 7.5 s is slow.",
            }
        ],
        "oldest_waiting_seconds": {Queue.VIDEO.label: 0.8},
        "workers": [
            {
                "name": "interactive@host",
                "processes": 3,
                "queues": [Queue.VIDEO.label],
                "busy": 0.31,
                "reported_at": "2026-03-01T12:00:00.000Z",
            }
        ],
    },
}
