"""The forest that judges candidates, the pools beside it, and how both are learned and weighed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from models.chains import Floats
from models.next_action_features import Rows, with_pool
from models.pooling import pool_weights, pooled

Hits = NDArray[np.bool_]

TREES = 50

TRIAL_TREES = 20
"""Of the forest that is only grown to weigh forest and pool."""

CASES_A_TREE = 20_000
"""Rows that each tree is grown on, drawn anew for each."""

LEAST_IN_LEAF = 10

FEATURES_A_SPLIT = 0.15
"""Share of the features that each split chooses from."""

HOPELESS = 0.003
"""Candidates with a smaller pooled probability are not shown to the forest; they keep what the pool says."""

NOVELTY = 1e-3
"""Probability kept at least for all that is no candidate."""

LEAST_VOTE = 1e-4

HELD_OUT = 0.15
"""Share of the events, the latest, on which forest and pool are weighed before the forest is grown on all."""

LEFT_OUT = 0.05
"""Share of the events, the earliest, of which the chains knew too little to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cases:
    """What was known before some events, all in one mode, and what came.

    Attributes:
        mode: Which of the pools is for them.
        rows: What is known; without the chains.
        hit: (n, c) whether the candidate came.
    """

    mode: int
    rows: Rows
    hit: Hits

    def __getitem__(self, span: slice) -> "Cases":
        """Some of the events."""
        return Cases(mode=self.mode, rows=self.rows[span], hit=self.hit[span])


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
    forest: RandomForestClassifier
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
        """(n, c, 2) what the forest and the pool say of each candidate.

        The trees are asked one by one: ``predict_proba`` spends more than they need on each call for one moment.
        """
        pool = pooled(rows.opinions, self.pools[mode])
        hopeful = pool >= HOPELESS
        asked = with_pool(rows, pool)[hopeful]
        total = np.zeros(len(asked))
        for tree in self.forest.estimators_:
            total += tree.tree_.predict(asked)[:, -1]
        votes = pool.copy()
        votes[hopeful] = np.maximum(total / len(self.forest.estimators_), LEAST_VOTE)
        return np.stack([votes, pool], axis=2)


def held_out_from(events: int) -> int:
    """The first of so many events on which forest and pool are weighed."""
    return round((1 - HELD_OUT) * events)


def learned(modes: Sequence[Cases], *, chains: Sequence[Floats], events: int, seed: int) -> Judgement:
    """What the cases teach.

    Args:
        modes: The cases of each mode, in its order; all of the same events, in the order of time.
        chains: By mode, those of the events from :func:`held_out_from` on.
        events: How many there are.
        seed: Of the forest.
    """
    start, cut = round(LEFT_OUT * events), held_out_from(events)
    trial = _grown(
        [cases[start:cut] for cases in modes], trees=TRIAL_TREES, seed=seed, weighed=(np.array([1.0, 0.0]), 1.0)
    )
    weighed = _weighed(trial, [cases[cut:] for cases in modes], chains=chains)
    return _grown([cases[start:] for cases in modes], trees=TREES, seed=seed, weighed=weighed)


def _grown(modes: Sequence[Cases], *, trees: int, seed: int, weighed: tuple[Floats, float]) -> Judgement:
    pools = tuple(pool_weights(cases.rows.opinions, cases.hit) for cases in modes)
    seen, hits = [], []
    for cases, weights in zip(modes, pools, strict=True):
        pool = pooled(cases.rows.opinions, weights)
        hopeful = pool >= HOPELESS
        seen.append(with_pool(cases.rows, pool)[hopeful])
        hits.append(cases.hit[hopeful])
    forest = RandomForestClassifier(
        trees,
        min_samples_leaf=LEAST_IN_LEAF,
        max_features=FEATURES_A_SPLIT,
        max_samples=min(CASES_A_TREE, sum(map(len, hits))),
        random_state=seed,
        n_jobs=1,
    )
    every = np.concatenate(seen)
    seen.clear()
    forest.fit(every, np.concatenate(hits))
    return Judgement(pools=pools, forest=forest, blend=weighed[0], others=weighed[1])


def _weighed(trial: Judgement, modes: Sequence[Cases], *, chains: Sequence[Floats]) -> tuple[Floats, float]:
    """The weights of forest and pool, and what else comes, by what neither has seen."""
    told = np.concatenate([trial.votes(cases.rows, mode=cases.mode) for cases in modes])
    hits = np.concatenate([cases.hit for cases in modes])
    expected = 0.0
    for cases, whole in zip(modes, chains, strict=True):
        rest = whole.copy()
        np.put_along_axis(rest, cases.rows.candidates, 0.0, axis=1)
        expected += float(rest.sum())
    missed = float((~hits.any(axis=1)).sum())
    return pool_weights(told, hits), (missed + 5) / (expected + 5)
