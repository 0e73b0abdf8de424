"""A behaviour log as arrays."""

from datetime import UTC, datetime, timedelta

import numpy as np

from models.behaviour import Log
from precompute.facts import Action

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _action(number: int, user: str, name: str, *, minutes: int) -> Action:
    return Action(fact_id=str(number), at=NINE + timedelta(minutes=minutes), user_id=user, action=name)


def test_log_keeps_the_order_given() -> None:
    """Actions stay in the order accepted, also where the clock went backwards."""
    log = Log.of([_action(1, "u", "b", minutes=5), _action(2, "v", "a", minutes=5), _action(3, "u", "a", minutes=1)])
    assert [log.names[code] for code in log.actions] == ["b", "a", "a"]
    assert log.users.tolist() == [0, 1, 0]
    assert log.at.tolist() == [(NINE + timedelta(minutes=m)).timestamp() for m in (5, 5, 1)]


def test_offsets_are_the_users_own() -> None:
    """Who has told no time zone counts as UTC."""
    actions = [_action(1, "u", "a", minutes=0), _action(2, "v", "a", minutes=0)]
    log = Log.of(actions, utc_offsets={"v": timedelta(hours=5, minutes=30)})
    assert log.utc_offset.tolist() == [0.0, 19_800.0]


def test_some_of_a_log_keeps_its_names() -> None:
    """A part has the numbers of the whole."""
    log = Log.from_columns(users=["u", "u", "v"], actions=["a", "b", "a"], at=np.array([1.0, 2.0, 3.0]))
    part = log[1:]
    assert (part.names, part.actions.tolist(), part.users.tolist(), len(part)) == (("a", "b"), [1, 0], [0, 1], 2)


def test_log_may_be_empty() -> None:
    """Nothing happened, nothing is known."""
    assert len(Log.of([])) == 0


def test_the_most_common_names_are_kept() -> None:
    """Of names as common the first by name; all where there are no more."""
    actions = ["b", "c", "a", "b", "d", "d", "c", "a", "d"]
    log = Log.from_columns(users=["u"] * 9, actions=actions, at=np.arange(9.0))
    kept = log.of_most_common(2)
    assert [name for name, here in zip(actions, kept.tolist(), strict=True) if here] == ["a", "d", "d", "a", "d"]
    assert log.of_most_common(4).all()
    assert log[:0].of_most_common(2).tolist() == []
