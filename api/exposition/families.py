"""Metric families as Prometheus reads them, from rows of label values."""

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, SummaryMetricFamily

from precompute.measures import CLASSES_PER_DOUBLING

Rows = Iterable[tuple[tuple[str, ...], float | None]]
"""Label values, in the order of the labels' names, and the value; None where there is none to tell."""

STEP = CLASSES_PER_DOUBLING // 2
"""Classes of duration that make up one bucket: two buckets to a doubling."""

LONGEST_S = 1100
"""The buckets end here, a quarter of an hour on; what takes longer is in the last."""


def counter(name: str, about: str, *, labels: Sequence[str] = (), rows: Rows) -> CounterMetricFamily:
    """What only grows; its name ends in ``_total``."""
    family = CounterMetricFamily(name, about, labels=labels)
    for values, value in rows:
        if value is not None:
            family.add_metric(values, value)
    return family


def gauge(name: str, about: str, *, labels: Sequence[str] = (), rows: Rows) -> GaugeMetricFamily:
    """What goes up and down."""
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, value in rows:
        if value is not None:
            family.add_metric(values, value)
    return family


def summary(
    name: str, about: str, *, labels: Sequence[str], rows: Iterable[tuple[tuple[str, ...], int, float]]
) -> SummaryMetricFamily:
    """How often, and how much in all."""
    family = SummaryMetricFamily(name, about, labels=labels)
    for values, count, total in rows:
        family.add_metric(values, count, total)
    return family


def histogram(
    name: str,
    about: str,
    *,
    labels: Sequence[str],
    rows: Iterable[tuple[tuple[str, ...], Sequence[tuple[str, float]], float]],
) -> HistogramMetricFamily:
    """How often up to each bound, and how much in all."""
    family = HistogramMetricFamily(name, about, labels=labels)
    for values, buckets, total in rows:
        family.add_metric(values, buckets, total)
    return family


def cumulated(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Buckets of counts between bounds; the last count is of what lies beyond all of them."""
    buckets, so_far = [], 0
    for bound, count in zip((*bounds, None), counts, strict=True):
        so_far += count
        buckets.append(("+Inf" if bound is None else repr(bound), float(so_far)))
    return buckets


def of_classes(classes: Mapping[int, int]) -> list[tuple[str, float]]:
    """Buckets of durations that are counted in classes (:class:`precompute.measures.TypeMeasures`)."""
    counts = [0] * (len(_BOUNDS) + 1)
    for number, count in classes.items():
        counts[min(number // STEP, len(_BOUNDS))] += count
    return cumulated(_BOUNDS, counts)


def _bounds() -> tuple[float, ...]:
    # To four digits: the shift is a tenth of a thousandth, and nobody wants to read sixteen.
    ends = [2 ** ((number + 1) * STEP / CLASSES_PER_DOUBLING) / 1000 for number in range(100)]
    return tuple(float(f"{end:.4g}") for end in ends if end <= LONGEST_S)


_BOUNDS = _bounds()
