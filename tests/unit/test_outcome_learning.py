"""Beliefs of rates: memory, Bayes' rule, honest intervals, and what is learned of how rates vary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.rates import (
    SHARE,
    Belief,
    Flow,
    Recent,
    Variability,
    believed,
    forecast,
    held,
    recent,
)
from models.tallies import MOST_DAYS, tallies_of
from models.variability import ahead, centre_of, learned
from precompute.store import Period, Totals

START = Variability(half_life=2.0, between=0.5, drift=0.04, horizon=7, clumping=1.5)


def flow(top: object, bottom: object, events: object) -> Flow:
    """From nested lists."""
    return Flow(top=np.array(top, float), bottom=np.array(bottom, float), events=np.array(events, float))


def seen(*, top: float, bottom: float, events: float, worth: float = 1.0) -> Recent:
    """One line that goes on at its pace."""
    return Recent(
        top=np.array([top]),
        bottom=np.array([bottom]),
        events=np.array([events]),
        worth=np.array([worth]),
        pace=np.array([bottom]),
        gap=np.array([0.0]),
    )


def world(
    *, lines: int, days: int, events_a_day: float, wander: float, seed: int, clumping: int = 1, shock: float = 0.0
) -> Flow:
    """Rates that walk, each ``clumping`` events at a time; all fall at once in the middle by ``shock`` (logarithm)."""
    random = np.random.default_rng(seed)
    walk = random.normal(0, wander, (lines, days)).cumsum(axis=1) + random.normal(0, 0.6, (lines, 1))
    walk[:, days // 2 :] -= shock
    bottom = random.gamma(20, events_a_day / 20, (lines, days))
    events = clumping * random.poisson(bottom * np.exp(walk) / clumping).astype(float)
    return Flow(top=0.25 * events, bottom=bottom, events=events)


def coverage(rates: Flow, variability: Variability, *, at: int) -> float:
    """Share of lines whose next period lies within the interval told at step ``at``."""
    known = recent(rates.until(at), half_life=variability.half_life)
    belief = believed(known, centre=0.25, spread=variability.between, clumping=variability.clumping)
    coming = ahead(known, belief=belief, variability=variability)
    until = at + variability.horizon
    actual = rates.top[:, at:until].sum(axis=1) / rates.bottom[:, at:until].sum(axis=1)
    return float(((actual >= coming.low - 1e-9) & (actual <= coming.high + 1e-9)).mean())


def test_bayes_rule_by_hand() -> None:
    """A prior worth 2 events at 0.1, and 30 events where 10 were expected: (2 + 30) / (2 + 10) of 0.1."""
    belief = believed(seen(top=30.0, bottom=100.0, events=30.0), centre=0.1, spread=0.5, clumping=1.0)
    assert belief.mean[0] == pytest.approx(0.1 * 32 / 12)
    assert belief.shape[0] == pytest.approx(32)


def test_money_counts_as_the_events_it_came_with() -> None:
    """Revenue of 60 in three sales says as much as three sales do, not sixty."""
    belief = believed(seen(top=60.0, bottom=40.0, events=3.0, worth=20.0), centre=1.0, spread=0.5, clumping=1.0)
    assert belief.shape[0] == pytest.approx(2 + 3)
    assert belief.mean[0] == pytest.approx((2 + 3) / (2 + 2))


def test_the_latest_counts_most_where_there_is_much() -> None:
    """On a line with many events a jump is believed within days; the same jump in a handful of clicks is not."""
    days = [[0.01] * 20 + [0.03] * 4]
    busy = flow(np.array(days) * 1e6, [[1e6] * 24], np.array(days) * 1e6)
    quiet = flow(np.array(days) * 50, [[50] * 24], np.array(days) * 50)
    rates = [
        float(believed(recent(one, half_life=2.0), centre=0.01, spread=0.5, clumping=1.0).mean[0])
        for one in (busy, quiet)
    ]
    assert rates[0] > 0.024
    assert rates[1] < 0.018


def test_memory_starts_at_a_lines_own_last_report() -> None:
    """A line that rested for two months is still known by what it did; it is only less sure."""
    days = np.zeros((2, 80))
    days[0, :20] = days[1, 60:] = 1_000
    known = recent(Flow(top=days * 0.02, bottom=days, events=days * 0.02), half_life=2.0)
    assert known.top[0] == pytest.approx(known.top[1])
    assert known.gap.tolist() == [60.0, 0.0]
    belief = believed(known, centre=0.01, spread=0.5, clumping=1.0)
    coming = ahead(known, belief=belief, variability=START)
    assert coming.high[0] - coming.low[0] > 1.5 * (coming.high[1] - coming.low[1])


@given(
    mean=st.floats(1e-4, 50),
    shape=st.floats(0.3, 1e5),
    events=st.floats(0.01, 1e6),
    variance=st.floats(0.001, 1.0),
    share=st.floats(0, 4),
)
def test_what_is_held_is_what_lies_between_the_bounds(
    mean: float, shape: float, events: float, variance: float, share: float
) -> None:
    """The fast answer is the answer of the bounds; and the value lies between these."""
    belief, expected = Belief(mean=np.array([mean]), shape=np.array([shape])), np.array([events])
    actual = np.array([mean * round(share * events) / events])
    coming = forecast(belief, events=expected, variance=variance)
    assert 0 <= coming.low[0] <= coming.value[0] <= coming.high[0]
    slack = 1e-9 * mean
    between = coming.low[0] - slack <= actual[0] <= coming.high[0] + slack
    # where the value itself had to be let in, the bounds are wider than the quantiles
    if coming.value[0] not in (coming.low[0], coming.high[0]):
        assert bool(held(actual, belief=belief, events=expected, variance=variance)[0]) == between


def test_intervals_hold_what_they_promise_for_counts() -> None:
    """Negative binomial counts from a handful to thousands fall within the interval four times out of five."""
    random = np.random.default_rng(5)
    for events in (30.0, 1_000.0):
        size = 1 / (1 / 40 + 0.05)
        rates = random.poisson(events * random.gamma(size, 1 / size, 4_000)) / events
        one = Belief(mean=np.ones(4_000), shape=np.full(4_000, 40.0))
        assert held(rates, belief=one, events=np.full(4_000, events), variance=0.05).mean() == pytest.approx(
            SHARE, abs=0.035
        )


def test_where_nothing_is_likely_the_interval_starts_at_zero() -> None:
    """Half an event expected: zero is inside, the value is below the mean, and the top is cut at 80 %."""
    belief = Belief(mean=np.array([2.0]), shape=np.array([50.0]))
    coming = forecast(belief, events=np.array([0.5]), variance=0.02)
    assert coming.low[0] == 0.0
    assert coming.value[0] == pytest.approx(2.0 * (1 - np.exp(-0.5)), rel=0.02)
    assert coming.high[0] == pytest.approx(4.0)  # one event where half of one was expected


def test_a_centre_is_not_bought_by_the_biggest_line() -> None:
    """A line with a thousand times the clicks counts little more than another: lines differ."""
    known = recent(
        flow([[2_000_000], [10_000], [10_000]], [[10_000_000], [1_000_000], [1_000_000]], [[2e6], [1e4], [1e4]]),
        half_life=2.0,
    )
    centre, spread = centre_of(known, prior=0.01, prior_spread=10.0, between=0.5)
    assert centre == pytest.approx((0.2 + 0.01 + 0.01) / 3, rel=0.05)
    assert spread == pytest.approx(0.5 / 3, rel=0.1)


def test_no_outcomes_leave_the_prior() -> None:
    """Lines of which nothing was seen say nothing."""
    empty = recent(flow([[0.0]], [[0.0]], [[0.0]]), half_life=2.0)
    assert centre_of(empty, prior=0.01, prior_spread=0.3, between=0.5) == (0.01, 0.3)
    assert learned(flow(np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 1))), start=START, centre=0.01) == START


@pytest.mark.parametrize("events_a_day", [3.0, 300.0])
@pytest.mark.parametrize("wander", [0.01, 0.12])
def test_intervals_fit_a_platform_after_it_was_learned(events_a_day: float, wander: float) -> None:
    """Calm or wild, busy or quiet: what is learned of the past makes four of five intervals hold in the weeks after."""
    rates = world(lines=150, days=90, events_a_day=events_a_day, wander=wander, seed=3)
    variability = learned(rates.until(60), start=START, centre=0.25)
    assert np.mean([coverage(rates, variability, at=at) for at in range(60, 83, 7)]) == pytest.approx(SHARE, abs=0.06)


def test_a_wilder_platform_gets_wider_intervals_and_a_shorter_memory() -> None:
    """Drift is learned, not assumed."""
    calm, wild = (
        learned(world(lines=80, days=60, events_a_day=500, wander=w, seed=1), start=START, centre=0.25)
        for w in (0.005, 0.2)
    )
    assert calm.drift < 0.5 * START.drift
    assert wild.drift > 4 * calm.drift
    assert wild.half_life < calm.half_life


def test_events_that_come_in_clumps_are_counted_as_clumps() -> None:
    """Five clicks by one and the same visitor are no five visitors."""
    options = {"lines": 200, "days": 60, "events_a_day": 4.0, "wander": 0.01, "seed": 2}
    apart, clumped = (learned(world(clumping=n, **options), start=START, centre=0.25) for n in (1, 5))
    assert clumped.clumping > apart.clumping


def test_after_a_shock_the_new_level_is_believed() -> None:
    """All rates fall to two thirds in a day: two weeks later predictions are within a tenth of the new level."""
    rates = world(lines=60, days=60, events_a_day=2_000, wander=0.02, seed=4, shock=0.4)
    variability = learned(rates.until(44), start=START, centre=0.25)
    known = recent(rates.until(44), half_life=variability.half_life)
    belief = believed(known, centre=0.25, spread=variability.between, clumping=variability.clumping)
    actual = rates.top[:, 44:51].sum(axis=1) / rates.bottom[:, 44:51].sum(axis=1)
    assert abs(float(np.median(belief.mean / actual)) - 1) < 0.1


def test_the_documented_variability_stands_until_there_is_a_past() -> None:
    """Four days teach nothing of two weeks; only how lines differ is known already."""
    short = world(lines=30, days=4, events_a_day=500, wander=0.02, seed=6)
    assert replace(learned(short, start=START, centre=0.25), between=START.between) == START


def period(day: int, *, hour: int = 0, clicks: int = 1) -> Period:
    """Ten impressions."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, hours=hour)
    return Period(at=at, totals=Totals(outcomes=1, impressions=10, clicks=clicks))


