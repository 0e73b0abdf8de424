"""Counts in the shape in which the API gives them."""

from collections.abc import Iterable, Mapping
from typing import Any

from precompute.alerts import active_alerts
from precompute.catalogue import Catalogue
from precompute.clock import from_ms
from precompute.follow_up import DAY, HOUR, WEEK, accuracy
from precompute.footprint import footprints
from precompute.measures import Checks, Measures, TypeMeasures
from precompute.planner import Cause
from precompute.precomputer import Precomputer
from precompute.queues import IN_DRAIN_ORDER, Queue
from precompute.usefulness import Usefulness, usefulness
from precompute.warmth import Warmth

_WINDOWS = {"hour": HOUR, "day": DAY, "week": WEEK}
_SHARES = {"p50": 0.5, "p95": 0.95}
_REFRESHES = ("computed", "unchanged", "parked")


def queue_figures(measures: Measures, *, catalogue: Catalogue) -> dict[str, Any]:
    """Tasks that have not begun, by task type and by queue."""
    waiting = _waiting(measures, catalogue=catalogue)
    by_type = {row.name: sum(names.get(row.name, 0) for names in waiting.values()) for row in catalogue.served()}
    return {
        "queue_stats": {**by_type, "total": sum(by_type.values())},
        "queues": {queue.label: sum(waiting[queue].values()) for queue in IN_DRAIN_ORDER},
    }


def metrics_figures(engine: Precomputer) -> dict[str, Any]:
    """Everything that is counted; the cost depends on the catalogue, not on what is stored."""
    measures, catalogue = engine.measures(), engine.catalogue
    served = {row.name: measures.by_type[row.name] for row in catalogue.served()}
    waiting = _waiting(measures, catalogue=catalogue)
    useful = usefulness(engine.cache, catalogue)
    return {
        "cache_hit_rate": round(measures.hit_rate_percent, 2),
        "total_requests": measures.total_requests,
        "queue_size": sum(sum(names.values()) for names in waiting.values()),
        "avg_processing_time": _averages(served),
        "processing_time": _percentiles(served),
        "workers_running": sum(int(worker["processes"]) for worker in measures.workers),
        "worker_utilisation": _rounded(measures.utilisation),
        **_counts(served),
        "computations": {name: counts.computations for name, counts in measures.by_type.items()},
        "share_read": {name: _rounded(_share_read(causes.values())) for name, causes in useful.items()},
        "usefulness": {name: {cause.value: _useful(seen) for cause, seen in by.items()} for name, by in useful.items()},
        "refreshes": {name: _refreshes(counts, useful[name]) for name, counts in served.items()},
        "refresh_checks": {subject.value: _checks(each) for subject, each in measures.checks.items()},
        "memory": footprints(engine.cache, catalogue),
        "prediction_accuracy": {name: accuracy(engine.cache, window=window) for name, window in _WINDOWS.items()},
        "warm_up": Warmth(engine.cache).told(),
        "alerts": active_alerts(engine.cache),
        "callbacks": measures.callbacks,
        "oldest_waiting_seconds": {
            queue.label: round(seconds, 3) for queue, seconds in measures.oldest_waiting_seconds.items()
        },
        "workers": [
            {"busy": None, **worker, "reported_at": from_ms(worker["at"] * 1000)} for worker in measures.workers
        ],
    }


def cache_figures(engine: Precomputer) -> dict[str, Any]:
    """What is stored and what became of it, by task type and in all; ``null`` where there is nothing to divide by."""
    measures, useful = engine.measures(), usefulness(engine.cache, engine.catalogue)
    held = footprints(engine.cache, engine.catalogue)
    by_type = {
        name: {"entries": held[name].entries, "bytes": held[name].bytes, **_read(counts, useful.get(name, {}))}
        for name, counts in measures.by_type.items()
    }
    answered = {name: counts.hits + counts.stale_hits for name, counts in measures.by_type.items()}
    whole = {name: sum(each[name] for each in by_type.values()) for name in ("entries", "bytes", "reads", *_REFRESHES)}
    every = [seen for causes in useful.values() for seen in causes.values()]
    hit_rate = sum(answered.values()) / whole["reads"] if whole["reads"] else None
    shares = {"hit_rate": _rounded(hit_rate), "share_read": _rounded(_share_read(every))}
    return {"by_type": by_type, "all": {**whole, **shares}}


def _read(counts: TypeMeasures, causes: Mapping[Cause, Usefulness]) -> dict[str, Any]:
    answered = counts.hits + counts.stale_hits
    reads = answered + counts.misses
    shares = (answered / reads if reads else None, _share_read(causes.values()))
    return {
        "reads": reads,
        **dict(zip(("hit_rate", "share_read"), map(_rounded, shares), strict=True)),
        **{name: count for name, count in _refreshes(counts, causes).items() if name in _REFRESHES},
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


def _percentiles(served: Mapping[str, TypeMeasures]) -> dict[str, dict[str, float]]:
    told = {
        name: {label: counts.percentile_seconds(share) for label, share in _SHARES.items()}
        for name, counts in served.items()
    }
    return {
        name: {label: round(seconds, 3) for label, seconds in each.items() if seconds is not None}
        for name, each in told.items()
        if None not in each.values()
    }


def _share_read(causes: Iterable[Usefulness]) -> float | None:
    causes = tuple(causes)
    used, known = sum(seen.used for seen in causes), sum(seen.used + seen.unused for seen in causes)
    return used / known if known else None


def _useful(seen: Usefulness) -> dict[str, Any]:
    whole = {name: getattr(seen, name) for name in ("made", "used", "unused")}
    seconds = {name: round(getattr(seen, name), 3) for name in ("wasted_seconds", "saved_seconds")}
    return {**whole, "share_read": _rounded(seen.share_read), **seconds}


def _refreshes(counts: TypeMeasures, useful: Mapping[Cause, Usefulness]) -> dict[str, int]:
    return {**counts.refreshes, "computed": useful.get(Cause.REFRESH, Usefulness()).made}


def _checks(each: Checks) -> dict[str, Any]:
    return {"count": each.count, "avg_seconds": round(each.total_ms / each.count / 1000, 4) if each.count else None}


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
