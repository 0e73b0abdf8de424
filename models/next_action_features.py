"""What the forest sees: a row for each moment and each candidate for the next action, made alike for all uses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.chains import Floats, agreement, followers, smoothed
from models.population import PAUSES_S, Told
from models.windows import LONGEST, Windows

CANDIDATES = 8
"""Actions of a moment that the forest judges, the likeliest ones by the chains."""

ORDERS = 5
"""Of a user's own chains."""

SESSION_PAUSE_S = 1_800.0
"""A longer pause begins a new session; the half hour of web analytics."""

DAY_S = 86_400.0

NEVER_S = 1e9
"""Stands for the time since what never was."""

LAGS = np.arange(LONGEST)


OPINIONS = (
    *("own_0", "own_3", "own_5", "own_recent_1", "own_recent_3", "own_on_all_3", "own_hour"),
    *("own_paused_1", "own_paused_2", "own_paused_3", "own_paced_1", "own_paced_2"),
    *("all", "all_1", "all_3", "all_runs", "all_paused_1", "all_paused_2", "all_paused_3"),
    *("lately", "lately_1", "lately_2", "lately_paused"),
)
"""The chains that are pooled."""

CHAINS = ("own_paused_3", "own_on_all_3", "all_paused_2", "own_0")
"""Their mean picks the candidates, and is all there is before there is anything to learn from."""


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
    opinions: NDArray[np.float32]
    values: NDArray[np.float32]

    def __getitem__(self, which: "slice | NDArray[np.intp]") -> "Rows":
        """The rows of some of the moments."""
        return Rows(
            candidates=self.candidates[which],
            chains=self.chains[which],
            opinions=self.opinions[which],
            values=self.values[which],
        )


def joined(parts: Sequence[Rows]) -> Rows:
    """Rows of several lots of moments as one."""
    return Rows(
        candidates=np.concatenate([part.candidates for part in parts]),
        chains=np.concatenate([part.chains for part in parts]),
        opinions=np.concatenate([part.opinions for part in parts]),
        values=np.concatenate([part.values for part in parts]),
    )


