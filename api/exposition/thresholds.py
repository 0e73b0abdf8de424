"""Families about what counts as wrong, so that the rules for Prometheus need no numbers of their own, and what is."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import Metric

from api.exposition.families import gauge
from precompute.alerts import Alert
from precompute.catalogue import Catalogue
from precompute.settings import Settings


def alerts(active: Iterable[Alert]) -> Iterator[Metric]:
    """What the service itself finds wrong."""
    counts = Counter(alert.name for alert in active)
    about = "Alerts of the service itself that are active; one name may be active for several task types."
    yield gauge("precompute_alerts_active", about, labels=("alert",), rows=[((name,), counts[name]) for name in counts])


def thresholds(settings: Settings, catalogue: Catalogue) -> Iterator[Metric]:
    """Beyond which something is wrong; the settings ``PRECOMPUTE_ALERT_…`` and ``PRECOMPUTE_SLOW_…``."""
    simple = {
        "precompute_threshold_queue_tasks": ("More tasks must not wait.", settings.alert_queue),
        "precompute_threshold_hit_ratio": ("A smaller share of reads is too few.", settings.alert_hit_rate / 100),
        "precompute_threshold_failed_ratio": ("A larger share of tasks must not fail.", settings.alert_failed / 100),
        "precompute_threshold_refresh_lag_seconds": (
            "No refresh may be overdue for longer.",
            settings.alert_overdue.total_seconds(),
        ),
        "precompute_threshold_reads": ("Fewer reads say nothing about the hit rate.", settings.alert_least_reads),
        "precompute_threshold_computations": (
            "Fewer computations of a type say nothing about it.",
            settings.alert_least_computations,
        ),
        "precompute_threshold_predictions": (
            "Fewer predictions of a day say nothing about the model.",
            settings.alert_least_followed,
        ),
        "precompute_threshold_workers": (
            "Fewer workers are too few; 0 where none is set.",
            settings.alert_workers or 0,
        ),
    }
    for name, (about, value) in simple.items():
        yield gauge(name, about, rows=[((), value)])
    about = "One computation in twenty must not take longer."
    rows = [((row.name,), row.slow.total_seconds()) for row in catalogue]
    yield gauge("precompute_threshold_processing_seconds", about, labels=("task_type",), rows=rows)
