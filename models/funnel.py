"""The rates of a campaign's funnel, and what is believed of each before any outcome: docs/roas.md gives the sources."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from models.ctr import BASE_CTR, PRIOR_CLICKS
from models.rates import Flow, Variability
from models.tallies import Tallies

HORIZON_DAYS = 14
"""The next period that predictions are about."""

PRIOR_CPM = 10.0
"""Price of 1,000 impressions, in the account's currency."""

PRIOR_CONVERSION_RATE = 0.020
"""Conversions for each click."""

PRIOR_ORDER_VALUE = 80.0
"""Revenue of a conversion, in the account's currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateKind:
    """One rate of the funnel.

    Attributes:
        top: Figure of an outcome that is gained.
        bottom: Figure that it is gained from.
        prior: Expected before any outcome.
        prior_spread: Its squared relative deviation: how wrong the benchmark may be for all of a platform.
        between: Squared relative deviation of campaigns around their platform's mean.
        between_accounts: The same, of accounts.
    """

    top: str
    bottom: str
    prior: float
    prior_spread: float
    between: float
    between_accounts: float


ROAS = RateKind(
    top="revenue",
    bottom="spend",
    prior=1_000 / PRIOR_CPM * BASE_CTR * PRIOR_CONVERSION_RATE * PRIOR_ORDER_VALUE,
    prior_spread=0.3,
    between=0.5,
    between_accounts=0.3,
)
"""Revenue for each unit of spend."""

CTR = RateKind(top="clicks", bottom="impressions", prior=BASE_CTR, prior_spread=0.25, between=0.5, between_accounts=0.1)
"""Clicks for each impression."""

VIDEO_CTR = replace(CTR, between=1 / PRIOR_CLICKS)
"""Of videos, which start from the prior of docs/ctr-prior.md."""

FUNNEL: Mapping[str, RateKind] = {
    "impressions": RateKind(
        top="impressions",
        bottom="spend",
        prior=1_000 / PRIOR_CPM,
        prior_spread=0.15,
        between=0.2,
        between_accounts=0.15,
    ),
    "clicks": RateKind(
        top="clicks",
        bottom="spend",
        prior=1_000 / PRIOR_CPM * BASE_CTR,
        prior_spread=0.2,
        between=0.5,
        between_accounts=0.2,
    ),
    "conversions": RateKind(
        top="conversions",
        bottom="spend",
        prior=1_000 / PRIOR_CPM * BASE_CTR * PRIOR_CONVERSION_RATE,
        prior_spread=0.3,
        between=0.5,
        between_accounts=0.3,
    ),
    "roas": ROAS,
    "ctr": CTR,
}
"""All that is predicted, each for itself."""


def start_of(kind: RateKind, *, steps: int) -> Variability:
    """How ``kind`` is said to vary until outcomes tell (docs/roas.md, "Before there is a past").

    Args:
        kind: One of :data:`FUNNEL`.
        steps: Of the horizon.
    """
    return Variability(half_life=2.0, between=kind.between, drift=0.03, horizon=steps, clumping=1.5)


def flow_of(tallies: Tallies, kind: RateKind, *, earned_by: str) -> Flow:
    """What ``kind`` is made of.

    Args:
        tallies: Of any lines.
        kind: One of :data:`FUNNEL`.
        earned_by: ``clicks`` or ``conversions``: what revenue comes with.
    """
    events = earned_by if kind.top == "revenue" else kind.top
    return Flow(top=tallies.of(kind.top), bottom=tallies.of(kind.bottom), events=tallies.of(events))


def earned_by(tallies: Tallies) -> str:
    """What revenue comes with: ``conversions``, unless a line earned without one on a twentieth of the days it earned.

    Days are counted, not money: a busy line has conversions every day, whatever its revenue comes with.
    """
    earned = tallies.of("revenue") > 0
    without = earned & (tallies.of("conversions") == 0)
    return "clicks" if without.sum() > 0.05 * earned.sum() else "conversions"


def steps_of(tallies: Tallies) -> int:
    """How many steps of ``tallies`` the horizon has, by the usual distance of days with a report."""
    if len(tallies.days) < 2:
        return HORIZON_DAYS
    return max(1, round(HORIZON_DAYS / float(np.median(np.diff(tallies.days)))))
