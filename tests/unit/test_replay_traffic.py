"""How a log becomes reads: sessions, times that are no more exact than a minute, and what counts."""

from datetime import timedelta

import numpy as np

from models.behaviour import Log
from models.replay.traffic import Traffic, resolution, spread, traffic_of

MINUTE = 60.0


def traffic(*events: tuple[float, str], warm_up: float = 0.0) -> Traffic:
    """The reads of events (when, who) that are all of one action."""
    at = np.array([at for at, _ in events])
    log = Log.from_columns(users=[user for _, user in events], actions=["x"] * len(events), at=at)
    return traffic_of(log, warm_up=warm_up, pause=timedelta(minutes=30))


def test_actions_of_one_minute_are_spread_over_it() -> None:
    """In their order, each user's by themselves: three of a within a minute are 20 s apart."""
    found = traffic((0, "a"), (0, "a"), (0, "b"), (0, "a"), (MINUTE, "a"))

    assert found.at.tolist() == [0, 0, 20, 40, 60]
    assert found.users.tolist() == [0, 1, 0, 0, 0]
    assert found.rows.tolist() == [0, 2, 1, 3, 4]


def test_times_that_are_exact_stay_as_they_are() -> None:
    """Below a second nothing is known to be rounded."""
    at = np.array([0.25, 0.25, 1.5])

    assert resolution(at) == 0.0
    assert spread(at, np.zeros(3, np.int32)).tolist() == at.tolist()


def test_the_resolution_is_the_longest_that_fits_all() -> None:
    """Days, hours, minutes, seconds."""
    told = [resolution(np.array(at)) for at in ([0.0, 86400.0], [0.0, 7200.0], [0.0, 120.0], [0.0, 7.0])]

    assert told == [86400.0, 3600.0, 60.0, 1.0]


def test_a_session_begins_after_half_an_hour_of_nothing() -> None:
    """And with a user's first action; others do not count."""
    found = traffic((0, "a"), (29 * MINUTE, "a"), (30 * MINUTE, "b"), (59 * MINUTE, "a"))

    assert found.opens.tolist() == [True, False, True, True]


def test_the_first_share_is_not_scored() -> None:
    """A fifth of ten events."""
    found = traffic(*((MINUTE * number, "a") for number in range(10)), warm_up=0.2)

    assert (found.scored_from, found.scored, len(found)) == (2, 8, 10)
