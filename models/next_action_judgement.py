"""The forest that judges candidates and the pools beside it, weighed against each other."""

from dataclasses import dataclass

import numpy as np

from models.chains import Floats
from models.forest import Forest
from models.next_action_features import Rows, with_pool
from models.pooling import pooled

HOPELESS = 0.003
"""Candidates with a smaller pooled probability are not shown to the forest; they keep what the pool says."""

NOVELTY = 1e-3
"""Probability kept at least for all that is no candidate."""

LEAST_VOTE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """How the chains are pooled, judged and weighed.

    Attributes:
        pools: Weights of the opinions, by mode.
        forest: Judges candidates one by one.
        blend: (2,) weights of the forest and of the pool, fitted to a time that neither had seen; sharpens or flattens.
        others: How much more often than the chains say something comes that is no candidate.
    """

    pools: tuple[Floats, ...]
    forest: Forest
    blend: Floats
    others: float

    def shares(self, rows: Rows, *, mode: int) -> Floats:
        """(n, kinds) probabilities."""
        judged = pooled(self.votes(rows, mode=mode), self.blend)
        rest = rows.chains.copy()
        np.put_along_axis(rest, rows.candidates, 0.0, axis=1)
        left = rest.sum(axis=1, keepdims=True)
        outside = np.where(left > 0, np.clip(self.others * left, NOVELTY, 0.5), NOVELTY)
        told = rest * (outside / np.maximum(left, 1e-12))
        np.put_along_axis(told, rows.candidates, judged * (1 - outside), axis=1)
        return np.asarray(told)

    def votes(self, rows: Rows, *, mode: int) -> Floats:
        """(n, c, 2) what the forest and the pool say of each candidate."""
        pool = pooled(rows.opinions, self.pools[mode])
        hopeful = pool >= HOPELESS
        votes = pool.copy()
        votes[hopeful] = np.maximum(self.forest.votes(with_pool(rows, pool)[hopeful]), LEAST_VOTE)
        return np.stack([votes, pool], axis=2)
