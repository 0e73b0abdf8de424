"""The variants of a campaign as people met them: who leads, who lags, and which of it is more than chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.significance import Difference, Tally, differences, drawn_in
from precompute.store import Totals
from workers.dashboard.figures import added

MOST_TOLD = 3
"""Best variants told of a campaign, and worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFigures:
    """A variant that was shown.

    Attributes:
        variant_id: Which.
        totals: Its outcomes to date.
        difference: How it compares with the rest of its campaign.
        relative_ctr: Its CTR over that of all variants of the campaign together; None while nobody clicked at all.
    """

    variant_id: str
    totals: Totals
    difference: Difference
    relative_ctr: float | None

    @property
    def tally(self) -> Tally:
        """Its clicks and impressions."""
        return _tally(self.totals)

    @property
    def losing(self) -> bool:
        """Whether it does worse than the rest, and hardly by chance."""
        return self.difference.significant and (self.difference.lift or 0.0) < 1.0


def figures_of(totals: Mapping[str, Totals]) -> list[VariantFigures]:
    """The variants of one campaign that were shown, by variant id."""
    shown = {name: one for name, one in sorted(totals.items()) if one.impressions}
    compared = differences({name: _tally(one) for name, one in shown.items()})
    overall = added(shown.values()).ctr
    return [
        VariantFigures(
            variant_id=name,
            totals=one,
            difference=compared[name],
            relative_ctr=(one.ctr or 0.0) / overall if overall else None,
        )
        for name, one in shown.items()
    ]


def best_and_worst(figures: Sequence[VariantFigures]) -> tuple[list[VariantFigures], list[VariantFigures]]:
    """The leaders, best first, and the laggards, worst first; at most three each, and nobody in both.

    By their CTR drawn towards the campaign's mean (:func:`models.significance.drawn_in`), so that one click in two
    impressions leads nothing.
    """
    mean = added(one.totals for one in figures).ctr or 0.0
    ranked = sorted(figures, key=lambda one: (-drawn_in(one.tally, mean=mean), one.variant_id))
    leaders = min(MOST_TOLD, -(-len(ranked) // 2))
    laggards = min(MOST_TOLD, len(ranked) - leaders)
    return ranked[:leaders], ranked[::-1][:laggards]


def _tally(totals: Totals) -> Tally:
    return Tally(clicks=min(totals.clicks, totals.impressions), impressions=totals.impressions)
