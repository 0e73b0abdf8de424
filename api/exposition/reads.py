"""Families about what is read, and whether what was computed was worth it."""

from collections.abc import Iterator, Mapping

from prometheus_client import Metric

from api.exposition.families import counter, gauge
from precompute.follow_up import Accuracy
from precompute.footprint import Footprint
from precompute.measures import Measures
from precompute.planner import Cause
from precompute.usefulness import Usefulness

_TYPE, _OUTCOME, _CAUSE, _WINDOW = ("task_type",), ("task_type", "outcome"), ("task_type", "cause"), ("window",)
_READS = {"hit": "hits", "stale": "stale_hits", "miss": "misses"}

_USES = {
    "made": ("precompute_results_stored_total", "Results that were computed and stored, by what called for them."),
    "used": ("precompute_results_read_total", "Those that were read at least once."),
    "unused": ("precompute_results_unread_total", "Those that were replaced or went away without having been read."),
    "wasted_seconds": ("precompute_results_wasted_seconds_total", "Computing time of those that nobody read."),
    "saved_seconds": ("precompute_results_saved_seconds_total", "Waiting that the readers of the others were spared."),
}

_ACCURACIES = {
    "followed": ("precompute_predictions_followed", "Predictions that an action of their user followed."),
    "top_1": ("precompute_prediction_top1_ratio", "Share of them whose likeliest action it was."),
    "top_3": ("precompute_prediction_top3_ratio", "Share of them with it among the three likeliest."),
    "plain_top_1": (
        "precompute_prediction_plain_top1_ratio",
        "Share of them that the plain guess got right: what the user did most often so far.",
    ),
    "coverage": ("precompute_prediction_sure_ratio", "Share of them that told an action with more than 0.5."),
    "precision": ("precompute_prediction_sure_right_ratio", "Share of the sure ones that were right."),
    "brier": ("precompute_prediction_brier_score", "Mean squared error over all actions; 0 is perfect, 2 the worst."),
}


def reads(measures: Measures) -> Iterator[Metric]:
    """Reads by what became of them."""
    rows = (
        ((name, outcome), getattr(counts, field))
        for name, counts in measures.by_type.items()
        for outcome, field in _READS.items()
    )
    about = "Reads of the cache: answered fresh, answered stale, or not answered."
    yield counter("precompute_cache_reads_total", about, labels=_OUTCOME, rows=rows)


def memory(footprints: Mapping[str, Footprint]) -> Iterator[Metric]:
    """What the results take."""
    entries = (((name,), each.entries) for name, each in footprints.items())
    yield gauge("precompute_cache_entries", "Results that are stored.", labels=_TYPE, rows=entries)
    taken = (((name,), each.bytes) for name, each in footprints.items())
    yield gauge("precompute_cache_used_bytes", "Memory that they take; estimated.", labels=_TYPE, rows=taken)


def uses(useful: Mapping[str, Mapping[Cause, Usefulness]]) -> Iterator[Metric]:
    """What became of results."""
    for field, (name, about) in _USES.items():
        rows = (
            ((task_type, cause.value), getattr(seen, field))
            for task_type, causes in useful.items()
            for cause, seen in causes.items()
        )
        yield counter(name, about, labels=_CAUSE, rows=rows)


def predictions(accuracies: Mapping[str, Accuracy]) -> Iterator[Metric]:
    """How often predictions came true, by window."""
    for field, (name, about) in _ACCURACIES.items():
        rows = (((window,), getattr(accuracy, field)) for window, accuracy in accuracies.items())
        yield gauge(name, about, labels=_WINDOW, rows=rows)
