"""Predictions held against what users do next, on a real cache server."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from bench import NOON, Bench

from precompute.facts import Action
from precompute.follow_up import DAY, FOLLOWED_WITHIN, HOUR, WEEK, Accuracy, accuracy, expectations
from precompute.foresight import Foresight
from precompute.history import History
from precompute.prediction import PredictedAction, Prediction
from precompute.recent import RecentActions

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def told(version: str = "m1", **chances: float) -> Prediction:
    """A prediction, likeliest first."""
    actions = tuple(PredictedAction(action=name, probability=chance) for name, chance in chances.items())
    return Prediction(actions=actions, model_version=version)


class Users:
    """Predictions about users, and what users do."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.recent = RecentActions(bench.client, clock=bench.clock)

    def expect(self, prediction: Prediction, *, user: str = "u1", plain: str | None = None) -> None:
        """A prediction is made now."""
        self.recent.tell(expectations([(user, prediction, plain)], at=self.bench.clock()))

    def do(self, *names: str, user: str = "u1", at: datetime | None = None) -> None:
        """A user does things now, reported together."""
        self.recent.add([Action(at=at or self.bench.clock(), user_id=user, action=name) for name in names])

    def followed(self, window: timedelta = HOUR) -> Accuracy:
        """By all models."""
        return accuracy(self.bench.cache, window=window).all


@pytest.fixture
def users(bench: Bench) -> Users:
    """Nobody did anything yet."""
    return Users(bench)


def test_before_anything_was_followed_nothing_is_told(users: Users) -> None:
    """No share of nothing, and ten empty bins."""
    found = accuracy(users.bench.cache, window=WEEK)
    assert (found.all.followed, found.all.top_1, found.all.precision, found.all.brier) == (0, None, None, None)
    assert len(found.all.calibration) == 10
    assert found.by_version == {}


def test_four_predictions_worked_by_hand(users: Users) -> None:
    """Sure and right, sure and wrong, unsure and right, and one that had the action third.

    Brier: .2^2 + .1^2 = .05; .6^2 + .7^2 = .85; .6^2 + .3^2 + .2^2 = .49 ; .3^2 + .3^2 + .8^2 + .1^2 = .83; mean .555.
    """
    for number, (chances, action, plain) in enumerate(
        [
            ({"view": 0.8, "edit": 0.1}, "view", "view"),
            ({"view": 0.6, "edit": 0.3}, "edit", "view"),
            ({"view": 0.4, "edit": 0.3, "login": 0.2}, "view", "view"),
            ({"view": 0.3, "edit": 0.3, "login": 0.2, "rare": 0.1}, "login", None),
        ]
    ):
        users.expect(told(**chances), user=f"u{number}", plain=plain)
        users.do(action, user=f"u{number}")
    found = users.followed()
    assert (found.followed, found.top_1, found.top_3) == (4, 0.5, 1.0)
    assert (found.coverage, found.precision) == (0.5, 0.5)
    assert found.plain_top_1 == 0.5
    assert found.brier == pytest.approx(0.555)
    bins = {place: (one.predictions, one.told, one.happened) for place, one in enumerate(found.calibration)}
    assert bins[8] == (1, pytest.approx(0.8), 1.0)
    assert bins[6] == (1, pytest.approx(0.6), 0.0)
    assert bins[4] == (1, pytest.approx(0.4), 1.0)
    assert bins[3] == (1, pytest.approx(0.3), 0.0)
    assert sum(one[0] for one in bins.values()) == 4


def test_an_action_that_was_not_told_counts_in_full(users: Users) -> None:
    """Told nothing at all, the error is one; told something else for sure, it is two. One half is not yet sure."""
    users.expect(told())
    users.do("view")
    assert (users.followed().brier, users.followed().top_1, users.followed().coverage) == (1.0, 0.0, 0.0)
    users.expect(told(edit=1.0))
    users.do("view")
    assert users.followed().brier == 1.5
    assert users.followed().calibration[9].predictions == 1
    users.expect(told(view=0.5))
    users.do("view")
    assert users.followed().coverage == pytest.approx(1 / 3)


def test_each_prediction_is_followed_up_once_and_the_latest_one(users: Users) -> None:
    """By the first action after it; what was told before is replaced."""
    users.expect(told(edit=0.9))
    users.expect(told(view=0.9))
    users.do("view", "edit")
    users.do("edit")
    assert (users.followed().followed, users.followed().top_1) == (1, 1.0)


