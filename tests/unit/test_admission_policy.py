"""What is worth computing ahead, by functions of numbers alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precompute.admission import (
    REFRESHES_AT,
    Bounds,
    Load,
    may_queue,
    net_benefit,
    prior_share,
    share_read,
    threshold,
    worth,
)
from precompute.planner import Cause
from precompute.settings import Settings

BOUNDS = Bounds(prediction_threshold=0.5, most_waiting=100, most_waiting_events=2000, predictions_per_user=20)

loads = st.integers(0, 500).map(lambda waiting: Load(waiting=waiting))
IDLE = Load(waiting=0)
shares = st.floats(0, 1)
seconds = st.floats(0.001, 600)


def test_at_rest_the_threshold_is_that_of_the_contract() -> None:
    """0.5, for a type of which half of the results is read or more, and before anything is known of it."""
    assert threshold(IDLE) == 0.5
    assert threshold(IDLE, 0.5) == 0.5
    assert threshold(IDLE, 1.0) == 0.5
    assert threshold(IDLE, share_read(made=0, used=0)) == 0.5


@pytest.mark.parametrize(
    ("waiting", "read_share", "expected"),
    [(50, 0.75, 0.75), (100, 0.75, 1.0), (300, 0.75, 1.0), (0, 0.25, 0.75), (50, 0.25, 0.875), (0, 0.0, 1.0)],
)
def test_it_rises_with_the_backlog_and_where_results_are_seldom_read(
    waiting: int, read_share: float, expected: float
) -> None:
    """By hand: 1 - 0.5 * (1 - waiting / 100) * min(1, share / 0.5)."""
    assert threshold(Load(waiting=waiting), read_share, bounds=BOUNDS) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("setting", "read_share", "expected"),
    [(0.3, 0.3, 0.3), (0.3, 0.15, 0.65), (0.8, 0.8, 0.8), (0.8, 0.6, 0.85), (0.9, None, 0.9), (0.0, 0.0, 0.0)],
)
def test_a_type_pays_when_as_much_of_it_is_read_as_is_asked(
    setting: float, read_share: float | None, expected: float
) -> None:
    """By hand: 1 - (1 - setting) * min(1, share / setting); before anything is seen it is the setting."""
    bounds = Bounds(prediction_threshold=setting)
    assert threshold(IDLE, read_share, bounds=bounds) == pytest.approx(expected)
    assert threshold(IDLE, share_read(made=0, used=0, bounds=bounds), bounds=bounds) == pytest.approx(setting)


@given(first=loads, second=loads, share=shares)
def test_more_waiting_never_lowers_it(first: Load, second: Load, share: float) -> None:
    """Whatever share is read."""
    less, more = sorted((first, second), key=lambda load: load.waiting)
    assert threshold(less, share, bounds=BOUNDS) <= threshold(more, share, bounds=BOUNDS)


@given(load=loads, first=shares, second=shares)
def test_more_read_never_raises_it(load: Load, first: float, second: float) -> None:
    """Whatever waits; and it stays between the setting and 1."""
    low, high = sorted((first, second))
    assert threshold(load, high, bounds=BOUNDS) <= threshold(load, low, bounds=BOUNDS)
    assert BOUNDS.prediction_threshold <= threshold(load, high, bounds=BOUNDS) <= 1.0


@given(probability=shares, cost_s=seconds, load=loads, share=shares)
def test_where_waiting_costs_what_computing_costs_the_threshold_decides(
    probability: float, cost_s: float, load: Load, share: float
) -> None:
    """As long as there is room; a float's breadth aside."""
    limit = threshold(load, share, bounds=BOUNDS)
    let_in = worth(probability, wait_s=cost_s, cost_s=cost_s, load=load, read_share=share, bounds=BOUNDS)
    if abs(probability - limit) > 1e-9:
        assert let_in == (probability > limit and load.waiting < 100)


@given(probability=shares, wait_s=seconds, cost_s=seconds, load=loads, share=shares)
def test_nothing_is_let_in_at_or_below_the_contracts_half(
    probability: float, wait_s: float, cost_s: float, load: Load, share: float
) -> None:
    """However long the reader would wait, and however cheap it is."""
    if worth(probability, wait_s=wait_s, cost_s=cost_s, load=load, read_share=share, bounds=BOUNDS):
        assert probability > 0.5
        assert load.waiting < 100
        assert net_benefit(probability, wait_s=wait_s, cost_s=cost_s, load=load, read_share=share, bounds=BOUNDS) > 0


