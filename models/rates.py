"""What is believed of a rate (clicks for impressions, revenue for spend), and what it will be in the next period.

The mathematics is told in docs/roas.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc, gammaincinv, nbdtrik  # type: ignore[import-untyped]

Floats = NDArray[np.float64]

SHARE = 0.8
"""How often the truth shall lie within an interval."""

TAIL = (1 - SHARE) / 2
"""How often it shall lie above, and how often below."""

PACE_HALF_LIFE_STEPS = 7.0
"""How fast the pace of spending is forgotten: it follows the week, whatever the rate does."""

WANDER = 0.03
"""Squared relative deviation of one step around its level that is not the noise of counting."""

LONGEST_HALF_LIFE = 90.0
"""Steps."""

_COUNTED_ONE_BY_ONE = 100.0
"""From so many events on, counts are as good as continuous, and much faster so."""

_TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What a rate is made of, by line and step of time; each (n_lines, n_steps).

    Attributes:
        top: What is gained: clicks, revenue.
        bottom: What it is gained from: impressions, spend.
        events: The separate events that ``top`` consists of: clicks, or purchases.
    """

    top: Floats
    bottom: Floats
    events: Floats

    def until(self, step: int) -> "Flow":
        """The steps before number ``step``."""
        return Flow(top=self.top[:, :step], bottom=self.bottom[:, :step], events=self.events[:, :step])

    def rows(self, kept: slice) -> "Flow":
        """Some of the lines."""
        return Flow(top=self.top[kept], bottom=self.bottom[kept], events=self.events[kept])


@dataclass(frozen=True, slots=True, kw_only=True)
class Variability:
    """How a rate varies between lines and over time.

    Attributes:
        half_life: Steps after which an outcome counts half, on a line with so many events that chance plays no part.
        between: Squared relative deviation of lines around their centre.
        drift: The same, of a line's next period around what was seen of it, beyond the noise of counting.
        horizon: Steps of the next period.
        clumping: Variance of a count of events over its mean: 1 when each comes on its own and is worth the same.
    """

    half_life: float
    between: float
    drift: float
    horizon: int
    clumping: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What was seen of each line, weighted by recency from its own last report; each (n_lines,).

    Attributes:
        worth: What one event gained; where none was seen, what one usually does.
        pace: Of ``bottom``, for one step.
        gap: Steps since the line's last report.
    """

    top: Floats
    bottom: Floats
    events: Floats
    worth: Floats
    pace: Floats
    gap: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """A Gamma distribution of each line's rate; each (n_lines,).

    Attributes:
        mean: The expected rate.
        shape: What the belief is worth, in events; its squared relative deviation is 1 / shape.
    """

    mean: Floats
    shape: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a rate will be in the next period; each (n_lines,), low <= value <= high.

    Attributes:
        value: The expected rate; of a line with outcomes times the probability that anything is gained at all, because
            that ranks small lines, which mostly gain nothing, far better (docs/roas.md, "The interval").
        low: Lower end of the interval in which the truth lies with a probability of :data:`SHARE`.
        high: Its upper end.
    """

    value: Floats
    low: Floats
    high: Floats


def recent(flow: Flow, *, half_life: float, usual_worth: float | None = None) -> Recent:
    """What was seen of each line; zeros for lines of which nothing was.

    The fewer events a line sees, the longer its memory: the best gain of a filter for a level that wanders, seen
    through the noise of counting (docs/roas.md, "Memory").

    Args:
        flow: Of the lines.
        half_life: As in :class:`Variability`.
        usual_worth: Of an event on a line that saw none; None for what it was on the others.
    """
    steps = flow.bottom.shape[1]
    reported = (flow.bottom > 0) | (flow.top > 0)
    last = np.where(reported.any(axis=1), steps - 1 - np.argmax(reported[:, ::-1], axis=1), steps - 1)
    age = last[:, None] - np.arange(steps)[None, :]
    lived = (age >= 0) & (age <= (last - np.argmax(reported, axis=1))[:, None])
    lately = np.where(lived, 0.5 ** (np.maximum(age, 0) / PACE_HALF_LIFE_STEPS), 0.0)
    lately /= np.maximum(lately.sum(axis=1, keepdims=True), _TINY)
    busy = np.maximum((lately * flow.events).sum(axis=1), _TINY)
    memory = np.minimum(half_life * np.sqrt(1 + 1 / (WANDER * busy)), LONGEST_HALF_LIFE)
    weight = np.where(lived, 0.5 ** (np.maximum(age, 0) / memory[:, None]), 0.0)
    top, events = (weight * flow.top).sum(axis=1), (weight * flow.events).sum(axis=1)
    return Recent(
        top=top,
        bottom=(weight * flow.bottom).sum(axis=1),
        events=events,
        worth=_worth(top, events, usual=usual_worth),
        pace=(lately * flow.bottom).sum(axis=1),
        gap=(steps - 1 - last).astype(np.float64),
    )


