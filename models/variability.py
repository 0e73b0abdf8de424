"""Learning how rates vary, by predicting the past from what came before it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.rates import (
    WANDER,
    Belief,
    Floats,
    Flow,
    Forecast,
    Recent,
    Variability,
    believed,
    forecast,
    held,
    recent,
)

HALF_LIVES = (1.0, 1.4, 2.0, 3.0, 4.5, 7.0, 14.0)
"""Steps that are tried."""

MOST_ORIGINS = 12
"""Past moments from which is predicted; they are spread over the whole past."""

FIRST_ORIGIN = 5
"""Steps that must lie before one."""

MOST_LINES = 300
"""From which is learned; of more, every so many are taken."""

MOST_POINTS = 1_000
"""Past periods of one line, likewise."""

PRIOR_POINTS = 60.0
"""What the documented drift is worth, in past periods of one line."""

AIM = 0.82
"""Share of the past that intervals are fitted to: of the future they then hold two to four in a hundred less
(docs/roas.md, "What it is worth")."""

MANY = 300.0
"""Events in a period from which on clumping matters less than drift."""

_DRIFTS = np.geomspace(0.0002, 1.2, 12)

CLUMPINGS = (1.0, 1.5, 2.2, 3.3, 5.0)
"""Tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Past predictions and what came of them; each (n_points,).

    Attributes:
        belief: Of the rate, from before.
        events: That were to be expected.
        gap: Steps since the line's last report.
        actual: The rate of the period after.
    """

    belief: Belief
    events: Floats
    gap: Floats
    actual: Floats


def centre_of(seen: Recent, *, prior: float, prior_spread: float, between: float) -> tuple[float, float]:
    """The mean rate of lines, and its squared relative deviation.

    Each line counts by what it tells of the mean: at most 1 / ``between``, however many events it saw. The prior
    counts as a logarithm with variance ``prior_spread`` (normal approximation of both).
    """
    told = seen.bottom > 0
    if not told.any():
        return prior, prior_spread
    counted = seen.top[told] / seen.worth[told]
    weight = (counted + 0.5) / (1 + between * (counted + 0.5))
    mean = float((weight * seen.top[told] / seen.bottom[told]).sum() / weight.sum())
    if mean <= 0:
        return prior, prior_spread
    variance = 1 / float(weight.sum())
    trust = prior_spread / (prior_spread + variance)
    return float(np.exp(trust * np.log(mean) + (1 - trust) * np.log(prior))), trust * variance


def learned(flow: Flow, *, start: Variability, centre: float) -> Variability:
    """``start`` corrected by the past of ``flow``; ``start`` itself where there is no past to learn from."""
    flow = flow.rows(slice(None, None, -(-len(flow.bottom) // MOST_LINES) or 1))
    spread = _between(recent(flow, half_life=start.half_life), centre=centre, start=start)
    start = replace(start, between=spread)
    reference = _past(flow, start)
    if reference is None:
        return start
    pasts = {half_life: _past(flow, replace(start, half_life=half_life)) for half_life in HALF_LIVES}
    misses = {half_life: _miss(past, reference=reference) for half_life, past in pasts.items() if past is not None}
    start = replace(start, half_life=min(misses, key=lambda half_life: misses[half_life]))
    return min((_fitted(flow, replace(start, clumping=clumping)) for clumping in CLUMPINGS), key=lambda one: one[0])[1]


def _fitted(flow: Flow, start: Variability) -> tuple[float, Variability]:
    """How far the intervals of lines with few events are from what they promise, with the drift that fits all lines."""
    past = _past(flow, start)
    if past is None:
        return 0.0, start
    fitted = replace(start, drift=_drift(past, start=start))
    within = _holds(past, drift=fitted.drift, start=start)
    few = (past.events * start.clumping >= 1) & (past.events * start.clumping < MANY)
    many = past.events * start.clumping >= MANY
    return abs(_share(within[few]) - AIM) + abs(_share(within[many]) - AIM), fitted


def _share(within: NDArray[np.bool_]) -> float:
    """The share that is, as though ten more points had kept the promise."""
    return (float(within.sum()) + 10 * AIM) / (len(within) + 10)


def ahead(seen: Recent, *, belief: Belief, variability: Variability) -> Forecast:
    """What the lines' rates will be in their next period, at the pace they went."""
    variance = _variance(seen.gap, drift=variability.drift, variability=variability)
    return forecast(belief, events=expected_events(seen, belief=belief, variability=variability), variance=variance)


