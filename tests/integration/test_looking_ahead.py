"""Reported actions have computed ahead what will be read next, by real workers, before anybody reads it."""

from datetime import UTC, datetime, timedelta

from platform_under_test import Platform, key
from plugin_tasks import GLANCE

from precompute.attention import HERE
from precompute.entry import Entry, State
from precompute.facts import Action
from precompute.planner import Cause
from precompute.usefulness import usefulness

HABIT = 20


def habit(user: str) -> list[Action]:
    """A user who always glances after waking, and has just woken."""
    names = ["wake", "glance"] * HABIT + ["wake"]
    start = datetime.now(UTC) - timedelta(seconds=len(names))
    return [Action(at=start + timedelta(seconds=place), user_id=user, action=name) for place, name in enumerate(names)]


def until_there(platform: Platform, user: str = "u1") -> None:
    """Hold on until the result is there, though nobody has asked for it; looking is not reading."""
    with platform.precomputer.notifications.listening(key(GLANCE, user)) as sleep:
        for _ in range(60):
            if platform.record(GLANCE, user=user).state is State.READY:
                return
            sleep(1.0)
    raise AssertionError(platform.logs())


def test_what_will_be_read_is_there_before_it_is_read(platform: Platform) -> None:
    """The reader waits for nothing, and that the work was of use is counted."""
    platform.precomputer.memory.record(habit("u1"))
    until_there(platform)
    found = platform.precomputer.get(key(GLANCE))
    assert isinstance(found, Entry)
    assert not found.stale
    assert platform.runs(GLANCE) == 1
    told = usefulness(platform.engine.cache, platform.engine.catalogue)[GLANCE.name][Cause.PREDICTION]
    assert (told.made, told.used) == (1, 1)


def test_of_many_users_at_once_the_workers_look_ahead(platform: Platform) -> None:
    """One request brings the habits of a dozen; each finds their own."""
    users = [f"u{number}" for number in range(HERE + 2)]
    platform.precomputer.memory.record([action for user in users for action in habit(user)])
    for user in users:
        until_there(platform, user)
        assert isinstance(platform.precomputer.get(key(GLANCE, user)), Entry)
        assert platform.runs(GLANCE, user) == 1


def test_an_unlikely_action_has_nothing_computed(platform: Platform) -> None:
    """Beside a user whose habit is known, one of whom nothing is."""
    stranger = [Action(at=datetime.now(UTC), user_id="new", action="wake")]
    platform.precomputer.memory.record(stranger + habit("u1"))
    until_there(platform)
    assert platform.record(GLANCE, user="new").state is State.MISSING
