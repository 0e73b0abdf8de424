"""The weights of pooled opinions, learned from what came."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from models.chains import Floats
from models.pooling import logarithms, ruled_out, shares_of

PENALTY = 1e-3
"""Pulls the weights to an even share, per case."""

MOST_STEPS = 100
"""Of the minimisation; it needs fewer."""

MOST_CASES = 10_000
"""Looked at, evenly spread; a few dozen weights need no more."""


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
    logs, came, out = logarithms(opinions[some]), hit[some].argmax(axis=1), ruled_out(opinions[some])
    even = np.full(logs.shape[2], 1 / logs.shape[2])
    if not len(logs):
        return even
    out[np.arange(len(logs)), came] = 0.0
    truth = logs[np.arange(len(logs)), came].mean(axis=0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        shares = shares_of(logs @ weights + out)
        away = weights - even
        value = -np.log(shares[np.arange(len(logs)), came]).mean() + PENALTY * (away @ away)
        slope = np.einsum("nc,nck->k", shares, logs) / len(logs) - truth + 2 * PENALTY * away
        return float(value), slope

    found = minimize(loss, even, jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    return np.asarray(found.x, np.float64)
