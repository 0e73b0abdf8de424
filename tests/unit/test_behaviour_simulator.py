"""Made-up users: their probabilities are what happens, and the best possible accuracy follows from them."""

import numpy as np
import pytest

from models.behaviour_simulator import BEGIN, JOBS, REGULARITY, SIDE_TRIPS, simulate, user_of
from precompute.catalogue import ROWS


def test_worked_by_hand() -> None:
    """Users who do nothing out of turn: every action is certain, and visits are the routines."""
    known = simulate(users=3, days=20, seed=1, regularity=1.0)
    assert known.best.tolist() == known.chance.tolist() == [1.0] * len(known.log)
    assert known.entropy.max() == 0
    for user in np.unique(known.log.users):
        names = [known.log.names[action] for action in known.log.actions[known.log.users == user]]
        visits = {tuple(visit.split()) for visit in " ".join(names).split(BEGIN) if visit.split()}
        assert len(visits) <= 3


@pytest.mark.parametrize("regularity", [REGULARITY, 0.8, None])
def test_what_is_told_to_be_probable_happens(regularity: float | None) -> None:
    """As often as told, within the error of so many events; and surprises as much as it should."""
    known = simulate(users=100, days=40, seed=3, regularity=regularity)
    error = 4 / len(known.log) ** 0.5
    likeliest = known.chance == known.best
    assert likeliest.mean() == pytest.approx(known.best.mean(), abs=error)
    assert -np.log(known.chance).mean() == pytest.approx(known.entropy.mean(), abs=3 * error)
    assert (known.best <= known.best_3).all()
    assert known.best_3.max() <= 1 + 1e-9


def test_the_ceiling_of_the_default_leaves_room_for_the_target() -> None:
    """94 % can be asked of a model only where the best possible one does clearly better."""
    assert 0.96 <= simulate(users=100, days=40, seed=3).best.mean() <= 0.98


def test_the_same_seed_gives_the_same_users_and_another_gives_others() -> None:
    """Whoever trains on one and asks about the other asks about users never seen."""
    one, again, other = (simulate(users=5, days=10, seed=seed) for seed in (1, 1, 2))
    assert one.log.at.tolist() == again.log.at.tolist()
    assert one.log.at.tolist() != other.log.at.tolist()
    chance = np.random.default_rng(1)
    assert user_of("a", None, chance).hours != user_of("b", None, chance).hours


def test_time_goes_on() -> None:
    """The log is in the order of time, and so is each user's."""
    log = simulate(users=20, days=20, seed=1).log
    assert (np.diff(log.at) >= 0).all()


def test_the_words_are_those_of_the_platform() -> None:
    """What triggers record and what the catalogue has results for; side trips are nobody's routine."""
    steps = {step for routines in JOBS.values() for routine in routines for step in routine}
    assert {action for row in ROWS for action in row.needed_for} <= steps
    assert {"video_upload", "campaign_create"} <= steps
    assert not steps & {*SIDE_TRIPS, BEGIN}
    assert sum(SIDE_TRIPS.values()) == pytest.approx(1)


def test_a_day_begins_where_the_user_is() -> None:
    """By their own clocks users come in the morning, at midday and in the evening."""
    log = simulate(users=40, days=20, seed=1).log
    hours = ((log.at + log.utc_offset) / 3600 % 24)[log.actions == log.names.index(BEGIN)]
    assert ((hours > 6) & (hours < 22)).mean() > 0.99
    assert ((log.at / 3600 % 24) < 6).any()