def _worth(top: Floats, events: Floats, *, usual: float | None) -> Floats:
    if usual is None:
        usual = float(top.sum() / events.sum()) if events.sum() > 0 and top.sum() > 0 else 1.0
    return np.where((events > 0) & (top > 0), top / np.maximum(events, _TINY), usual)


def believed(seen: Recent, *, centre: Floats | float, spread: Floats | float, clumping: float) -> Belief:
    """Bayes' rule for counts with a Gamma prior around ``centre`` with squared relative deviation ``spread``.

    Args:
        seen: What the prior is corrected by.
        centre: The prior's mean.
        spread: More than 0.
        clumping: Of :class:`Variability`.
    """
    one = seen.worth * clumping
    counted, expected = seen.top / one, seen.bottom * centre / one
    shape = 1 / np.asarray(spread, dtype=np.float64)
    return Belief(mean=np.asarray(centre * (shape + counted) / (shape + expected)), shape=shape + counted)


def forecast(belief: Belief, *, events: Floats, variance: Floats | float) -> Forecast:
    """What comes in the next period: a negative binomial count of events around the belief.

    Where nothing at all is as likely as one tail, the interval starts at zero and leaves out both tails above, so that
    it still holds :data:`SHARE` of what comes.

    Args:
        belief: Of the rate.
        events: How many are expected, (n_lines,).
        variance: Squared relative deviation of the period beyond what the belief is unsure of.
    """
    count = _Count.of(belief, events=events, variance=variance)
    value = belief.mean * (1 - count.nothing)
    low = np.where(count.from_zero, 0.0, belief.mean * count.quantile(np.full_like(count.size, TAIL)))
    high = belief.mean * count.quantile(np.where(count.from_zero, SHARE, 1 - TAIL))
    return Forecast(value=value, low=np.minimum(low, value), high=np.maximum(high, value))


def held(actual: Floats, *, belief: Belief, events: Floats, variance: Floats | float) -> NDArray[np.bool_]:
    """Whether :func:`forecast` would have held what came, (n_lines,); much faster than asking for its bounds."""
    count = _Count.of(belief, events=events, variance=variance)
    share = actual / np.maximum(belief.mean, _TINY)
    below, at_most = count.below(share)
    top = np.where(count.from_zero, SHARE, 1 - TAIL)
    within = (count.from_zero | (at_most >= TAIL)) & (below < top)
    return np.asarray(within)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """A negative binomial count: its mean, and its size (one over the squared relative deviation of that mean)."""

    events: Floats
    size: Floats
    nothing: Floats

    @classmethod
    def of(cls, belief: Belief, *, events: Floats, variance: Floats | float) -> "_Count":
        events = np.maximum(events, 1e-6)
        size = 1 / (1 / belief.shape + variance)
        return cls(events=events, size=size, nothing=np.exp(-size * np.log1p(events / size)))

    @property
    def from_zero(self) -> NDArray[np.bool_]:
        return self.nothing >= TAIL

    @property
    def _smooth_shape(self) -> Floats:
        return 1 / (1 / self.size + 1 / self.events)

    def quantile(self, quantile: Floats) -> Floats:
        """Of the count, as a share of its mean."""
        shape = self._smooth_shape
        share = np.asarray(gammaincinv(shape, quantile) / shape, dtype=np.float64)
        few = self.events < _COUNTED_ONE_BY_ONE
        size, events = self.size[few], self.events[few]
        share[few] = _least_count(quantile[few], size=size, odds=size / (size + events)) / events
        return share

    def below(self, share: Floats) -> tuple[Floats, Floats]:
        """The probabilities of less, and of at most, ``share`` of the mean."""
        shape = self._smooth_shape
        at_most = np.asarray(gammainc(shape, shape * share), dtype=np.float64)
        below = at_most.copy()
        few = self.events < _COUNTED_ONE_BY_ONE
        size, events = self.size[few], self.events[few]
        count = share[few] * events
        whole = np.floor(count + 1e-9)
        odds = size / (size + events)
        at_most[few] = betainc(size, whole + 1, odds)
        under = np.ceil(count - 1e-9) - 1
        below[few] = np.where(under >= 0, betainc(size, np.maximum(under, 0) + 1, odds), 0.0)
        return below, at_most


def _least_count(quantile: Floats, *, size: Floats, odds: Floats) -> Floats:
    """The least negative binomial count that so much of the chance lies at or below, as ``scipy.stats.nbinom.ppf``.

    By scipy's special functions alone: its statistics would be loaded by each worker for this (0.6 s).
    """
    count = np.ceil(np.asarray(nbdtrik(quantile, size, odds), np.float64))
    before = np.maximum(count - 1, 0)
    return np.where(betainc(size, before + 1, odds) >= quantile, before, count)
