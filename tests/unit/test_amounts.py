"""Durations and sizes as people read them."""

import pytest

from api.amounts import duration, size


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (0.0404, "40 ms"),
        (1.26, "1.3 s"),
        (90, "90 s"),
        (121, "2.0 min"),
        (3600, "60 min"),
        (9000, "2.5 h"),
        (86_400, "24 h"),
        (30 * 86_400, "30 d"),
    ],
)
def test_a_duration_has_one_unit(seconds: float, told: str) -> None:
    """The largest of which there are at least two; two or three digits."""
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (31_400, "31 kB"), (3_140_000, "3.1 MB"), (2e15, "2000 TB")],
)
def test_a_size_counts_in_thousands(count: float, told: str) -> None:
    """With two or three digits."""
    assert size(count) == told
