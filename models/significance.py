"""Whether a variant's click-through rate really differs from the rest of its campaign, or by chance.

Each variant is held against all others of its campaign together, in a table of two rows (the variant, the rest) and two
columns (clicked, not clicked).

- With enough of everything, by the G-test (likelihood ratio; R. R. Sokal, F. J. Rohlf: Biometry, 1995, section 17.2),
  whose statistic follows a chi-square distribution with one degree of freedom.
- Where any of the four counts is expected below five (W. G. Cochran: Some methods for strengthening the common
  chi-square tests, Biometrics 10, 1954), by Fisher's exact test, two-sided: the probability of all tables with the same
  sums that are no likelier than the one observed.

A campaign of fifty variants that are all alike would show two or three "significant" ones at 5 %. The probabilities are
therefore corrected by Holm's method (S. Holm: A simple sequentially rejective multiple test procedure, Scandinavian
Journal of Statistics 6, 1979), which keeps the chance of even one false alarm in a campaign at 5 %, whatever the
variants have to do with each other. As each is compared with a rest that holds the others, they are not independent;
Holm allows that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erfc, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln  # type: ignore[import-untyped]

LEVEL = 0.05
"""Chance of at least one false alarm in a campaign that is accepted."""

FEWEST_EXPECTED = 5.0
"""Below this expected count in any cell the exact test is taken (Cochran, 1954)."""

PRIOR_CLICKS = 18.0
"""What a campaign's mean is worth as a guess at the rate of one of its variants.

The headlines of one test of the Upworthy archive (17,860 of them, shared/data) differ from their test's mean by 23 %
(relative variance 0.0544 after taking off the binomial one), and 1 / 0.0544 = 18.4.
"""

_AS_LIKELY = 1e-7
"""Tables that differ by less in relative probability count as equally likely; they differ by rounding only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Clicks in so many impressions; at most as many."""

    clicks: int
    impressions: int

    @property
    def rate(self) -> float | None:
        """Clicks for each impression, or None without impressions."""
        return self.clicks / self.impressions if self.impressions else None

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(clicks=self.clicks - other.clicks, impressions=self.impressions - other.impressions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a variant compares with the rest of its campaign.

    Attributes:
        p_value: Chance of such a difference among variants that are alike, corrected for their number; None where there
            is nothing to compare.
        lift: Its rate over that of the rest, 1 being the same; None where that cannot be said.
    """

    p_value: float | None
    lift: float | None

    @property
    def significant(self) -> bool:
        """Whether chance is an unlikely reason."""
        return self.p_value is not None and self.p_value < LEVEL


def differences(variants: Mapping[str, Tally]) -> dict[str, Difference]:
    """How each variant differs from all others of its campaign together."""
    whole = Tally(
        clicks=sum(one.clicks for one in variants.values()),
        impressions=sum(one.impressions for one in variants.values()),
    )
    raw = {name: p_value(one, whole - one) for name, one in variants.items()}
    compared = {name: chance for name, chance in raw.items() if chance is not None}
    corrected = dict(zip(compared, holm(list(compared.values())), strict=True))
    return {
        name: Difference(p_value=corrected.get(name), lift=_lift(one, whole - one)) for name, one in variants.items()
    }


def p_value(one: Tally, rest: Tally) -> float | None:
    """The chance of a difference at least this great if both had the same rate; None when either was never shown."""
    if not one.impressions or not rest.impressions:
        return None
    observed = np.array(
        [[one.clicks, one.impressions - one.clicks], [rest.clicks, rest.impressions - rest.clicks]], dtype=np.float64
    )
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    if expected.min() < FEWEST_EXPECTED:
        return _fisher(one, rest)
    return _g_test(observed, expected)


def holm(chances: Sequence[float]) -> list[float]:
    """Each chance corrected for how many there are (Holm, 1979), in the same order; at most 1."""
    corrected = [0.0] * len(chances)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(chances)), key=lambda index: chances[index])):
        highest = max(highest, min(1.0, (len(chances) - place) * chances[index]))
        corrected[index] = highest
    return corrected


def drawn_in(tally: Tally, *, mean: float) -> float:
    """A rate as it is likeliest to be, drawn towards the mean of its campaign the more the less is known of it.

    The mean of a Gamma posterior whose prior has the campaign's mean and is worth ``PRIOR_CLICKS``.
    """
    return mean * (PRIOR_CLICKS + tally.clicks) / (PRIOR_CLICKS + mean * tally.impressions)


def _g_test(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    cells = zip(observed.ravel(), expected.ravel(), strict=True)
    statistic = 2 * sum(float(seen) * log(seen / awaited) for seen, awaited in cells if seen > 0)
    # The upper tail of a chi-square variable with one degree of freedom, as it is a squared normal one.
    return erfc(sqrt(max(statistic, 0.0) / 2))


def _fisher(one: Tally, rest: Tally) -> float:
    clicks, shown = one.clicks + rest.clicks, one.impressions + rest.impressions
    # An expected count below five bounds the tables to go through: the smaller sum is at most the root of 5 * shown.
    lowest, highest = max(0, clicks - rest.impressions), min(clicks, one.impressions)
    possible = np.arange(lowest, highest + 1, dtype=np.float64)
    logs = (
        _log_choose(one.impressions, possible)
        + _log_choose(rest.impressions, clicks - possible)
        - _log_choose(shown, np.array([clicks], dtype=np.float64))
    )
    chances: NDArray[np.float64] = np.exp(logs)
    as_likely = chances <= chances[one.clicks - lowest] * (1 + _AS_LIKELY)
    return min(1.0, float(chances[as_likely].sum()))


def _log_choose(whole: int, part: NDArray[np.float64]) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1)
    return logs


def _lift(one: Tally, rest: Tally) -> float | None:
    return one.rate / rest.rate if one.rate is not None and rest.rate else None