def expected_events(seen: Recent, *, belief: Belief, variability: Variability) -> Floats:
    """How many separate events the next period will bring at the pace the lines went, (n_lines,)."""
    return seen.pace * variability.horizon * belief.mean / (seen.worth * variability.clumping)


def _variance(gap: Floats, *, drift: float, variability: Variability) -> Floats:
    # A line that rested drifted on, but not further than lines differ from each other.
    return np.minimum(drift * (1 + gap / variability.horizon), drift + variability.between)


def _past(flow: Flow, variability: Variability) -> Past | None:
    points = list(_points(flow, variability))
    if not points:
        return None
    every = slice(None, None, -(-sum(len(point.actual) for point in points) // MOST_POINTS))

    def all_of(part: Callable[[Past], Floats]) -> Floats:
        return np.concatenate([part(point) for point in points])[every]

    return Past(
        belief=Belief(mean=all_of(lambda point: point.belief.mean), shape=all_of(lambda point: point.belief.shape)),
        events=all_of(lambda point: point.events),
        gap=all_of(lambda point: point.gap),
        actual=all_of(lambda point: point.actual),
    )


def _points(flow: Flow, variability: Variability) -> Iterator[Past]:
    steps, horizon = flow.bottom.shape[1], variability.horizon
    last = steps - horizon
    if last < FIRST_ORIGIN:
        return
    for origin in np.unique(np.linspace(FIRST_ORIGIN, last, MOST_ORIGINS).astype(int)):
        seen = recent(flow.until(origin), half_life=variability.half_life)
        bottom = flow.bottom[:, origin : origin + horizon].sum(axis=1)
        kept = (bottom > 0) & (seen.bottom > 0)
        if not kept.any():
            continue
        centre, _ = centre_of(seen, prior=1.0, prior_spread=1e6, between=variability.between)
        belief = believed(seen, centre=centre, spread=variability.between, clumping=variability.clumping)
        events = expected_events(seen, belief=belief, variability=variability)
        yield Past(
            belief=Belief(mean=belief.mean[kept], shape=belief.shape[kept]),
            events=events[kept],
            gap=seen.gap[kept],
            actual=flow.top[:, origin : origin + horizon].sum(axis=1)[kept] / bottom[kept],
        )


def _miss(past: Past, *, reference: Past) -> float:
    """Mean distance of the roots, for the noise to be expected of each: a rate of zero does no harm on that scale."""
    noise = np.sqrt(reference.belief.mean * (WANDER + 1 / np.maximum(reference.events, 0.1)))
    return float((np.abs(np.sqrt(past.actual) - np.sqrt(past.belief.mean)) / noise).mean())


def _drift(past: Past, *, start: Variability) -> float:
    """The drift with which the intervals of the past would have held what they promise."""
    shares = np.array([_holds(past, drift=drift, start=start).mean() for drift in _DRIFTS])
    fitting = float(np.interp(AIM, np.maximum.accumulate(shares), np.log(_DRIFTS)))
    trust = len(past.actual) / (len(past.actual) + PRIOR_POINTS)
    return float(np.exp(trust * fitting + (1 - trust) * np.log(start.drift)))


def _holds(past: Past, *, drift: float, start: Variability) -> NDArray[np.bool_]:
    variance = _variance(past.gap, drift=drift, variability=start)
    return held(past.actual, belief=past.belief, events=past.events, variance=variance)


def _between(seen: Recent, *, centre: float, start: Variability) -> float:
    """Squared relative deviation of lines around ``centre`` beyond the noise of counting, by moments.

    The documented one counts as five lines.
    """
    expected = seen.bottom * centre / seen.worth
    told = expected >= 5
    if not told.any():
        return start.between
    ratio = seen.top[told] / (seen.bottom[told] * centre)
    beyond = (ratio - 1) ** 2 - 1 / expected[told]
    return float(max(0.02, (5 * start.between + beyond.sum()) / (5 + told.sum())))