def shape(array: NDArray[np.float64]) -> list[list[float]]:
    """As nested lists."""
    found: list[list[float]] = array.tolist()
    return found


def test_tallies_have_the_days_on_which_anything_was_reported() -> None:
    """Hours are added up to days, days without a report are left out, other lines' days are put in."""
    tallies = tallies_of({("a", None): [period(0, hour=3), period(0, hour=9)], ("a", "v"): [period(30, clicks=5)]})
    assert shape(tallies.of("clicks")) == [[2, 0], [0, 5]]
    assert np.diff(tallies.days).tolist() == [30]
    more = tallies_of({("a", None): [period(0)]}, days=tallies.days + 1)
    assert shape(more.of("impressions")) == [[10, 0, 0]]


def test_tallies_look_back_so_far_and_no_further() -> None:
    """Of a long past the latest days are kept."""
    tallies = tallies_of({("a", None): [period(day) for day in range(MOST_DAYS + 5)]})
    assert tallies.days.size == MOST_DAYS
    assert int(tallies.days[-1] - tallies.days[0]) == MOST_DAYS - 1


def test_tallies_of_nothing_are_one_day_of_nothing() -> None:
    """So that nothing is divided by no days."""
    tallies = tallies_of({})
    assert (tallies.lines, tallies.whole().of("spend").tolist()) == ((), [[0.0]])
