"""Processes load what they need: heavy libraries that only trainings or one analysis use are left out at a start."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import nbinom, spearmanr

from models.rates import _least_count
from models.rates_lesson import _ranks

ROOT = Path(__file__).parents[2]

PREDICTS = """
from datetime import UTC, datetime
from pathlib import Path
import api.app
import workers.wiring
from models.predictor import Predictor
from models.registry import Registry
from precompute.history import History
now = datetime.now(UTC)
(told,) = Predictor(Registry(own=Path("nowhere")))([History(steps=(("login", now), ("dashboard_view", now)))], at=now)
assert told.trained_at is not None and told.actions, told
"""
"""A process of the API, which also predicts by the shipped model."""


@pytest.mark.parametrize(
    ("program", "left_out"),
    [
        (PREDICTS, {"sklearn", "scipy", "cv2", "av", "pyarrow", "onnxruntime"}),
        ("import workers.app, workers.tasks", {"sklearn", "scipy.stats", "scipy.optimize", "rapidocr", "pyarrow"}),
        ("import workers.app, workers.beat", {"numpy", "sqlalchemy", "workers.tasks"}),
    ],
    ids=["api", "worker", "beat"],
)
def test_a_process_leaves_out_what_it_does_not_need(program: str, left_out: set[str], tmp_path: Path) -> None:
    """Each of these would cost it 0.1 to 1.2 s at its start, and up to 90 MB."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PRECOMPUTE_DATA_DIR": str(tmp_path)}
    asked = f"{program}\nimport sys\nprint(*sorted({left_out!r} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", asked], env=environ, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []


def test_the_quantile_of_a_count_is_scipys() -> None:
    """Of small and large means and sizes, up to the edges; the library's statistics are not needed for it."""
    random = np.random.default_rng(0)
    size, events = 10 ** random.uniform(-2, 5, 5_000), 10 ** random.uniform(-6, 2.5, 5_000)
    odds, quantile = size / (size + events), random.uniform(0.001, 0.999, 5_000)
    assert _least_count(quantile, size=size, odds=odds).tolist() == nbinom.ppf(quantile, size, odds).tolist()


def test_the_correlation_of_ranks_is_scipys() -> None:
    """With ties, too."""
    random = np.random.default_rng(1)
    one, other = random.integers(0, 9, 80).astype(float), random.normal(size=80).round(1)
    found = np.corrcoef(_ranks(one), _ranks(other))[0, 1]
    assert found == pytest.approx(spearmanr(one, other)[0])
    assert _ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