def test_predictions_of_others_are_left_alone(users: Users) -> None:
    """What one user does says nothing of another."""
    users.expect(told(view=0.9), user="u2")
    users.do("view", user="u1")
    assert users.followed().followed == 0
    users.do("view", user="u2")
    assert users.followed().followed == 1


@pytest.mark.parametrize(("later", "followed"), [(FOLLOWED_WITHIN, 1), (FOLLOWED_WITHIN + SECOND, 0)])
def test_after_an_hour_a_prediction_is_dropped(users: Users, later: timedelta, followed: int) -> None:
    """Its user went away: neither right nor wrong, and not waiting for the next action either."""
    users.expect(told(view=0.9))
    users.do("view", at=NOON + later)
    assert users.followed().followed == followed
    users.do("view")
    assert users.followed().followed == followed


def test_what_was_done_before_the_prediction_is_not_what_was_predicted(users: Users) -> None:
    """Reported late, it is passed over; the first that came after counts, and clocks may differ by a minute."""
    users.expect(told(view=0.9))
    users.recent.add(
        [
            Action(at=NOON - MINUTE - SECOND, user_id="u1", action="edit"),
            Action(at=NOON - MINUTE, user_id="u1", action="view"),
        ]
    )
    assert (users.followed().followed, users.followed().top_1) == (1, 1.0)


def test_models_are_told_apart(users: Users) -> None:
    """And all together."""
    for version, action in (("m1", "view"), ("m2", "edit"), ("m2", "view")):
        users.expect(told(version, view=0.9))
        users.do(action)
    found = accuracy(users.bench.cache, window=HOUR)
    assert {version: (one.followed, one.top_1) for version, one in found.by_version.items()} == {
        "m1": (1, 1.0),
        "m2": (2, 0.5),
    }
    assert found.all.followed == 3


def test_each_window_holds_its_own_time(users: Users) -> None:
    """Of an hour, a day and a week; and nothing is kept for longer than eight days."""
    for ago in (timedelta(days=6), timedelta(hours=20), timedelta(minutes=50), timedelta(0)):
        users.bench.clock.now = NOON - ago
        users.expect(told(view=0.9))
        users.do("view")
    assert [users.followed(window).followed for window in (HOUR, DAY, WEEK)] == [2, 3, 4]
    for bucket in users.bench.client.scan_iter("pc:fb:*"):
        assert 0 < users.bench.client.pttl(bucket) <= timedelta(days=8) / timedelta(milliseconds=1)


def test_predictions_made_now_wait_for_what_follows(users: Users) -> None:
    """Whoever asks: the plain guess beside it is what the user did most often."""
    users.do("login", "view", "login")
    foresight = Foresight(
        recent=users.recent,
        predict=lambda histories, at: [told(one.steps[-1][0], view=0.9) for one in histories],
        clock=users.bench.clock,
    )
    assert [one.model_version for one in foresight.of(["u1"])] == ["login"]
    users.do("view")
    found = users.followed()
    assert (found.followed, found.top_1, found.plain_top_1) == (1, 1.0, 0.0)
    assert History().most_frequent is None


def test_whatever_is_evicted_the_figures_stay_true(users: Users) -> None:
    """Any key may go at any time: what was counted in others stays, nothing breaks, and shares stay shares."""
    chance = np.random.default_rng(7)
    for step in range(300):
        users.expect(told(view=0.7, edit=0.2), user=f"u{step % 5}")
        users.do(str(chance.choice(["view", "edit", "x"])), user=f"u{step % 5}")
        users.bench.clock.forward(MINUTE)
        if chance.random() < 0.3:
            users.bench.client.delete(chance.choice(sorted(users.bench.client.scan_iter("pc:*"))))
    found = users.followed(DAY)
    assert 0 < found.followed <= 300
    assert found.top_1 is not None
    assert found.top_3 is not None
    assert 0 <= found.top_1 <= found.top_3 <= 1
    assert sum(one.predictions for one in found.calibration) == found.followed


def test_any_name_and_any_version_can_be_counted(users: Users) -> None:
    """Names are the callers' own words."""
    name = 'view "\u00e9\u4e16\U0001f600:\\n'
    users.expect(Prediction(actions=(PredictedAction(action=name, probability=0.9),), model_version="20261122-ab:c"))
    users.do(name)
    assert accuracy(users.bench.cache, window=HOUR).by_version["20261122-ab:c"].top_1 == 1.0
