"""How the platform's rates vary, learned from outcomes: the CTR of videos, and the funnel of campaigns."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.funnel import FUNNEL, HORIZON_DAYS, VIDEO_CTR, RateKind, earned_by, flow_of, start_of, steps_of
from models.lesson import Lesson, Losses, Report, beats, too_few
from models.manifest import Lineage
from models.rates import SHARE, Forecast, Variability
from models.roas import MODEL_VERSION, RoasModel, Standing, predicted, roas_model
from models.tallies import COUNTED, DAY, Tallies, tallies_of
from precompute.store import Facts
from precompute.subjects import Subject

KINDS: Mapping[Subject, Mapping[str, RateKind]] = {Subject.CAMPAIGN: FUNNEL, Subject.VIDEO: {"ctr": VIDEO_CTR}}
"""The rates of each kind of subject that outcomes are reported of."""

MAIN: Mapping[Subject, str] = {Subject.CAMPAIGN: "roas", Subject.VIDEO: "ctr"}
"""The rate whose figures stand for all in the metrics."""

NEEDED_REPORTS = 200
"""Days of lines with impressions before the held-out time. With fewer, what is learned is the documented start."""

NEEDED_LINES = 10
"""Lines with outcomes before and in the held-out time; with fewer, two models cannot be told apart."""

Taught = Mapping[str, Any]
"""A published model: numbers and names only, so that any later release can tell whether it still means something."""


def rates_lesson(facts: Facts, subject: Subject, *, in_use: Taught | None, report: Report) -> Lesson:
    """How the rates of a kind of subject vary, by all outcomes but those of the last two weeks.

    A rate that is not told better than before keeps what is in use of it. The held-out time is not learned from
    afterwards: the model in use, published the same way on an earlier day, has not seen that time either.

    Raises:
        ModelNotTrained: There are too few outcomes (``too_few_outcomes``).
        SourceUnavailable: The facts cannot be had now.
    """
    report("reading outcomes", 0.0)
    kinds = KINDS[subject]
    tallies = tallies_of(facts.lines(subject, step=DAY))
    past = tallies.before(int(tallies.days[-1]) + 1 - HORIZON_DAYS)
    _require_enough(subject, past, tallies)
    report("learning how rates vary", 0.1)
    new = roas_model(past, kinds=kinds)
    report("holding it against the last two weeks", 0.8)
    known = variability_in(in_use, tallies=past) or start_variability(past, kinds=kinds)
    rival = roas_model(past, kinds=kinds, variability=known)
    scores = {name: _compared(new, rival, past, tallies, name=name, kind=kind) for name, kind in kinds.items()}
    better = {name for name, (ours, theirs) in scores.items() if beats(*_both_told(ours, theirs))}
    taught = {name: new.rates[name].variability if name in better else known[name] for name in kinds}
    now = _by_line([ours if name in better else theirs for name, (ours, theirs) in scores.items()])
    before = _by_line([theirs for _, theirs in scores.values()])
    figures = _figures(roas_model(past, kinds=kinds, variability=taught), past, tallies, subject=subject)
    figures |= {"rates_learned": len(better), "interval_score": _mean(now), "interval_score_before": _mean(before)}
    lineage = Lineage(
        data_sha256=_hash_of(past),
        features=tuple(f"{kind.top} / {kind.bottom}" for kind in kinds.values()),
        metrics=figures,
    )
    return Lesson(model=_published(taught, earned_by=new.earned_by), lineage=lineage, new=now, current=before)


def _published(taught: Mapping[str, Variability], *, earned_by: str) -> Taught:
    numbers = {name: asdict(variability) for name, variability in taught.items()}
    return {"method": MODEL_VERSION, "earned_by": earned_by, "variability": numbers}


def variability_in(taught: Taught | None, *, tallies: Tallies) -> Mapping[str, Variability] | None:
    """How rates vary by a published model; None where it says nothing of ``tallies``.

    That is when it was learned in another way than this release does, while revenue came with other events, or while
    reports came at another pace (half-lives are counted in steps between reports).
    """
    if not taught or taught.get("method") != MODEL_VERSION or taught["earned_by"] != earned_by(tallies):
        return None
    found = {name: Variability(**numbers) for name, numbers in taught["variability"].items()}
    steps = steps_of(tallies)
    return found if all(one.horizon == steps for one in found.values()) else None


def start_variability(tallies: Tallies, *, kinds: Mapping[str, RateKind]) -> Mapping[str, Variability]:
    """How the rates are said to vary until outcomes tell."""
    steps = steps_of(tallies)
    return {name: start_of(kind, steps=steps) for name, kind in kinds.items()}


def _require_enough(subject: Subject, past: Tallies, tallies: Tallies) -> None:
    main = KINDS[subject][MAIN[subject]]
    reports = int((past.of("impressions") > 0).sum())
    if reports < NEEDED_REPORTS:
        what = f"daily outcomes of {subject}s from before the last {HORIZON_DAYS} days"
        raise too_few(MAIN[subject], have=reports, needed=NEEDED_REPORTS, what=what)
    both = (past.of(main.bottom).sum(axis=1) > 0) & (_after(past, tallies, main.bottom) > 0)
    if both.sum() < NEEDED_LINES:
        what = f"{subject}s or variants with {main.bottom} both in the last {HORIZON_DAYS} days and before"
        raise too_few(MAIN[subject], have=int(both.sum()), needed=NEEDED_LINES, what=what)


def _after(past: Tallies, tallies: Tallies, figure: str) -> Losses:
    """One figure of each line in the held-out time."""
    return np.asarray(tallies.of(figure)[:, len(past.days) :].sum(axis=1))


def _compared(
    new: RoasModel, rival: RoasModel, past: Tallies, tallies: Tallies, *, name: str, kind: RateKind
) -> tuple[Losses, Losses]:
    """What each model got wrong of one rate of each line, (n_lines,) each, in one unit; NaN where nothing came."""
    unit = rival.rates[name].centre
    ours, theirs = (held_against(model, past, tallies, name=name, kind=kind) for model in (new, rival))
    return interval_score(*ours, unit=unit), interval_score(*theirs, unit=unit)


def _both_told(ours: Losses, theirs: Losses) -> tuple[Losses, Losses]:
    told = np.isfinite(ours) & np.isfinite(theirs)
    return ours[told], theirs[told]


def _by_line(scores: Sequence[Losses]) -> Losses:
    """The mean of each line's rates, (n_lines with any,)."""
    every = np.stack(scores)
    told = np.isfinite(every)
    kept = told.any(axis=0)
    return np.asarray(np.where(told, every, 0.0).sum(axis=0)[kept] / told.sum(axis=0)[kept])


