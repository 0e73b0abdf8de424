"""What a platform's outcomes say of its rates, and the belief of a campaign and its variants."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv  # type: ignore[import-untyped]

from models.funnel import FUNNEL, RateKind, earned_by, flow_of, start_of, steps_of
from models.rates import TAIL, Belief, Flow, Forecast, Recent, Variability, believed, forecast, recent
from models.tallies import Tallies
from models.variability import ahead, centre_of, learned

MODEL_VERSION = "outcomes-1"
"""Changes with the way in which is learned from outcomes."""

PRIOR_VERSION = "funnel-prior-1"
"""Of predictions that no outcome of the platform stands behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One rate on the platform.

    Attributes:
        variability: How it varies.
        centre: Its mean.
        spread: Squared relative deviation of that mean.
        worth: What one of its events gains.
    """

    variability: Variability
    centre: float
    spread: float
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoasModel:
    """What is learned from all outcomes; only numbers and names, so that any format keeps it.

    Attributes:
        earned_by: ``clicks`` or ``conversions``: what revenue comes with.
        rates: By the names of :data:`models.funnel.FUNNEL`.
        outcomes: It was learned from so many days of lines.
        trained: Version of the trained model that says how the rates vary; empty when that was learned here as well.
    """

    earned_by: str
    rates: Mapping[str, Learned]
    outcomes: int
    trained: str = ""

    @property
    def version(self) -> str:
        """Named in predictions."""
        return (self.trained or MODEL_VERSION) if self.outcomes else PRIOR_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where lines stand before their own outcomes count: the prior that these correct.

    Attributes:
        centre: Mean of the lines it is likened to.
        spread: Squared relative deviation of that mean, and of what it may differ by, together.
        worth: What an event gains on a line that saw none yet.
    """

    centre: float
    spread: float
    worth: float


def roas_model(
    tallies: Tallies,
    *,
    kinds: Mapping[str, RateKind] = FUNNEL,
    variability: Mapping[str, Variability] | None = None,
    trained: str = "",
) -> RoasModel:
    """What ``tallies`` say of ``kinds``.

    Args:
        tallies: All outcomes.
        kinds: The rates.
        variability: How each of them varies, where that was learned before; else it is learned from ``tallies``.
        trained: Names the version that it was learned by.
    """
    by, steps = earned_by(tallies), steps_of(tallies)
    known = variability or {}
    rates = {
        name: _learned(flow_of(tallies, kind, earned_by=by), kind, steps=steps, known=known.get(name))
        for name, kind in kinds.items()
    }
    outcomes = int((tallies.of("impressions") > 0).sum())
    return RoasModel(earned_by=by, rates=rates, outcomes=outcomes, trained=trained if known else "")


def _learned(flow: Flow, kind: RateKind, *, steps: int, known: Variability | None) -> Learned:
    variability = known or _variability(flow, kind, steps=steps)
    seen = recent(flow, half_life=variability.half_life)
    centre, spread = _centre(seen, kind, between=variability.between)
    worth = float(seen.top.sum() / seen.events.sum()) if seen.top.any() and seen.events.any() else 1.0
    return Learned(variability=variability, centre=centre, spread=spread, worth=worth)


def _variability(flow: Flow, kind: RateKind, *, steps: int) -> Variability:
    start = start_of(kind, steps=steps)
    centre, _ = _centre(recent(flow, half_life=start.half_life), kind, between=start.between)
    return learned(flow, start=start, centre=centre)


def _centre(seen: Recent, kind: RateKind, *, between: float) -> tuple[float, float]:
    return centre_of(seen, prior=kind.prior, prior_spread=kind.prior_spread, between=between)


def standing_of(kind: RateKind, rate: Learned, *, siblings: Flow | None) -> Standing:
    """The prior of a campaign: what its account's other campaigns do, or what all do, and more doubt then.

    Args:
        kind: Of rate.
        rate: What was learned of it.
        siblings: The account's other campaigns, one line each; None when there are none.
    """
    variability, doubt = rate.variability, rate.spread + kind.between_accounts
    if siblings is None:
        return Standing(centre=rate.centre, spread=doubt + variability.between, worth=rate.worth)
    seen = recent(siblings, half_life=variability.half_life, usual_worth=rate.worth)
    centre, spread = centre_of(seen, prior=rate.centre, prior_spread=doubt, between=variability.between)
    return Standing(centre=centre, spread=spread + variability.between, worth=rate.worth)


def predicted(flow: Flow, rate: Learned, *, standing: Standing) -> tuple[Belief, Forecast]:
    """What is believed of lines with outcomes, and what comes at the pace they went; each (n_lines,)."""
    variability = rate.variability
    seen = recent(flow, half_life=variability.half_life, usual_worth=standing.worth)
    belief = believed(seen, centre=standing.centre, spread=standing.spread, clumping=variability.clumping)
    return belief, ahead(seen, belief=belief, variability=variability)


def unseen(belief: Belief, rate: Learned, *, events: float) -> Forecast:
    """What comes of lines without outcomes, of which so many ``events`` are expected.

    The value is the expected rate, whatever is spent: that small spendings mostly earn nothing helps to rank lines that
    were tried; of others it would only tell how small their budget is. The interval reaches at least as high as the
    rate itself may be, so that it does not end at its value.
    """
    count = np.full_like(belief.mean, events / rate.variability.clumping)
    coming = forecast(belief, events=count, variance=rate.variability.drift)
    reach = belief.mean * gammaincinv(belief.shape, 1 - TAIL) / belief.shape
    return Forecast(value=belief.mean, low=np.minimum(coming.low, belief.mean), high=np.maximum(coming.high, reach))
