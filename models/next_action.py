"""What a user does next: the probability of each action, learned from everybody's log and from this very user's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from models.behaviour import Log
from models.chains import Floats
from models.lesson import Report
from models.next_action_features import Rows, rows_of, with_pool
from models.pooling import pool_weights, pooled
from models.population import Population, contexts, told_by
from models.windows import Windows, window_of, windows_of

Probabilities = NDArray[np.float32]

EVENTS = 2048
"""Worked on at a time in :meth:`NextActionModel.follow`; bounds its memory."""

TREES = 60

LEAST_IN_LEAF = 10

NOVELTY = 1e-3
"""Probability kept for all that none of the candidates is, at least."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """How chains and forest are weighed.

    Attributes:
        pools: Weights of the opinions, when the moment of the action is not known, and when it is.
        forest: Judges candidates one by one.
        blend: (2,) weights of the forest and of the pool.
        others: How much more often than the chains say something comes that is no candidate.
    """

    pools: tuple[Floats, Floats]
    forest: ExtraTreesClassifier
    blend: Floats
    others: float

    def pool(self, rows: Rows, known: Windows) -> Floats:
        """(n, c) the pooled opinion."""
        moment_known = known.acts_now[:, None]
        return np.where(moment_known, pooled(rows.opinions, self.pools[1]), pooled(rows.opinions, self.pools[0]))

    def votes(self, values: NDArray[np.float32]) -> Floats:
        """(n, c) mean vote of the trees.

        One by one: ``predict_proba`` costs as much again for each call, which is most of the time for one moment.
        """
        flat = np.ascontiguousarray(values.reshape(-1, values.shape[2]))
        total = np.zeros(len(flat))
        for tree in self.forest.estimators_:
            total += tree.tree_.predict(flat)[:, 1]
        return (total / len(self.forest.estimators_)).reshape(values.shape[:2])

    def shares(self, rows: Rows, known: Windows) -> Floats:
        """(n, kinds) probabilities."""
        pool = self.pool(rows, known)
        judged = pooled(np.stack([self.votes(with_pool(rows, pool)), pool], axis=2), self.blend)
        rest = rows.chains.copy()
        np.put_along_axis(rest, rows.candidates, 0.0, axis=1)
        outside = np.clip(self.others * rest.sum(axis=1, keepdims=True), NOVELTY, 0.5)
        told = rest * (outside / np.maximum(rest.sum(axis=1, keepdims=True), 1e-12))
        np.put_along_axis(told, rows.candidates, judged * (1 - outside), axis=1)
        return told


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NextActionModel:
    """Tells what comes next; to be kept with joblib.

    Attributes:
        actions: Names known from training. Others are told from the user's own history.
        population: What all users did, up to the end of training.
        judgement: Learned; None where there was too little to learn from, then the chains alone tell.
    """

    actions: tuple[str, ...]
    population: Population
    judgement: Judgement | None

    def distribution(
        self,
        history: Sequence[tuple[str, datetime]],
        *,
        at: datetime,
        utc_offset: timedelta | None = None,
        population: Population | None = None,
    ) -> Mapping[str, float]:
        """The calibrated probability of each action to be this user's next.

        Args:
            history: The user's latest actions (200 are looked at) in the order accepted, oldest first; may be empty.
            at: Now.
            utc_offset: How far the user's clock is ahead of UTC, where known.
            population: What all users did up to now, where that is kept; else as of the training.

        Returns:
            By name, of all ``actions`` and of all in ``history``; they add up to at most 1.
        """
        names = self._with(dict.fromkeys(name for name, _ in history))
        numbers = {name: number for number, name in enumerate(names)}
        known = window_of(history, at=at, utc_offset=utc_offset, numbers=numbers)
        everybody = population or self.population
        found = everybody.find(contexts(known, moment=known.now), kinds=len(names))
        return dict(zip(names, self._told(known, found)[0].tolist(), strict=True))

    def columns(self, log: Log) -> tuple[str, ...]:
        """The names that the columns of :meth:`follow` stand for: ``actions``, then those only in ``log``."""
        return self._with(log.names)

    def follow(self, log: Log, *, acts_now: bool = False, learns: bool = True, start: int = 0) -> Probabilities:
        """What would have been told before each event of a log: of that user, only what came before it.

        Args:
            log: Of many users; each user's events in their own order.
            acts_now: Ask at the moment of the event. By default it is asked right after the user's action before, when
                nobody knows yet how long the pause will be; a user's first event is always asked for at its moment.
            learns: Whether what all users do is learned from each event before the next is told.
            start: The first event to be told. Those before are known of their users only; what all users did in them
                is part of the model if it was trained on them.

        Returns:
            (n_events - start, n_columns) float32; the columns are :meth:`columns`.
        """
        names = self.columns(log)
        told = np.zeros((len(log) - start, len(names)), np.float32)
        everybody = self.population.grown(len(names))
        for events, known, found in _replayed(
            self._numbered(log), everybody, acts_now=acts_now, learns=learns, start=start
        ):
            told[events.start - start : events.stop - start] = self._told(known, found)
        return told

    def _with(self, names: Sequence[str] | Mapping[str, None]) -> tuple[str, ...]:
        known = set(self.actions)
        return self.actions + tuple(name for name in names if name not in known)

    def _numbered(self, log: Log) -> Log:
        names = {name: number for number, name in enumerate(self.columns(log))}
        return log.renumbered(tuple(names))

    def _told(self, known: Windows, found: NDArray[np.float32]) -> Floats:
        rows = rows_of(known, told_by(found, known))
        return rows.chains if self.judgement is None else self.judgement.shares(rows, known)


def _replayed(
    log: Log, everybody: Population, *, acts_now: bool, learns: bool, start: int = 0
) -> Iterator[tuple[slice, Windows, NDArray[np.float32]]]:
    """What is known before the events of a log, of the user and of everybody."""
    for events, known in windows_of(log, rows=EVENTS, acts_now=acts_now, start=start):
        keys = contexts(known, moment=log.at[events])
        if learns:
            found = everybody.follow(keys, log.actions[events].tolist())
        else:
            found = everybody.find(keys, kinds=len(log.names))
        yield events, known, found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cases:
    """Rows of a log in one mode, with what came."""

    rows: Rows
    hit: NDArray[np.bool_]


def fit(log: Log, *, seed: int = 0, report: Report) -> NextActionModel:
    """Learn from a log.

    Args:
        log: Of many users, in the order in which it became known.
        seed: Of everything drawn at random.
        report: Told of each step.
    """
    report("reading the log", 0.0)
    everybody = Population().grown(max(1, len(log.names)))
    modes = [_cases(log, Population().grown(max(1, len(log.names))), acts_now=False)]
    modes.append(_cases(log, everybody, acts_now=True))
    if len(log) < LEAST_EVENTS:
        return NextActionModel(actions=log.names, population=everybody, judgement=None)
    report("weighing chains and forest", 0.2)
    start, cut = len(log) // 20, len(log) * 17 // 20
    trial = _judgement(modes, slice(start, cut), seed=seed, blend=np.array([1.0, 0.0]), others=1.0)
    blend, others = _weighed(trial, modes, slice(cut, len(log)))
    report("growing the forest", 0.5)
    judgement = _judgement(modes, slice(start, len(log)), seed=seed, blend=blend, others=others)
    report("done", 1.0)
    return NextActionModel(actions=log.names, population=everybody.without_rare(), judgement=judgement)


LEAST_EVENTS = 200


def _cases(log: Log, everybody: Population, *, acts_now: bool) -> _Cases:
    parts = []
    for _, known, found in _replayed(log, everybody, acts_now=acts_now, learns=True):
        parts.append(rows_of(known, told_by(found, known)))
    if not parts:
        return _Cases(rows=None, hit=np.zeros((0, 0), bool))
    rows = Rows(
        candidates=np.concatenate([part.candidates for part in parts]),
        chains=np.concatenate([part.chains for part in parts]),
        opinions=np.concatenate([part.opinions for part in parts]),
        values=np.concatenate([part.values for part in parts]),
    )
    return _Cases(rows=rows, hit=rows.candidates == log.actions[:, None])


def _cut(rows: Rows, span: slice) -> Rows:
    return Rows(
        candidates=rows.candidates[span],
        chains=rows.chains[span],
        opinions=rows.opinions[span],
        values=rows.values[span],
    )


def _judgement(modes: Sequence[_Cases], span: slice, *, seed: int, blend: Floats, others: float) -> Judgement:
    pools, seen, hits = [], [], []
    for cases in modes:
        rows = _cut(cases.rows, span)
        pools.append(pool_weights(rows.opinions, cases.hit[span]))
        values = with_pool(rows, pooled(rows.opinions, pools[-1]))
        seen.append(values.reshape(-1, values.shape[2]))
        hits.append(cases.hit[span].ravel())
    forest = ExtraTreesClassifier(
        TREES, min_samples_leaf=LEAST_IN_LEAF, max_features=0.4, bootstrap=True, max_samples=0.3, random_state=seed
    )
    forest.fit(np.concatenate(seen), np.concatenate(hits))
    return Judgement(pools=(pools[0], pools[1]), forest=forest, blend=blend, others=others)


def _weighed(trial: Judgement, modes: Sequence[_Cases], span: slice) -> tuple[Floats, float]:
    told, hits, missed, expected = [], [], 0.0, 0.0
    for mode, cases in enumerate(modes):
        rows = _cut(cases.rows, span)
        pool = pooled(rows.opinions, trial.pools[mode])
        told.append(np.stack([trial.votes(with_pool(rows, pool)), pool], axis=2))
        hits.append(cases.hit[span])
        missed += float((~cases.hit[span].any(axis=1)).sum())
        rest = rows.chains.copy()
        np.put_along_axis(rest, rows.candidates, 0.0, axis=1)
        expected += float(rest.sum())
    blend = pool_weights(np.concatenate(told), np.concatenate(hits))
    return blend, (missed + 1) / (expected + 1)