def test_what_is_better_than_the_contract_asks_may_still_not_be_worth_it() -> None:
    """A reader who hardly waits is not helped by a long computation; one who waits long is by a short one."""
    assert not worth(0.9, wait_s=1.0, cost_s=2.0, load=IDLE)
    assert worth(0.6, wait_s=2.0, cost_s=1.0, load=Load(waiting=90), bounds=BOUNDS)
    assert not worth(0.6, wait_s=1.0, cost_s=1.0, load=Load(waiting=90), bounds=BOUNDS)


def test_of_two_equally_probable_the_one_that_saves_more_waiting_is_worth_more() -> None:
    """0.8 * 10 - 10 * 0.5 = 3 seconds against 0.3."""
    assert net_benefit(0.8, wait_s=10, cost_s=10, load=IDLE) == pytest.approx(3.0)
    assert net_benefit(0.8, wait_s=1, cost_s=1, load=IDLE) == pytest.approx(0.3)


def test_predicted_work_is_refused_first_then_refreshes_then_events() -> None:
    """Each at its bound, not before."""
    at = {
        Cause.PREDICTION: BOUNDS.most_waiting,
        Cause.WARM_UP: BOUNDS.most_waiting,
        Cause.REFRESH: REFRESHES_AT * BOUNDS.most_waiting,
        Cause.EVENT: BOUNDS.most_waiting_events,
    }
    assert set(at) == set(Cause)
    for cause, bound in at.items():
        assert may_queue(cause, Load(waiting=bound - 1), bounds=BOUNDS)
        assert not may_queue(cause, Load(waiting=bound), bounds=BOUNDS)


@given(waiting=st.integers(0, 300), most=st.integers(1, 50), most_events=st.integers(1, 300))
def test_whenever_a_less_urgent_kind_is_let_in_a_more_urgent_one_is(waiting: int, most: int, most_events: int) -> None:
    """Whatever bounds somebody sets."""
    bounds = Bounds(most_waiting=most, most_waiting_events=most_events)
    order = (Cause.PREDICTION, Cause.REFRESH, Cause.EVENT)
    let_in = [may_queue(cause, Load(waiting=waiting), bounds=bounds) for cause in order]
    assert let_in == sorted(let_in)


def test_few_observations_change_little() -> None:
    """Ten unread ones in a row leave the threshold where it was; a hundred nearly close it."""
    assert share_read(made=0, used=0) == prior_share()
    assert threshold(IDLE, share_read(made=10, used=0)) == pytest.approx(0.5)
    assert threshold(IDLE, share_read(made=100, used=0)) == pytest.approx(0.875)
    assert threshold(IDLE, share_read(made=1000, used=800)) == 0.5


@given(made=st.integers(0, 10_000), used=st.integers(0, 10_000))
def test_the_share_read_is_a_share_and_grows_with_every_read(made: int, used: int) -> None:
    """Also when counters were lost and do not fit each other."""
    share = share_read(made=made, used=used)
    assert 0 < share <= 1
    if used < made:
        assert share < share_read(made=made, used=used + 1)
        assert share > share_read(made=made + 1, used=used)


def test_the_settings_set_the_bounds() -> None:
    """Each by its variable, with the defaults of this module."""
    assert Bounds.of(Settings()) == Bounds()
    environ = {
        "PRECOMPUTE_PREDICTION_THRESHOLD": "0.3",
        "PRECOMPUTE_MOST_WAITING": "7",
        "PRECOMPUTE_MOST_WAITING_EVENTS": "70",
        "PRECOMPUTE_PREDICTIONS_PER_USER": "2",
    }
    expected = Bounds(prediction_threshold=0.3, most_waiting=7, most_waiting_events=70, predictions_per_user=2)
    assert Bounds.of(Settings.from_environ(environ)) == expected
    assert threshold(IDLE, bounds=expected) == pytest.approx(0.3)
