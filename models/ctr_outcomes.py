"""A video's click-through rate once outcomes are known: its own, and those of the platform's other videos."""

from models.ctr import BASE_CTR, CtrBelief
from models.funnel import CTR, flow_of
from models.rates import Forecast
from models.roas import RoasModel, Standing, predicted, unseen
from models.tallies import Tallies

MANY_CLICKS = 1e6
"""A video that was not shown yet is told for as many showings as leave no noise of counting."""


def ctr_after(prior: CtrBelief, *, own: Tallies, model: RoasModel) -> Forecast:
    """What a video's CTR will be in the next two weeks; one line.

    The signs say how this video differs from others, the others' outcomes how the platform differs from the
    benchmarks, and its own outcomes correct both.

    Args:
        prior: Of this video, by its signs.
        own: Its outcomes, on the platform's days; of no line when there are none.
        model: Of all videos.
    """
    learned = model.rates["ctr"]
    centre = prior.mean * learned.centre / BASE_CTR
    standing = Standing(centre=centre, spread=learned.spread + learned.variability.between, worth=1.0)
    flow = flow_of(own.whole(), CTR, earned_by=model.earned_by)
    belief, coming = predicted(flow, learned, standing=standing)
    return coming if flow.bottom.any() else unseen(belief, learned, events=MANY_CLICKS)
