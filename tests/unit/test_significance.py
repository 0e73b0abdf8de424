"""Differences between variants, and chance."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.significance import LEVEL, Tally, differences, drawn_in, holm, p_value


def tally(clicks: int, impressions: int) -> Tally:
    """In short."""
    return Tally(clicks=clicks, impressions=impressions)


def exact(one: Tally, rest: Tally) -> float:
    """Fisher's test straight from its definition, in whole numbers."""
    clicks = one.clicks + rest.clicks
    tables = {
        k: comb(one.impressions, k) * comb(rest.impressions, clicks - k)
        for k in range(max(0, clicks - rest.impressions), min(clicks, one.impressions) + 1)
    }
    likely = sum(ways for ways in tables.values() if ways <= tables[one.clicks])
    return float(Fraction(likely, sum(tables.values())))


def test_a_tea_taster() -> None:
    """Fisher's lady (The Design of Experiments, 1935): three of four cups right is no proof, two-sided 34/70."""
    assert p_value(tally(3, 4), tally(1, 4)) == pytest.approx(34 / 70)


def test_the_g_test_of_large_counts() -> None:
    """120 and 90 of 1,000: G = 2 (120 ln 120/105 + 90 ln 90/105 + 880 ln 880/895 + 910 ln 910/895) = 4.8032."""
    assert p_value(tally(120, 1000), tally(90, 1000)) == pytest.approx(0.028406, abs=1e-6)


@given(st.integers(0, 12), st.integers(1, 30), st.integers(0, 12), st.integers(1, 200))
def test_small_counts_are_exact(clicks: int, shown: int, others: int, others_shown: int) -> None:
    """Wherever a cell is expected below five, the answer is Fisher's, to rounding."""
    one, rest = tally(min(clicks, shown), shown), tally(min(others, others_shown), others_shown)
    total = one.impressions + rest.impressions
    all_clicks = one.clicks + rest.clicks
    smallest = min(one.impressions, rest.impressions) * min(all_clicks, total - all_clicks) / total
    if smallest < 5:
        assert p_value(one, rest) == pytest.approx(exact(one, rest), rel=1e-6)


def test_millions_of_impressions_are_no_burden_for_the_exact_test() -> None:
    """Two clicks in a billion impressions are compared exactly, over a handful of possible tables."""
    found = p_value(tally(2, 500_000_000), tally(0, 500_000_000))
    assert found == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(("one", "rest"), [(tally(0, 0), tally(5, 100)), (tally(5, 100), tally(0, 0))])
def test_what_was_never_shown_is_not_compared(one: Tally, rest: Tally) -> None:
    """Without impressions on one side there is no p-value."""
    assert p_value(one, rest) is None


def test_holm_by_hand() -> None:
    """0.01, 0.04, 0.03 become 3 * 0.01, then 2 * 0.03, then what came before as 1 * 0.04 is less."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_variants_that_are_alike_seldom_differ() -> None:
    """Of 200 campaigns of fifty variants with one rate, about 5 % have a false alarm; uncorrected, most would."""
    random = np.random.default_rng(7)
    campaigns = [
        {str(place): tally(int(clicks), 2000) for place, clicks in enumerate(row)}
        for row in random.binomial(2000, 0.02, size=(200, 50))
    ]
    alarmed = sum(any(one.significant for one in differences(variants).values()) for variants in campaigns)
    uncorrected = sum(_any_below(LEVEL, variants) for variants in campaigns)
    assert alarmed / len(campaigns) <= 0.08
    assert uncorrected / len(campaigns) > 0.8


def _any_below(level: float, variants: dict[str, Tally]) -> bool:
    clicks, shown = sum(one.clicks for one in variants.values()), sum(one.impressions for one in variants.values())
    whole = tally(clicks, shown)
    return any((p_value(one, whole - one) or 0.0) < level for one in variants.values())


def test_a_real_difference_is_found() -> None:
    """One variant of twenty with half the rate of the others is told apart, and only that one."""
    variants = {f"v{place}": tally(200, 10_000) for place in range(19)} | {"weak": tally(100, 10_000)}
    compared = differences(variants)
    assert [name for name, one in compared.items() if one.significant] == ["weak"]
    assert compared["weak"].lift == pytest.approx(0.5)


def test_one_variant_alone_has_no_rest() -> None:
    """A campaign of one variant compares nothing."""
    [alone] = differences({"v1": tally(10, 100)}).values()
    assert (alone.p_value, alone.lift, alone.significant) == (None, None, False)


def test_little_evidence_is_drawn_to_the_mean() -> None:
    """1 of 2 at a mean of 0.018: 0.018 * (18 + 1) / (18 + 0.018 * 2); a million impressions speak for themselves."""
    assert drawn_in(tally(1, 2), mean=0.018) == pytest.approx(0.018 * 19 / 18.036)
    assert drawn_in(tally(0, 0), mean=0.018) == pytest.approx(0.018)
    assert drawn_in(tally(50_000, 1_000_000), mean=0.018) == pytest.approx(0.05, rel=1e-3)
    assert drawn_in(tally(0, 100), mean=0.0) == 0.0
