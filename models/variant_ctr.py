"""How a campaign's variants compare: what their words promise, overruled by what came of them.

The mathematics is told in docs/variants.md, "Scores".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, polygamma  # type: ignore[import-untyped]

from models.ctr import BASE_CTR, PRIOR_CLICKS

Floats = NDArray[np.float64]

OTHER_DEVIATION = 0.23
"""Standard deviation of log CTR between ads of a campaign for what no headline tells: picture, audience, placement.
The ads of one advertiser differed by 0.05 in squared relative deviation, chance taken out (docs/variants.md)."""

SHARE = 0.8
"""How often the true ratio shall lie within the interval."""

_ROUNDS = 100
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """Each variant's CTR as a multiple of the campaign's mean; arrays (n_variants,), low <= value <= high."""

    value: Floats
    low: Floats
    high: Floats


def ratios(promised: Floats, *, deviation: float, impressions: Floats, clicks: Floats) -> Ratios:
    """Bayes' rule for each variant: a Gamma prior for its ratio, Poisson clicks at the ratio times the campaign's CTR.

    Args:
        promised: Log ratio told by the words, (n_variants,); counts relative to the others.
        deviation: Standard deviation of the true log ratio around that, as far as words go.
        impressions: So far, (n_variants,).
        clicks: So far, (n_variants,).
    """
    prior = np.exp(promised)
    prior = prior / prior.mean()
    shape = np.full_like(prior, shape_with(np.array([deviation**2 + OTHER_DEVIATION**2]))[0])
    rate = shape / prior
    ctr = _campaign_ctr(shape, rate, impressions=impressions, clicks=clicks)
    value = (shape + clicks) / (rate + impressions * ctr)
    # the campaign's CTR is not known exactly either; where it was learned from this variant alone, nothing was learned
    leaning = impressions * ctr / (rate + impressions * ctr)
    variance = polygamma(1, shape + clicks) + leaning**2 * _ctr_variance(shape, rate, shown=impressions * ctr)
    sure = shape_with(np.minimum(variance, polygamma(1, shape)))
    low, high = (value / sure * gammaincinv(sure, tail) for tail in ((1 - SHARE) / 2, (1 + SHARE) / 2))
    return Ratios(value=value, low=np.minimum(low, value), high=np.maximum(high, value))


def shape_with(log_variance: Floats) -> Floats:
    """The shape of a Gamma distribution whose logarithm has this variance: the inverse of the trigamma function.

    Newton's method on its reciprocal (Smyth 2004, doi 10.2202/1544-6115.1027, appendix).
    """
    shape: Floats = 0.5 + 1 / log_variance
    for _ in range(20):
        trigamma = polygamma(1, shape)
        step = trigamma * (1 - trigamma / log_variance) / polygamma(2, shape)
        shape = shape + step
        if np.max(np.abs(step / shape)) < 1e-8:
            break
    return shape


def _campaign_ctr(shape: Floats, rate: Floats, *, impressions: Floats, clicks: Floats) -> float:
    """The CTR of an average variant: maximum a posteriori by expectation and maximisation.

    Variants that were shown more often because they do better do not raise it: each counts by its expected ratio.
    """
    ctr = BASE_CTR
    for _ in range(_ROUNDS):
        expected = (shape + clicks) / (rate + impressions * ctr)
        before, ctr = ctr, (PRIOR_CLICKS + clicks.sum()) / (PRIOR_CLICKS / BASE_CTR + (impressions * expected).sum())
        if abs(ctr / before - 1) < _CLOSE:
            break
    return float(ctr)


def _ctr_variance(shape: Floats, rate: Floats, *, shown: Floats) -> float:
    """Of the logarithm of the campaign's CTR: each variant tells of it by its clicks, but differs from it as well.

    The mean meant is that of these variants, so the difference fades as all of them are known (the correction for a
    finite population).
    """
    expected = shown * shape / rate
    known = float((expected / (expected + shape)).mean())
    told = expected / (1 + expected * (1 - known) / shape)
    return float(1 / (PRIOR_CLICKS + told.sum()))
