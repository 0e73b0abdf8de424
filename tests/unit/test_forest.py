"""A forest as arrays: it answers as the forest of scikit-learn that it was made from, without that library."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from models.forest import AT_ONCE, Forest

FEATURES = 5


def _grown(*, seed: int, least: int, steps: int = 1000) -> tuple[RandomForestClassifier, Forest]:
    random = np.random.default_rng(seed)
    # Values on a grid, so that questions fall on the very thresholds.
    rows = (random.integers(0, 2 * steps, (400, FEATURES)) / steps).astype(np.float32)
    hits = rows[:, 0] + random.normal(0, 0.5, 400) > rows[:, 1]
    grown = RandomForestClassifier(7, min_samples_leaf=least, random_state=seed, n_jobs=1).fit(rows, hits)
    return grown, Forest.of([tree.tree_ for tree in grown.estimators_])


def _asked(grown: RandomForestClassifier, count: int) -> NDArray[np.float32]:
    """Rows whose values are thresholds themselves, and their neighbours on either side."""
    random = np.random.default_rng(1)
    thresholds = np.concatenate([tree.tree_.threshold for tree in grown.estimators_]).astype(np.float32)
    drawn = random.choice(thresholds, (count, FEATURES))
    towards = random.choice(np.array([-np.inf, np.inf], np.float32), drawn.shape)
    return np.where(random.random(drawn.shape) < 0.5, drawn, np.nextafter(drawn, towards)).astype(np.float32)


@pytest.mark.parametrize("least", [1, 10, 200])
@pytest.mark.parametrize("steps", [3, 1000])
def test_it_answers_as_scikit_learn_does(least: int, steps: int) -> None:
    """Of deep trees, of shallow ones, and of trees that are a single leaf; on thresholds and right beside them."""
    grown, forest = _grown(seed=3, least=least, steps=steps)
    asked = _asked(grown, 300)
    np.testing.assert_allclose(forest.votes(asked), grown.predict_proba(asked)[:, 1], rtol=0, atol=1e-12)


def test_each_row_is_answered_for_itself() -> None:
    """One row alone, many at once, and more than are asked together: the same; none at all is no error."""
    grown, forest = _grown(seed=4, least=2)
    asked = _asked(grown, AT_ONCE + 3)
    together = forest.votes(asked)
    assert together.shape == (AT_ONCE + 3,)
    alone = [float(forest.votes(row[None])[0]) for row in asked[-5:]]
    assert alone == pytest.approx(together[-5:].tolist())
    assert forest.votes(asked[:0]).shape == (0,)
