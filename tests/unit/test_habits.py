"""A user's habits as predictions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.habits import MODEL_VERSION, MOST_TOLD, next_after, predict
from precompute.facts import Action
from precompute.history import History
from precompute.prediction import PredictedAction, Prediction

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def actions(*names: str) -> list[Action]:
    """One a minute."""
    return [Action(at=NOON + timedelta(minutes=minute), user_id="u1", action=name) for minute, name in enumerate(names)]


def predict_from(done: list[Action]) -> Prediction:
    """Now."""
    return predict(History.of(done), at=NOON + timedelta(hours=1))


def test_what_followed_before_is_likeliest() -> None:
    """Worked by hand: after `login` came `view` twice and `edit` once, of five actions of three kinds.

    n(login) = 3, t(login) = 2; n = 7, t = 3. P(view) = 2/10, P(edit) = 1/10, P(login) = 4/10.
    """
    followed = next_after(["login", "view", "login", "edit", "login", "view", "login"])
    assert followed["view"] == pytest.approx((2 + 2 * 0.2) / 5)
    assert followed["edit"] == pytest.approx((1 + 2 * 0.1) / 5)
    assert followed["login"] == pytest.approx((0 + 2 * 0.4) / 5)


def test_after_an_action_that_nothing_followed_the_frequent_ones_count() -> None:
    """`export` was never done before, so all there is are overall shares: 3, 1 and 1 of 5, smoothed by 3 kinds."""
    followed = next_after(["view", "view", "edit", "view", "export"])
    assert followed == pytest.approx({"view": 3 / 8, "edit": 1 / 8, "export": 1 / 8})


@pytest.mark.parametrize("names", [[], ["login"]])
def test_nobody_has_a_habit_of_one_action(names: list[str]) -> None:
    """Without a history, and after the very first action, nothing is predicted."""
    prediction = predict_from(actions(*names))
    assert prediction.actions == ()
    assert (prediction.model_version, prediction.trained_at) == (MODEL_VERSION, None)


@given(st.lists(st.sampled_from("abcde"), min_size=2, max_size=40))
def test_probabilities_leave_room_for_the_new(names: list[str]) -> None:
    """Whatever a user did, each known action has some probability and together they stay below 1."""
    followed = next_after(names)
    assert set(followed) == set(names)
    assert all(share > 0 for share in followed.values())
    assert sum(followed.values()) < 1


def test_the_order_is_the_users_own_not_the_clocks() -> None:
    """Actions of one minute share its time, and callers' clocks differ: what was accepted first came first."""
    login, view = actions("login", "view")
    backwards = [login, replace(view, at=login.at - timedelta(minutes=5)), login]
    assert predict_from(backwards).actions[0].action == "view"


def test_likeliest_first_and_not_without_end() -> None:
    """Predictions are ordered by probability, equal ones by name, and at most ten are told."""
    prediction = predict_from(actions(*(f"rare_{letter}" for letter in "zyxwvutsrqp"), "often", "often"))
    assert len(prediction.actions) == MOST_TOLD
    assert prediction.actions[0].action == "often"
    assert [one.action for one in prediction.actions[1:3]] == ["rare_p", "rare_q"]


@pytest.mark.parametrize(
    ("probability", "confidence"), [(0.7, "high"), (0.6999, "medium"), (0.5, "medium"), (0.4999, "low"), (0.0, "low")]
)
def test_confidence_has_two_bounds(probability: float, confidence: str) -> None:
    """High from 0.7, medium from 0.5, low below."""
    assert PredictedAction(action="view", probability=probability).confidence == confidence