def _mean(losses: Losses) -> float:
    return round(float(losses.mean()), 5)


def held_against(
    model: RoasModel, past: Tallies, tallies: Tallies, *, name: str, kind: RateKind
) -> tuple[Forecast, Losses]:
    """What was predicted of each line from its past, and what came; NaN where nothing did, or there was no past."""
    rate, flow = model.rates[name], flow_of(past, kind, earned_by=model.earned_by)
    standing = Standing(centre=rate.centre, spread=rate.spread + rate.variability.between, worth=rate.worth)
    _, coming = predicted(flow, rate, standing=standing)
    bottom = _after(past, tallies, kind.bottom)
    told = (bottom > 0) & (flow.bottom.sum(axis=1) > 0)
    actual = np.full(len(bottom), np.nan)
    np.divide(_after(past, tallies, kind.top), bottom, out=actual, where=told)
    return coming, actual


def interval_score(coming: Forecast, actual: Losses, *, unit: float) -> Losses:
    """Width of the 80 % interval, and ten times what lies outside of it.

    Nobody can lower it by telling another interval than the one believed in (T. Gneiting, A. Raftery: Strictly proper
    scoring rules, prediction, and estimation, 2007, doi 10.1198/016214506000001437, section 6.2). Taken of square
    roots, so that lines with high rates do not count for all others.
    """
    low, high, came = (np.sqrt(figure / unit) for figure in (coming.low, coming.high, actual))
    outside = np.maximum(low - came, 0) + np.maximum(came - high, 0)
    return np.asarray(high - low + 2 / (1 - SHARE) * outside)


def _figures(model: RoasModel, past: Tallies, tallies: Tallies, *, subject: Subject) -> dict[str, float]:
    """What people want to know of the held-out time: ranks, intervals, and how many lines were compared."""
    name = MAIN[subject]
    coming, actual = held_against(model, past, tallies, name=name, kind=KINDS[subject][name])
    told = np.isfinite(actual)
    slack = 1e-9
    within = (actual >= coming.low - slack) & (actual <= coming.high + slack)
    ranked = np.ptp(actual[told]) > 0 and np.ptp(coming.value[told]) > 0
    spearman = float(np.corrcoef(_ranks(coming.value[told]), _ranks(actual[told]))[0, 1]) if ranked else 0.0
    shares = {"spearman": round(spearman, 4), "interval_holds": round(float(within[told].mean()), 4)}
    return shares | {"lines": int(told.sum()), "outcomes": model.outcomes}


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's place in order, equal ones sharing their mean; Pearson's correlation of these is Spearman's."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - (times - 1) / 2)[place], np.float64)


def _hash_of(tallies: Tallies) -> str:
    told = sha256(repr((COUNTED, tallies.lines)).encode())
    told.update(tallies.days.tobytes())
    told.update(np.ascontiguousarray(tallies.counts).tobytes())
    return told.hexdigest()
