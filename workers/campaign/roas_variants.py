"""What each variant of a campaign will bring."""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

import numpy as np

from models.rates import LONGEST_HALF_LIFE, Belief, Forecast, recent
from models.roas import Standing, predicted, unseen
from models.tallies import Tallies
from precompute.store import Totals
from workers.campaign.expected import Expected
from workers.campaign.standing import Campaign

RATES = ("roas", "ctr")
"""What is told of a variant."""

_UNSCORED = {"ctr": 1.0, "low": 1.0, "high": 1.0}
_WIDTH = 2 * 1.2816
_LEAST_RATIO = 1e-3


def variant_rates(
    campaign: Campaign,
    beliefs: Mapping[str, Belief],
    *,
    ids: Sequence[str],
    scores: Sequence[Mapping[str, Any]],
    spend: float,
) -> list[dict[str, Any]]:
    """Variants that were made here, in their order, then those of which only outcomes are known.

    Args:
        campaign: Theirs.
        beliefs: Of the whole campaign's rates, at least :data:`RATES`.
        ids: Of the variants that were made here.
        scores: Of variants, each fits :class:`precompute.results.campaign.VariantScoreSchema`.
        spend: Planned for the whole campaign, the same for each of its variants.
    """
    tallies = campaign.tallies.rows([variant_id is not None for _, variant_id in campaign.tallies.lines])
    rows = {str(variant_id): row for row, (_, variant_id) in enumerate(tallies.lines)}
    everyone = list(dict.fromkeys([*ids, *rows, *campaign.by_variant]))
    told = {score["variant_id"]: score for score in scores}
    in_order = [told.get(variant_id, _UNSCORED) for variant_id in everyone]
    found: dict[str, list[Expected]] = {}
    for name in RATES:
        promised = _promised(name, campaign, beliefs[name], scores=in_order, spend=spend / max(1, len(everyone)))
        real = _real(name, campaign, beliefs[name], tallies=tallies)
        found[name] = [
            real.get(rows.get(one, -1)) or Expected.of(promised, place) for place, one in enumerate(everyone)
        ]
    return [
        {
            "variant_id": variant_id,
            **{name: found[name][place].told() for name in RATES},
            "evidence": _evidence(campaign.by_variant.get(variant_id, Totals())),
        }
        for place, variant_id in enumerate(everyone)
    ]


def _real(name: str, campaign: Campaign, whole: Belief, *, tallies: Tallies) -> Mapping[int, Expected]:
    """What comes of the variants with outcomes that count for this rate, by row of ``tallies``."""
    learned, flow = campaign.learned(name), campaign.flow(name, tallies)
    spread = 1 / float(whole.shape[0]) + learned.variability.between
    all_of_it = recent(
        campaign.flow(name, campaign.tallies.whole()), half_life=LONGEST_HALF_LIFE, usual_worth=learned.worth
    )
    standing = Standing(centre=float(whole.mean[0]), spread=spread, worth=float(all_of_it.worth[0]))
    _, coming = predicted(flow, learned, standing=standing)
    return {row: Expected.of(coming, row) for row in np.flatnonzero(flow.bottom.any(axis=1)).tolist()}


def _promised(
    name: str, campaign: Campaign, whole: Belief, *, scores: Sequence[Mapping[str, Any]], spend: float
) -> Forecast:
    """What comes of variants without outcomes: the campaign's rate times what the words promise."""
    ratio, low, high = (
        np.array([max(float(score[bound]), _LEAST_RATIO) for score in scores]) for bound in ("ctr", "low", "high")
    )
    doubt = (np.array([log(up / down) for up, down in zip(high, low, strict=True)]) / _WIDTH) ** 2
    learned = campaign.learned(name)
    spread = 1 / whole.shape[0] + learned.variability.between + doubt
    belief = Belief(mean=whole.mean[0] * ratio, shape=1 / spread)
    return unseen(belief, learned, events=campaign.events(name, spend=spend))


def _evidence(totals: Totals) -> dict[str, int]:
    return {"outcomes": totals.outcomes, "impressions": totals.impressions}
