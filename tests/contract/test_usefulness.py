"""Whether what was computed was read, by type and cause, and what admission makes of it."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, GRACE, SOLO, TTL, Bench, key

from precompute.admission import prior_share
from precompute.cache import Cache
from precompute.planner import Cause
from precompute.usefulness import (
    PRIOR_SHARE_OF_LIMIT,
    TRUSTED_FOR,
    Experiences,
    Usefulness,
    experience,
    forget_half,
    usefulness,
)


def computed(bench: Bench, cause: Cause, *, times: int = 1, read: int = 0) -> None:
    """Results of different videos, the first of which are read twice; each took a second and a half."""
    for number in range(times):
        video = f"{cause}{number}"
        bench.trigger(SOLO, cause=cause, video=video)
        bench.compute(SOLO, video=video)
        if number < read:
            bench.cache.read(key(SOLO, video))
            bench.cache.read(key(SOLO, video))


def all_gone(bench: Bench) -> None:
    """Long enough for every entry to go."""
    bench.clock.forward(TTL + GRACE + SOLO.kept_for_errors)
    bench.cache.clean()


def of_solo(cache: Cache) -> dict[Cause, Usefulness]:
    """What became of its results."""
    return dict(usefulness(cache, CATALOGUE)[SOLO.name])


def test_nothing_is_told_of_what_never_ran(bench: Bench) -> None:
    """Every served type is there all the same."""
    told = usefulness(bench.cache, CATALOGUE)
    assert set(told) == {row.name for row in CATALOGUE.served()}
    assert not any(told.values())


def test_each_cause_stands_by_itself(bench: Bench) -> None:
    """What was read, what went without, and the rest of which nobody knows yet."""
    computed(bench, Cause.EVENT, times=1, read=1)
    computed(bench, Cause.PREDICTION, times=3, read=1)
    told = of_solo(bench.cache)
    assert told[Cause.EVENT] == Usefulness(made=1, used=1, saved_seconds=1.5)
    assert told[Cause.PREDICTION] == Usefulness(made=3, used=1, saved_seconds=1.5)
    all_gone(bench)
    told = of_solo(bench.cache)
    assert told[Cause.PREDICTION] == Usefulness(made=3, used=1, unused=2, wasted_seconds=3.0, saved_seconds=1.5)
    assert told[Cause.PREDICTION].share_read == pytest.approx(1 / 3)
    assert told[Cause.EVENT].share_read == 1.0
    assert Cause.REFRESH not in told


def test_nobody_knows_the_share_before_the_first(bench: Bench) -> None:
    """A result that waits for its reader says nothing yet."""
    computed(bench, Cause.PREDICTION)
    assert of_solo(bench.cache)[Cause.PREDICTION].share_read is None


def test_costs_are_measured_and_guessed_before(bench: Bench) -> None:
    """A tenth of the time limit for what never ran."""
    before = experience(bench.cache, CATALOGUE)
    assert before.cost_s(SOLO) == pytest.approx(PRIOR_SHARE_OF_LIMIT * 60)
    computed(bench, Cause.EVENT)
    assert experience(bench.cache, CATALOGUE).cost_s(SOLO) == pytest.approx(1.5)


def test_only_predicted_results_teach_what_predictions_are_worth(bench: Bench) -> None:
    """By hand: 15 of the prior's 20 and none of ten are 15 of 30."""
    computed(bench, Cause.EVENT, times=10)
    all_gone(bench)
    assert experience(bench.cache, CATALOGUE).read_share(SOLO) == prior_share()
    computed(bench, Cause.PREDICTION, times=10)
    assert experience(bench.cache, CATALOGUE).read_share(SOLO) == prior_share()
    all_gone(bench)
    assert experience(bench.cache, CATALOGUE).read_share(SOLO) == pytest.approx(15 / 30)


def test_half_is_forgotten_each_night(bench: Bench) -> None:
    """Five unread ones weigh then as much as ten did before; what is told of them stays; in the end nothing is left."""
    computed(bench, Cause.PREDICTION, times=10)
    all_gone(bench)
    told = of_solo(bench.cache)
    forget_half(bench.cache, CATALOGUE)
    assert experience(bench.cache, CATALOGUE).read_share(SOLO) == pytest.approx(15 / 25)
    for _ in range(3):
        forget_half(bench.cache, CATALOGUE)
    assert experience(bench.cache, CATALOGUE).read_share(SOLO) == prior_share()
    assert of_solo(bench.cache) == told


def test_lost_counters_begin_anew(bench: Bench) -> None:
    """Though what was forgotten of them is still there."""
    computed(bench, Cause.PREDICTION, times=10)
    all_gone(bench)
    forget_half(bench.cache, CATALOGUE)
    bench.client.delete("pc:m")
    computed(bench, Cause.PREDICTION, times=2)
    all_gone(bench)
    assert experience(bench.cache, CATALOGUE).read_share(SOLO) == pytest.approx(15 / 22)


def test_a_look_serves_for_some_seconds(bench: Bench) -> None:
    """Then the next question looks again."""
    known = Experiences(bench.cache, CATALOGUE)
    before = known.now()
    computed(bench, Cause.EVENT)
    assert known.now() is before
    bench.clock.forward(TRUSTED_FOR)
    assert known.now().cost_s(SOLO) == pytest.approx(1.5)
    bench.clock.forward(timedelta(days=-1))
    assert known.now() is not before
