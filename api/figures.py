"""Counts in the shape in which the API gives them."""

from collections.abc import Mapping
from typing import Any

from precompute.catalogue import Catalogue
from precompute.clock import from_ms
from precompute.measures import Measures, TypeMeasures
from precompute.queues import IN_DRAIN_ORDER, Queue


def queue_figures(measures: Measures, *, catalogue: Catalogue) -> dict[str, Any]:
    """Tasks that have not begun, by task type and by queue."""
    waiting = _waiting(measures, catalogue=catalogue)
    by_type = {row.name: sum(names.get(row.name, 0) for names in waiting.values()) for row in catalogue.served()}
    return {
        "queue_stats": {**by_type, "total": sum(by_type.values())},
        "queues": {queue.label: sum(waiting[queue].values()) for queue in IN_DRAIN_ORDER},
    }


def metrics_figures(measures: Measures, *, catalogue: Catalogue) -> dict[str, Any]:
    """Everything that is counted."""
    served = {row.name: measures.by_type[row.name] for row in catalogue.served()}
    waiting = _waiting(measures, catalogue=catalogue)
    return {
        "cache_hit_rate": round(measures.hit_rate_percent, 2),
        "total_requests": measures.total_requests,
        "queue_size": sum(sum(names.values()) for names in waiting.values()),
        "avg_processing_time": _averages(served),
        "workers_running": sum(int(worker["processes"]) for worker in measures.workers),
        **_counts(served),
        "computations": {name: counts.computations for name, counts in measures.by_type.items()},
        "oldest_waiting_seconds": {
            queue.label: round(seconds, 3) for queue, seconds in measures.oldest_waiting_seconds.items()
        },
        "workers": [{**worker, "reported_at": from_ms(worker["at"] * 1000)} for worker in measures.workers],
    }


def _waiting(measures: Measures, *, catalogue: Catalogue) -> dict[Queue, dict[str, int]]:
    """Without what only feeds other task types: nobody asked for that."""
    served = {row.name for row in catalogue.served()}
    return {
        queue: {name: count for name, count in measures.waiting.get(queue, {}).items() if name in served}
        for queue in IN_DRAIN_ORDER
    }


def _averages(served: Mapping[str, TypeMeasures]) -> dict[str, float]:
    averages = {name: counts.average_seconds for name, counts in served.items()}
    return {name: round(seconds, 3) for name, seconds in averages.items() if seconds is not None}


def _counts(served: Mapping[str, TypeMeasures]) -> dict[str, dict[str, int]]:
    names = ("hits", "stale_hits", "misses", "failures", "rescued")
    return {name: {row: getattr(counts, name) for row, counts in served.items()} for name in names}
