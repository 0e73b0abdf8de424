"""Several opinions on what comes next, pooled into one: a weighted product of their probabilities."""

import numpy as np
from numpy.typing import NDArray

from models.chains import Floats

FAINTEST = 0.002
"""Added to each opinion before its logarithm: none may rule an action out."""


def pooled(opinions: NDArray[np.floating], weights: Floats) -> Floats:
    """The logarithmic opinion pool (C. Genest, J. V. Zidek: Combining probability distributions, 1986, section 3.3).

    Args:
        opinions: (n, c, k) probabilities of each of c candidates by each of k.
        weights: (k,) of each; they need not add up to one, which sharpens or flattens.

    Returns:
        (n, c), each row adding up to one; nothing for what nobody gives any probability.
    """
    return shares_of(logarithms(opinions) @ weights + ruled_out(opinions))


def logarithms(opinions: NDArray[np.floating]) -> Floats:
    """Of each opinion, none of them infinite."""
    return np.log(opinions.astype(np.float64) + FAINTEST)


def ruled_out(opinions: NDArray[np.floating]) -> Floats:
    """(n, c) minus infinity for what nobody gives any probability, where somebody gives some to something."""
    nothing: NDArray[np.bool_] = (opinions == 0).all(axis=2)
    return np.where(nothing & ~nothing.all(axis=1, keepdims=True), -np.inf, 0.0)


def shares_of(scores: Floats) -> Floats:
    """(n, c) probabilities in proportion to the powers of e."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
