"""Small logs worked out by hand: who finds a result, who waits how long, and what is computed."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models.behaviour import Log
from models.replay.assumptions import ROW
from models.replay.each_request import compute_each
from models.replay.forecast import Forecast
from models.replay.oracle import fewest
from models.replay.policy import ON_DEMAND, ON_LOGIN, REFRESH_ONLY, Plant, Policy, ours
from models.replay.simulation import Simulation
from models.replay.tally import Tally
from models.replay.traffic import Traffic, traffic_of
from precompute.planner import Cause

START = 1_772_352_000.0
HOUR = 3600.0
DAY = 24 * HOUR

Event = tuple[float, str, str]
"""When, in seconds from the start; who; what."""


def traffic(*events: Event, warm_up: float = 0.0) -> Traffic:
    """The reads of a log. An odd half second keeps its times as they are, to the second."""
    log = Log.from_columns(
        users=[user for _, user, _ in events],
        actions=[action for _, _, action in events],
        at=np.array([START + at + 0.5 for at, _, _ in events]),
    )
    return traffic_of(log, warm_up=warm_up, pause=timedelta(minutes=30))


def plant(
    count: int = 1, *, cost_s: float = 10.0, workers: int = 1, ttl: float = 6 * HOUR, grace: float = HOUR
) -> Plant:
    """So many actions whose results cost the same."""
    row = replace(ROW, ttl=timedelta(seconds=ttl), grace=timedelta(seconds=grace))
    return Plant(rows=[row] * count, costs_s=[cost_s] * count, check_s=1.0, workers=workers, changing=[True] * count)


def played(policy: Policy, reads: Traffic, *, forecast: Forecast | None = None, on: Plant | None = None) -> Tally:
    """One policy on these reads."""
    return Simulation(reads, policy=policy, plant=on or plant(len(reads.names)), forecast=forecast).run()


def expecting(*told: dict[int, float]) -> Forecast:
    """What was expected after each event: probabilities by action, likeliest first."""
    starts = [0]
    for one in told:
        starts.append(starts[-1] + len(one))
    return Forecast(
        starts=starts,
        actions=[action for one in told for action in one],
        probabilities=[share for one in told for share in one.values()],
    )


def test_without_a_cache_everybody_waits_and_queues() -> None:
    """Three requests within 10 s on one worker: the second waits for the first, and the third for both."""
    reads = traffic((0, "a", "x"), (4, "b", "x"), (5, "a", "x"))

    tally = compute_each(reads, plant=plant())

    assert tally.waits_s.tolist() == [10, 16, 25]
    assert tally.computations == {Cause.EVENT: 3}


def test_on_demand_the_first_waits_and_the_others_do_not() -> None:
    """Fresh for six hours, stale but served for one more, and then gone; a stale read has it made anew."""
    reads = traffic((0, "a", "x"), (60, "a", "x"), (6.5 * HOUR, "a", "x"), (12 * HOUR, "a", "x"), (30 * HOUR, "a", "x"))

    tally = played(ON_DEMAND, reads)

    assert tally.waits_s.tolist() == [10, 0, 0, 0, 10]
    assert [tally.served(place) for place in range(5)] == [False, True, True, True, False]
    assert tally.stale_hits(0) == 1
    assert tally.computations == {Cause.EVENT: 2, Cause.REFRESH: 1}
    assert tally.checks == 1
    assert tally.compute_s == 3 * 10 + 1


def test_readers_of_one_result_wait_for_one_computation() -> None:
    """The second comes while it is computed, and waits for what is left of it."""
    tally = played(ON_DEMAND, traffic((0, "a", "x"), (4, "a", "x")))

    assert tally.waits_s.tolist() == [10, 6]
    assert tally.computations.total() == 1


def test_who_finds_all_workers_busy_waits_longer() -> None:
    """One worker, two users: the second computation begins when the first has ended."""
    tally = played(ON_DEMAND, traffic((0, "a", "x"), (4, "b", "x")))

    assert tally.waits_s.tolist() == [10, 16]


def test_what_was_read_is_made_anew_once_and_then_only_looked_at() -> None:
    """The user acts, is away for a week, and comes back: one refresh, looks every six hours, and no wait."""
    reads = traffic((0, "a", "x"), (60, "a", "x"), (7 * DAY, "a", "x"))

    tally = played(REFRESH_ONLY, reads)

    assert tally.waits_s.tolist() == [10, 0, 0]
    assert tally.computations == {Cause.EVENT: 1, Cause.REFRESH: 1}
    # At most a lead of 15 min before each six hours.
    assert 7 * DAY // (6 * HOUR) <= tally.checks <= 7 * DAY // (5.75 * HOUR)


def test_what_changed_and_was_not_read_is_let_go() -> None:
    """A result is made anew for a reader; who then does something else only, finds it gone."""
    reads = traffic((0, "a", "x"), (60, "a", "y"), (7 * HOUR, "a", "y"), (2 * DAY, "a", "x"))

    tally = played(REFRESH_ONLY, reads)

    assert not tally.served(3)
    # That of x, and at the end that of y.
    assert tally.unread == {Cause.REFRESH: 2}
    assert tally.wasted_s == 20


def test_what_nobody_read_for_a_month_is_not_looked_at() -> None:
    """After 31 days it is gone, though nothing changed."""
    tally = played(REFRESH_ONLY, traffic((0, "a", "x"), (29 * DAY, "a", "x"), (61 * DAY, "a", "x")))

    assert [tally.served(place) for place in range(3)] == [False, True, False]


def test_what_is_likely_enough_is_there_when_its_reader_comes() -> None:
    """After x, y is expected: computed meanwhile, as its probability is above the threshold; z is below."""
    reads = traffic((0, "a", "x"), (60, "a", "y"), (120, "a", "z"))
    forecast = expecting({1: 0.6, 2: 0.3}, {2: 0.3}, {})

    tally = played(ours(0.5), reads, forecast=forecast)

    assert [tally.served(place) for place in range(3)] == [False, True, False]
    assert tally.used == {Cause.EVENT: 2, Cause.PREDICTION: 1}
    assert played(ours(0.2), reads, forecast=forecast).served(2)


def test_who_comes_before_it_is_computed_waits_for_the_rest() -> None:
    """It was begun after x was computed, ten seconds in, and is there ten seconds later."""
    tally = played(ours(0.5), traffic((0, "a", "x"), (14, "a", "y")), forecast=expecting({1: 0.9}, {}))

    assert tally.waits_s.tolist() == [10, 6]


def test_a_wrong_expectation_is_waste() -> None:
    """It costs a computation, which nobody read."""
    reads = traffic((0, "a", "x"), (60, "a", "x"), (60, "b", "y"))

    tally = played(ours(0.5), reads, forecast=expecting({1: 0.9}, {}, {}))

    assert tally.unread == {Cause.PREDICTION: 1}
    assert tally.wasted_s == 10


def test_a_user_gets_no_more_ahead_than_an_operator_allows() -> None:
    """Two results within an hour, of three that are likely."""
    policy = ours(0.1)
    policy = replace(policy, bounds=replace(policy.bounds, predictions_per_user=2))
    reads = traffic((0, "a", "x"), (60, "a", "y"), (61, "a", "z"), (62, "a", "w"))

    tally = played(policy, reads, forecast=expecting({1: 0.4, 2: 0.3, 3: 0.2}, {}, {}, {}))

    assert [tally.served(place) for place in range(4)] == [False, True, True, False]


def test_on_login_all_that_a_user_ever_read_is_computed() -> None:
    """The second session finds y, and a computation for x that nobody needed."""
    reads = traffic((0, "a", "x"), (60, "a", "y"), (120, "a", "z"), (DAY, "a", "x"), (DAY + 60, "a", "y"))

    tally = played(ON_LOGIN, reads)

    assert [tally.served(place) for place in range(5)] == [False, False, False, False, True]
    assert tally.computations == {Cause.EVENT: 6}
    assert tally.unread == {Cause.EVENT: 1}


def test_the_first_part_does_not_count() -> None:
    """What was computed and waited for in the warm-up is in no figure; what it left in the cache is found."""
    reads = traffic((0, "a", "x"), (60, "a", "x"), warm_up=0.5)

    tally = played(ON_DEMAND, reads)

    assert tally.hits(reads.scored_from) == reads.scored == 1
    assert tally.computations.total() == 0


@pytest.mark.parametrize("seed", range(20))
def test_knowing_the_future_takes_the_fewest_computations(seed: int) -> None:
    """As few as trying all sets of moments finds: a result holds until its user acts again, and six hours more."""
    chance = np.random.default_rng(seed)
    at = (np.unique(chance.integers(0, 60, 10)) * HOUR).tolist()
    does = ["x" if chance.random() < 0.7 else "y" for _ in at]
    wanted = [place for place, action in enumerate(does) if action == "x"]
    reads = traffic(*((when, "a", action) for when, action in zip(at, does, strict=True)))
    on = plant(len(reads.names), ttl=5 * HOUR, grace=HOUR)
    on = replace(on, costs_s=[10.0 if name == "x" else 0.0 for name in reads.names])

    _, seconds = fewest(reads, plant=on)

    ends = [after + 6 * HOUR for after in (*at[1:], float("inf"))]

    def enough(chosen: int) -> bool:
        begun = [place for place in range(len(at)) if chosen >> place & 1]
        return all(any(at[one] <= at[read] < ends[one] for one in begun) for read in wanted)

    assert seconds == 10 * min(chosen.bit_count() for chosen in range(1 << len(at)) if enough(chosen))


def test_nobody_does_better_than_who_knows_the_future() -> None:
    """What a refresh reaches by looking, that one reaches as well: one computation, and a week without a change."""
    reads = traffic((0, "a", "x"), (60, "a", "x"), (7 * DAY, "a", "x"))

    assert fewest(reads, plant=plant()) == (2, 20)
    assert fewest(reads, plant=replace(plant(), changing=[False])) == (1, 10)
    assert played(REFRESH_ONLY, reads).computations.total() == 2
