"""Several opinions on what comes next, pooled into one: a weighted product of their probabilities."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from models.chains import Floats

FAINTEST = 0.002
"""Added to each opinion before its logarithm: none may rule an action out."""

PENALTY = 1e-3
"""Pulls the weights to an even share, per case."""

MOST_STEPS = 100
"""Of the minimisation; it needs fewer."""


MOST_CASES = 10_000
"""Looked at, evenly spread; a few dozen weights need no more."""


def pooled(opinions: NDArray[np.floating], weights: Floats) -> Floats:
    """The logarithmic opinion pool (C. Genest, J. V. Zidek: Combining probability distributions, 1986, section 3.3).

    Args:
        opinions: (n, c, k) probabilities of each of c candidates by each of k.
        weights: (k,) of each; they need not add up to one, which sharpens or flattens.

    Returns:
        (n, c), each row adding up to one; nothing for what nobody gives any probability.
    """
    return _shares(_logs(opinions) @ weights + _ruled_out(opinions))


def pool_weights(opinions: NDArray[np.floating], hit: NDArray[np.bool_]) -> Floats:
    """The weights under which what came was likeliest: McFadden's conditional logit (1974), lightly penalised.

    Args:
        opinions: (n, c, k), as for :func:`pooled`.
        hit: (n, c) which candidate came; cases without one are left out.

    Returns:
        (k,)
    """
    some = np.flatnonzero(hit.any(axis=1))
    some = some[:: len(some) // MOST_CASES + 1]
    logs, came, out = _logs(opinions[some]), hit[some].argmax(axis=1), _ruled_out(opinions[some])
    even = np.full(logs.shape[2], 1 / logs.shape[2])
    if not len(logs):
        return even
    out[np.arange(len(logs)), came] = 0.0
    truth = logs[np.arange(len(logs)), came].mean(axis=0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        shares = _shares(logs @ weights + out)
        away = weights - even
        value = -np.log(shares[np.arange(len(logs)), came]).mean() + PENALTY * (away @ away)
        slope = np.einsum("nc,nck->k", shares, logs) / len(logs) - truth + 2 * PENALTY * away
        return float(value), slope

    found = minimize(loss, even, jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    return np.asarray(found.x, np.float64)


def _logs(opinions: NDArray[np.floating]) -> Floats:
    return np.log(opinions.astype(np.float64) + FAINTEST)


def _ruled_out(opinions: NDArray[np.floating]) -> Floats:
    """(n, c) minus infinity for what nobody gives any probability, where somebody gives some to something."""
    nothing: NDArray[np.bool_] = (opinions == 0).all(axis=2)
    return np.where(nothing & ~nothing.all(axis=1, keepdims=True), -np.inf, 0.0)


def _shares(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
