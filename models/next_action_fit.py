"""How the next action is learned from a log: its cases, the forest grown on them, and how it and the pools weigh."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from models.behaviour import Log
from models.chains import Floats
from models.forest import Forest
from models.lesson import Report
from models.next_action import NextActionModel, asked, countable, mode_of
from models.next_action_features import Rows, joined, rows_of, with_pool
from models.next_action_judgement import HOPELESS, Judgement
from models.pooling import pooled
from models.pooling_fit import pool_weights
from models.population import Population, told_by

Hits = NDArray[np.bool_]

LEAST_EVENTS = 200
"""From fewer nothing is learned: the chains alone tell."""

TREES = 50

TRIAL_TREES = 20
"""Of the forest that is only grown to weigh forest and pool."""

CASES_A_TREE = 20_000
"""Rows that each tree is grown on, drawn anew for each."""

LEAST_IN_LEAF = 10

FEATURES_A_SPLIT = 0.15
"""Share of the features that each split chooses from."""

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


def fit(log: Log, *, seed: int = 0, report: Report) -> NextActionModel:
    """Learn from a log.

    Each event is a case four times: asked for at its moment or right after the user's action before, and beside a
    population that is kept up or one that was last told some thousand events before.

    Args:
        log: Of many users, in the order in which it became known; only what is :func:`countable` is learned from.
        seed: Of everything drawn at random.
        report: Told of each step.
    """
    report("reading the log", 0.0)
    log = log[countable(log)].with_names_that_occur()
    everybody = Population().grown(log.names)
    modes, chains = _cases(log, everybody, report=report)
    judgement = None
    if len(log) >= LEAST_EVENTS:
        report("growing the forest", 0.5)
        judgement = learned(modes, chains=chains, events=len(log), seed=seed)
    report("done", 1.0)
    return NextActionModel(actions=log.names, population=everybody.without_rare(), judgement=judgement)


def _cases(log: Log, everybody: Population, *, report: Report) -> tuple[Sequence[Cases], Sequence[Floats]]:
    """The cases of each mode, and the chains of its held out ones; ``everybody`` learns from the log meanwhile."""
    modes: list[list[Rows]] = [[], [], [], []]
    chains: list[list[Floats]] = [[], [], [], []]
    cut = held_out_from(len(log))
    for events, known, keys in asked(log, acts_now=True):
        report("reading the log", 0.5 * events.start / len(log))
        old = everybody.find(keys, kinds=len(log.names), live=False)
        new = everybody.follow(keys, log.actions[events].tolist(), log.at[events].tolist())
        for acts_now, moment in ((False, known.just_after()), (True, known)):
            for live, found in ((False, old), (True, new)):
                mode = mode_of(acts_now=acts_now, live=live)
                rows = rows_of(moment, told_by(found, moment, live=live))
                # Of all actions for each event they would take more memory than all else.
                modes[mode].append(replace(rows, chains=rows.chains[:, :0].copy()))
                chains[mode].append(rows.chains[max(0, cut - events.start) :].copy())
    # One mode after another, so that no more than one is there twice.
    whole = []
    while modes and modes[0]:
        whole.append(joined(modes.pop(0)))
    cases = [
        Cases(mode=mode, rows=rows, hit=rows.candidates == log.actions[:, None]) for mode, rows in enumerate(whole)
    ]
    return cases, [np.concatenate(parts) for parts in chains if parts]


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
    grown = Forest.of([tree.tree_ for tree in forest.estimators_])
    return Judgement(pools=pools, forest=grown, blend=weighed[0], others=weighed[1])


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
