"""What the forest sees: for each moment and each candidate for the next action one row, alike in training and serving."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.chains import Floats, agreement, followers, smoothed
from models.population import PAUSES_S, Told
from models.windows import LONGEST, NONE, Windows

CANDIDATES = 8
"""Actions of a moment that the forest judges, the likeliest ones by the chains."""

ORDERS = 5
"""Of a user's own chains."""

SESSION_PAUSE_S = 1_800.0
"""A longer pause begins a new session; the half hour of web analytics."""

DAY_S = 86_400.0

LAGS = np.arange(LONGEST)


OPINIONS = (
    *("own_paused_1", "own_paused_2", "own_paused_3", "all_paused_1", "all_paused_2", "all_paused_3", "all_3", "all_1"),
    *("own_3", "own_5", "own_recent_1", "own_recent_3", "hour", "all", "own_0", "own_on_all_3"),
)
"""The chains that are pooled."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What is known of the candidates.

    Attributes:
        candidates: (n, c) numbers of actions, the likeliest first.
        chains: (n, kinds) what three chains together say of every action.
        opinions: (n, c, n_opinions) what each of ``OPINIONS`` says of the candidates.
        values: (n, c, n_features) what the forest sees; the pooled opinion is still to be added.
    """

    candidates: NDArray[np.intp]
    chains: Floats
    opinions: Floats
    values: Floats


def rows_of(known: Windows, told: Told) -> Rows:
    """The rows of some moments.

    Args:
        known: Of each user.
        told: By the population.
    """
    kinds = told.anything.shape[1]
    by_candidate = {**_own(known, told, kinds=kinds), **_shared(told), **_lately(known, kinds=kinds)}
    chains = (by_candidate["own_paused_3"] + told.after_pause[1] + by_candidate["own_on_all_3"]) / 3
    candidates = np.argsort(-chains, axis=1, kind="stable")[:, :CANDIDATES]
    cut = {name: np.take_along_axis(values, candidates, axis=1) for name, values in by_candidate.items()}
    of_moment = [np.broadcast_to(values[:, None], candidates.shape) for values in _moment(known, told).values()]
    return Rows(
        candidates=candidates,
        chains=chains,
        opinions=np.stack([cut[name] for name in OPINIONS], axis=2),
        values=np.stack([*cut.values(), *of_moment], axis=2),
    )


def with_pool(rows: Rows, pool: Floats) -> NDArray[np.float32]:
    """(n, c, n_features) what the forest sees.

    Args:
        rows: Of some moments.
        pool: (n, c) the pooled opinion on each candidate.
    """
    best = pool.max(axis=1, keepdims=True)
    place = np.argsort(np.argsort(-pool, axis=1, kind="stable"), axis=1)
    added = np.stack([pool, pool / best, place], axis=2)
    return np.concatenate([rows.values, added], axis=2, dtype=np.float32)


def _own(known: Windows, told: Told, *, kinds: int) -> dict[str, Floats]:
    """What the user's own chains say."""
    length = agreement(known, longest=ORDERS)
    here = known.known.astype(np.float64)
    made: dict[str, Floats] = {}
    for name, decay in (("own", 1.0), ("own_recent", 0.9)):
        weight = here * decay**LAGS
        shares = np.full((len(known), kinds), 1 / kinds)
        for order in range(ORDERS + 1):
            counts = followers(known, weight * (length >= order), kinds=kinds)
            shares = smoothed(counts, shares)
            if order in (0, 1, 2, 3, 5):
                made[f"{name}_{order}"] = shares
    weight = here * 0.97**LAGS
    alike = weight * np.exp(-np.abs(_pauses(known) - _pause_now(known)[:, None]))
    on_all, paused = told.after[2], told.after_pause[1]
    for order in (1, 2, 3):
        on_all = smoothed(followers(known, weight * (length >= order), kinds=kinds), on_all)
        paused = smoothed(followers(known, alike * (length >= order), kinds=kinds), paused)
        made[f"own_paused_{order}"] = paused
    made["own_on_all_3"] = on_all
    made["hour"] = smoothed(followers(known, here * _same_hour(known), kinds=kinds), told.anything)
    for order in (1, 3):
        made[f"last_time_{order}"] = _last_time(known, length >= order, kinds=kinds)
    return made


def _shared(told: Told) -> dict[str, Floats]:
    made = {"all": told.anything}
    made |= {f"all_{order}": shares for order, shares in enumerate(told.after, start=1)}
    return made | {f"all_paused_{order}": shares for order, shares in enumerate(told.after_pause, start=1)}


