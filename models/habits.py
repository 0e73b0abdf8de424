"""A user's habits: what they did next the times before, as a guess at what they do next now.

The probability that action *b* follows the last action *a* is a bigram smoothed by Witten and Bell's method
(I. H. Witten, T. C. Bell: The zero-frequency problem, IEEE Transactions on Information Theory 37(4), 1991, method C),
interpolated as in S. F. Chen, J. Goodman: An empirical study of smoothing techniques for language modeling, 1998::

    P(b | a) = (n(a, b) + t(a) * P(b)) / (n(a) + t(a))
    P(b)     = n(b) / (n + t)

where ``n(a, b)`` counts how often *b* came right after *a*, ``n(a)`` how often anything did, ``t(a)`` how many
different actions did; ``n(b)``, ``n`` and ``t`` say the same of all actions, whatever came before. After an action that
nothing ever followed only ``P(b)`` is left. What is missing to 1 is the chance of something this user has never done.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from precompute.history import History
from precompute.prediction import PredictedAction, Prediction

MODEL_VERSION = "habits-1"
"""Changes with the way in which this module counts."""

MOST_TOLD = 10
"""Predictions told at most; what comes after is noise."""


def predict(history: History, *, at: datetime) -> Prediction:
    """What a user does next, told from their own actions; the hour makes no difference here.

    Args:
        history: Of one user. Empty gives an empty prediction.
        at: Now.
    """
    names = [name for name, _ in history.steps]
    likeliest = sorted(next_after(names).items(), key=lambda guess: (-guess[1], guess[0]))[:MOST_TOLD]
    told = tuple(PredictedAction(action=name, probability=share) for name, share in likeliest)
    return Prediction(actions=told, model_version=MODEL_VERSION)


def predict_each(histories: Sequence[History], *, at: datetime) -> list[Prediction]:
    """The same of some users, in their order."""
    return [predict(history, at=at) for history in histories]


def next_after(names: Sequence[str]) -> Mapping[str, float]:
    """The probability of each action that occurs in ``names`` to come after the last of them.

    Args:
        names: Actions, oldest first.

    Returns:
        By action; they add up to less than 1. Empty when fewer than two are known: one action is no habit.
    """
    if len(names) < 2:
        return {}
    followers = Counter(after for before, after in pairwise(names) if before == names[-1])
    times, kinds = followers.total(), len(followers)
    anywhere = _unconditioned(names)
    if not times:
        return anywhere
    return {name: (followers[name] + kinds * share) / (times + kinds) for name, share in anywhere.items()}


def _unconditioned(names: Sequence[str]) -> Mapping[str, float]:
    counts = Counter(names)
    return {name: count / (len(names) + len(counts)) for name, count in counts.items()}
