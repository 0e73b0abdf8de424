"""Markov chains of a user's own actions, of any order, read off the window of the latest ones."""

import numpy as np
from numpy.typing import NDArray

from models.windows import NONE, Windows

Floats = NDArray[np.float64]

LEAST = 0.02
"""Weight below which something is as good as forgotten."""


def agreement(known: Windows, *, longest: int) -> NDArray[np.int8]:
    """How many actions before each one in the window are the same as the latest ones now, in order.

    Where it is 2, the same two actions came before as have come before this moment; what followed then may follow
    now. An order-k chain is what followed wherever it is at least k.

    Args:
        known: Before each moment.
        longest: Actions compared at most.

    Returns:
        (n, LONGEST) int8, 0 to ``longest``.
    """
    actions = known.actions
    same = known.known
    length = np.zeros(actions.shape, np.int8)
    for back in range(longest):
        before = np.full_like(actions, NONE)
        before[:, : -1 - back] = actions[:, back + 1 :]
        same = same & (before == actions[:, back : back + 1]) & (before != NONE)
        length += same
    return length


def runs(known: Windows, *, longest: int) -> NDArray[np.int32]:
    """The latest actions with repetitions taken out: what the last run of one action was, and the runs before it.

    Args:
        known: Before each moment.
        longest: Runs at most.

    Returns:
        (n, longest) int32 numbers of actions, NONE past the first run.
    """
    starts = known.known.copy()
    starts[:, 1:] &= known.actions[:, 1:] != known.actions[:, :-1]
    number = np.cumsum(starts, axis=1)
    found = np.full((len(known), longest), NONE, np.int32)
    rows, lags = np.nonzero(starts & (number <= longest))
    found[rows, number[rows, lags] - 1] = known.actions[rows, lags]
    return found


def followers(known: Windows, weight: Floats, *, kinds: int) -> Floats:
    """How much weight each action has in the window.

    Args:
        known: Before each moment.
        weight: (n, LONGEST) of each action in the window; whatever stands past the first one is left out.
        kinds: Of actions.

    Returns:
        (n, kinds)
    """
    summed = np.bincount(known.cells(kinds), weight.ravel(), minlength=len(known) * (kinds + 1))
    return np.asarray(summed, np.float64).reshape(len(known), kinds + 1)[:, 1:]


def smoothed(counts: NDArray[np.floating], shorter: Floats) -> Floats:
    """Probabilities by counts, and by a shorter context as far as the counts cannot tell.

    Witten and Bell's method C (The zero-frequency problem, IEEE Transactions on Information Theory 37(4), 1991),
    with weights in place of counts: ``(n(b) + t * shorter(b)) / (n + t)``, where ``n`` is the sum of all and ``t`` is
    how many different actions there are.

    Args:
        counts: (n, kinds) weight of what followed.
        shorter: (n, kinds) what the shorter context says.
    """
    total = counts.sum(axis=1, keepdims=True)
    different = np.maximum((counts > LEAST).sum(axis=1, keepdims=True), LEAST)
    return np.asarray((counts + different * shorter) / (total + different))
