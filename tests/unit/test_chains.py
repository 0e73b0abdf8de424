"""Chains of a user's own actions, of everybody's, and how they are pooled: hand-worked goldens."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.chains import agreement, followers, runs, smoothed
from models.pooling import FAINTEST, pooled
from models.pooling_fit import pool_weights
from models.population import DECAY, Population, contexts, told_by
from models.windows import LONGEST, NONE, Windows, window_of_each

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NUMBERS = {"a": 0, "b": 1, "c": 2}


def _window(names: str, *, step: timedelta = timedelta(minutes=1), asked: timedelta = timedelta(hours=1)) -> Windows:
    history = [(name, NOON + place * step) for place, name in enumerate(names)]
    return window_of_each([history], at=[NOON + len(names) * step + asked], utc_offsets=[None], numbers=NUMBERS)


def test_window_has_the_latest_first() -> None:
    """The last action stands in column 0, and nothing past the first."""
    known = _window("abc")
    assert known.actions[0, :4].tolist() == [2, 1, 0, NONE]
    assert known.known.sum() == 3


def test_window_holds_the_latest_only() -> None:
    """What came before the latest two hundred is not looked at."""
    assert _window("c" + "ab" * 100).known.sum() == LONGEST
    assert 2 not in _window("c" + "ab" * 100).actions


def test_agreement_counts_the_context_that_is_the_same() -> None:
    """After ``a b`` came once ``c`` (both agree) and once, after ``c b``, ``a`` (one agrees)."""
    length = agreement(_window("abcbab"), longest=3)
    # Latest first: b a b c b a. Now: ...b a b. Before the c stood a b, before the a stood c b.
    assert length[0, :6].tolist() == [0, 1, 0, 2, 0, 0]


def test_runs_leave_repetitions_out() -> None:
    """``a a b b b a`` are the runs a, b, a, latest first."""
    assert runs(_window("aabbba"), longest=4).tolist() == [[0, 1, 0, NONE]]


def test_followers_sum_weights() -> None:
    """Each action of the window adds its own weight."""
    weight = np.zeros((1, LONGEST))
    weight[0, :3] = (0.5, 0.25, 2.0)
    assert followers(_window("aba"), weight, kinds=3).tolist() == [[2.5, 0.25, 0.0]]


def test_witten_bell_by_hand() -> None:
    """Three times b and once c: two kinds, so the shorter context has 2 of 6 shares."""
    shares = smoothed(np.array([[0.0, 3.0, 1.0]]), np.array([[0.5, 0.25, 0.25]]))
    assert shares[0] == pytest.approx([2 * 0.5 / 6, 3.5 / 6, 1.5 / 6])


def test_nothing_counted_leaves_the_shorter_context() -> None:
    """Without counts the shorter context alone tells."""
    assert smoothed(np.zeros((1, 2)), np.array([[0.7, 0.3]]))[0] == pytest.approx([0.7, 0.3])


def test_population_forgets_and_adds() -> None:
    """A second time in a context leaves ``DECAY`` of the first and adds one."""
    known = _window("ab")
    keys = np.repeat(contexts(known, moment=known.now), 3, axis=0)
    found = Population().grown(NUMBERS).follow(keys, [0, 1, 1], [1.0, 2.0, 3.0])
    assert found[0].sum() == 0
    assert found[1, :, 0].tolist() == [1.0] * 16
    assert found[2, :, 0] == pytest.approx(DECAY[:, 0])
    assert found[2, :, 1].tolist() == [1.0] * 16


def test_population_learns_from_an_instant_when_it_is_over() -> None:
    """Events that share a time do not know of each other, whatever their order; also across two calls."""
    known = _window("ab")
    keys = contexts(known, moment=known.now)
    everybody = Population().grown(NUMBERS)
    assert everybody.follow(keys, [0], [60.0]).sum() == 0
    assert everybody.follow(keys, [1], [60.0]).sum() == 0
    assert everybody.follow(keys, [2], [120.0])[0, 0, :2] == pytest.approx([DECAY[0, 0], 1.0])


def test_population_that_is_not_kept_up_tells_nothing_of_lately() -> None:
    """What was lately done long ago is left out."""
    known = _window("ab")
    keys = contexts(known, moment=known.now)
    everybody = Population().grown(NUMBERS)
    everybody.follow(keys, [0], [60.0])
    everybody = everybody.without_rare()
    old = told_by(everybody.find(keys, kinds=3, live=False), known, live=False)
    assert everybody.find(keys, kinds=3, live=True).sum() == 16
    assert everybody.find(keys, kinds=3, live=False).sum() == 11
    assert old.shares["lately_1"] == pytest.approx(old.shares["all_3"])


def test_actions_beyond_what_a_population_counts_have_none() -> None:
    """An action that it has never seen is found with no weight."""
    known = _window("ab")
    keys = contexts(known, moment=known.now)
    everybody = Population().grown("ab")
    everybody.follow(keys, [0], [60.0])
    found = everybody.without_rare().find(keys, kinds=5, live=True)
    assert found.shape == (1, 16, 5)
    assert found[0, 0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_pauses_make_other_contexts() -> None:
    """A minute's and a day's pause differ, in the columns that look at the pause before this moment only."""
    short, long = _window("ab", asked=timedelta(minutes=4)), _window("ab", asked=timedelta(days=2))
    differ = contexts(short, moment=short.now) != contexts(long, moment=long.now)
    assert np.flatnonzero(differ[0]).tolist() == [5, 6, 7, 14]


def test_pool_of_one_opinion_is_that_opinion() -> None:
    """With weight one nothing changes but the faintest chance."""
    opinion = np.array([[[0.7], [0.2], [0.1]]])
    assert pooled(opinion, np.ones(1))[0] == pytest.approx(opinion[0, :, 0], abs=2 * FAINTEST)


def test_pool_trusts_who_knows() -> None:
    """Of one who knows and one who guesses, the first gets the weight."""
    random = np.random.default_rng(0)
    knowing, guessing = random.dirichlet(np.ones(3), size=(2, 4000))
    came = np.array([random.choice(3, p=shares) for shares in knowing])
    weights = pool_weights(np.stack([knowing, guessing], axis=2), came[:, None] == np.arange(3))
    assert weights == pytest.approx([1.0, 0.0], abs=0.08)


def test_pool_weights_without_cases_are_even() -> None:
    """Nothing to learn from: everybody counts alike."""
    assert pool_weights(np.zeros((0, 3, 2)), np.zeros((0, 3), bool)).tolist() == [0.5, 0.5]