def _lately(known: Windows, *, kinds: int) -> dict[str, Floats]:
    since = np.full((len(known), kinds + 1), float(LONGEST))
    rows = np.arange(len(known))
    # Of several values for one place numpy keeps the last, here the latest action.
    since[rows[:, None], known.actions[:, ::-1]] = LAGS[::-1]
    made = {"since": np.log1p(since[:, :kinds])}
    made["in_session"] = followers(known, in_session(known).astype(float), kinds=kinds)
    made["in_minute"] = followers(known, (np.abs(known.at - known.now[:, None]) < 60).astype(float), kinds=kinds)
    made["today"] = followers(known, _today(known).astype(float), kinds=kinds)
    for lag in range(3):
        made[f"is_{lag}"] = followers(known, (lag == LAGS) * np.ones((len(known), 1)), kinds=kinds)
    return made


def _moment(known: Windows, told: Told) -> dict[str, Floats]:
    session = in_session(known)
    actions = session.sum(axis=1)
    start = np.take_along_axis(known.at, np.maximum(actions - 1, 0)[:, None], axis=1)[:, 0]
    local = known.now + known.utc_offset
    waited = np.where(known.acts_now, known.now - known.at[:, 0], -1.0)
    waited = np.where(known.known[:, 0], waited, 1e9)
    gaps = known.at[:, :2] - known.at[:, 1:3]
    length = agreement(known, longest=ORDERS)
    made = {
        "hour_of_day": local % DAY_S / 3600,
        "day_of_week": np.floor(local / DAY_S + 3) % 7,
        "actions_today": _today(known).sum(axis=1),
        "session_s": np.log1p(np.maximum(np.where(actions > 0, known.now - start, 0.0), 0)),
        "actions_in_session": actions,
        "acts_now": known.acts_now,
        "waited_s": np.where(waited < 0, -1, np.log1p(np.abs(waited))),
        "gap_1": np.where(known.known[:, 1], np.log1p(np.abs(gaps[:, 0])), 30),
        "gap_2": np.where(known.known[:, 2], np.log1p(np.abs(gaps[:, 1])), 30),
        "actions_known": known.known.sum(axis=1),
        "run": np.cumprod(known.actions == known.actions[:, :1], axis=1).sum(axis=1) * known.known[:, 0],
        "longest": length.max(axis=1),
        "burst": (known.known & (np.abs(known.at - known.now[:, None]) < 60)).sum(axis=1),
        "times_1": (length >= 1).sum(axis=1),
        "times_2": (length >= 2).sum(axis=1),
        "times_3": (length >= 3).sum(axis=1),
        "all_times_2": told.times[:, 2],
        "all_times_3": told.times[:, 3],
        "all_times_paused_2": told.times[:, 5],
        "all_times_paused_3": told.times[:, 6],
    }
    return {name: values.astype(np.float64) for name, values in made.items()}


def in_session(known: Windows) -> NDArray[np.bool_]:
    """(n, LONGEST) what belongs to the session that goes on at this moment."""
    after = np.concatenate([known.now[:, None], known.at[:, :-1]], axis=1)
    broken = (after - known.at > SESSION_PAUSE_S) | ~known.known
    return ~np.logical_or.accumulate(broken, axis=1)


def _today(known: Windows) -> NDArray[np.bool_]:
    offset = known.utc_offset[:, None]
    return known.known & (np.floor((known.at + offset) / DAY_S) == np.floor((known.now[:, None] + offset) / DAY_S))


def _same_hour(known: Windows) -> Floats:
    apart = np.abs((known.at - known.now[:, None]) % DAY_S) / 3600
    return np.exp(-np.minimum(apart, 24 - apart) / 1.5)


def _pauses(known: Windows) -> Floats:
    """(n, LONGEST) the pause before each action, as a number; where the moment is not known, before the action before."""
    gaps = np.full(known.at.shape, float(len(PAUSES_S) + 1))
    steps = np.digitize(known.at[:, :-1] - known.at[:, 1:], PAUSES_S)
    gaps[:, :-1] = np.where(known.known[:, 1:], steps, len(PAUSES_S) + 1)
    earlier = np.concatenate([gaps[:, 1:], gaps[:, -1:]], axis=1)
    return np.where(known.acts_now[:, None], gaps, earlier)


def _pause_now(known: Windows) -> Floats:
    last = np.where(known.known[:, 0], np.digitize(known.now - known.at[:, 0], PAUSES_S), len(PAUSES_S) + 1)
    between = np.digitize(known.at[:, 0] - known.at[:, 1], PAUSES_S)
    between = np.where(known.known[:, 1], between, len(PAUSES_S) + 1)
    return np.where(known.acts_now, last, between).astype(np.float64)


def _last_time(known: Windows, same: NDArray[np.bool_], *, kinds: int) -> Floats:
    """One for what followed the last time, zero for all else."""
    latest = same & (np.cumsum(same, axis=1) == 1)
    return followers(known, latest.astype(np.float64), kinds=kinds)