def rows_of(known: Windows, told: Told) -> Rows:
    """The rows of some moments.

    Args:
        known: Of each user.
        told: By the population.
    """
    kinds = told.shares["all"].shape[1]
    by_candidate = {**_own(known, told, kinds=kinds), **told.shares, **_lately(known, kinds=kinds)}
    chains = sum((by_candidate[name] for name in CHAINS), np.zeros((len(known), kinds))) / len(CHAINS)
    candidates = np.argsort(-chains, axis=1, kind="stable")[:, :CANDIDATES]
    # Plain indexing, and the moment spread out once: for one moment a tenth less than with numpy's functions for both.
    moments = np.arange(len(known))[:, None]
    cut = {name: values[moments, candidates] for name, values in by_candidate.items()}
    of_moment = np.stack(list(_moment(known, told).values()), axis=1, dtype=np.float32)[:, None]
    of_candidates = np.stack(list(cut.values()), axis=2, dtype=np.float32)
    spread = np.broadcast_to(of_moment, (*candidates.shape, of_moment.shape[2]))
    return Rows(
        candidates=candidates,
        chains=chains,
        opinions=np.stack([cut[name] for name in OPINIONS], axis=2, dtype=np.float32),
        values=np.concatenate([of_candidates, spread], axis=2),
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
    # Only what is known now: names that a log holds later, or that others use, must change nothing.
    somewhere = (told.shares["all"] > 0) | (followers(known, here, kinds=kinds) > 0)
    even = somewhere / np.maximum(somewhere.sum(axis=1, keepdims=True), 1)
    made: dict[str, Floats] = {}
    for name, decay in (("own", 1.0), ("own_recent", 0.9)):
        weight = here * decay**LAGS
        shares = even
        for order in range(ORDERS + 1):
            counts = followers(known, weight * (length >= order), kinds=kinds)
            shares = smoothed(counts, shares)
            if order in (0, 1, 2, 3, 5):
                made[f"{name}_{order}"] = shares
    made |= _own_on_all(known, told, length, kinds=kinds)
    made["own_hour"] = smoothed(followers(known, here * _same_hour(known), kinds=kinds), told.shares["all"])
    for order in (1, 3):
        made[f"last_time_{order}"] = _last_time(known, length >= order, kinds=kinds)
    return made


def _own_on_all(known: Windows, told: Told, length: NDArray[np.int8], *, kinds: int) -> dict[str, Floats]:
    """The user's own chains on top of everybody's: plain, after like pauses, and at a like pace."""
    made = {}
    plain = known.known * 0.97**LAGS
    apart, apart_before = (np.abs(pauses - pauses_now) for pauses, pauses_now in _pauses(known))
    paused = plain * np.exp(-apart)
    paced = paused * np.exp(-apart_before)
    for name, weight, shorter in (
        ("own_on_all", plain, told.shares["all_3"]),
        ("own_paused", paused, told.shares["all_paused_2"]),
        ("own_paced", paced, told.shares["all_paused_2"]),
    ):
        shares = shorter
        for order in (1, 2, 3):
            shares = smoothed(followers(known, weight * (length >= order), kinds=kinds), shares)
            made[f"{name}_{order}"] = shares
    return made


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
    waited = np.where(known.known[:, 0], known.now - known.at[:, 0], NEVER_S)
    gaps = np.where(known.known[:, 1:3], known.at[:, :2] - known.at[:, 1:3], NEVER_S)
    length = agreement(known, longest=ORDERS)
    made = {
        "hour_of_day": local % DAY_S / 3600,
        "day_of_week": np.floor(local / DAY_S + 3) % 7,
        "actions_today": _today(known).sum(axis=1),
        "session_s": np.log1p(np.maximum(np.where(actions > 0, known.now - start, 0.0), 0)),
        "actions_in_session": actions,
        "last_action": _share_of_last(known, told),
        "acts_now": known.acts_now,
        "live": np.full(len(known), told.live),
        "waited_s": np.where(known.acts_now, np.log1p(np.maximum(waited, 0)), -1),
        "gap_1_s": np.log1p(np.maximum(gaps[:, 0], 0)),
        "gap_2_s": np.log1p(np.maximum(gaps[:, 1], 0)),
        "actions_known": known.known.sum(axis=1),
        "run": np.cumprod(known.actions == known.actions[:, :1], axis=1).sum(axis=1) * known.known[:, 0],
        "longest": length.max(axis=1),
        "burst": (known.known & (np.abs(known.at - known.now[:, None]) < 60)).sum(axis=1),
        "times_1": (length >= 1).sum(axis=1),
        "times_2": (length >= 2).sum(axis=1),
        "times_3": (length >= 3).sum(axis=1),
        "all_times_2": told.times[:, 2],
        "all_times_3": told.times[:, 3],
        "all_times_paused_2": told.times[:, 6],
        "all_times_paused_3": told.times[:, 7],
    }
    return {name: values.astype(np.float64) for name, values in made.items()}


def _share_of_last(known: Windows, told: Told) -> Floats:
    """(n,) The last action as a number: how often everybody does it. Numbers of names are not the same in all uses."""
    last = np.maximum(known.actions[:, :1], 0)
    return np.where(known.known[:, 0], np.take_along_axis(told.shares["all"], last, axis=1)[:, 0], -1.0)


def in_session(known: Windows) -> NDArray[np.bool_]:
    """(n, LONGEST) what belongs to the session that goes on at this moment."""
    after = np.concatenate([known.now[:, None], known.at[:, :-1]], axis=1)
    broken = (after - known.at > SESSION_PAUSE_S) | ~known.known
    return ~np.logical_or.accumulate(broken, axis=1)


def _today(known: Windows) -> NDArray[np.bool_]:
    offset = known.utc_offset[:, None]
    today = np.floor((known.now[:, None] + offset) / DAY_S)
    return np.asarray(known.known & (np.floor((known.at + offset) / DAY_S) == today))


def _same_hour(known: Windows) -> Floats:
    apart = np.abs((known.at - known.now[:, None]) % DAY_S) / 3600
    return np.exp(-np.minimum(apart, 24 - apart) / 1.5)


def _pauses(known: Windows) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """The pauses before each action in the window, and the ones before this moment that they are to be like.

    Returns:
        Twice (n, LONGEST) and (n, 1), as numbers of steps: the pause right before, where the moment is known, else the
        one before the action before; and the pause before that one.
    """
    longest = float(len(PAUSES_S) + 1)
    gaps = np.full((len(known), LONGEST + 3), longest)
    after = np.concatenate([known.now[:, None], known.at[:, :-1]], axis=1)
    # Column 0 is the pause before this moment, column 1 the pause before the latest action, and so on.
    gaps[:, :LONGEST] = np.where(known.known, np.digitize(after - known.at, PAUSES_S), longest)
    here = np.where(known.acts_now[:, None], gaps[:, :-1], gaps[:, 1:])
    return (here[:, 1:-1], here[:, :1]), (here[:, 2:], here[:, 1:2])


def _last_time(known: Windows, same: NDArray[np.bool_], *, kinds: int) -> Floats:
    """One for what followed the last time, zero for all else."""
    latest = same & (np.cumsum(same, axis=1) == 1)
    return followers(known, latest.astype(np.float64), kinds=kinds)
