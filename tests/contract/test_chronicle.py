"""What everybody did, as it is told to all processes beside each action."""

from datetime import UTC, datetime, timedelta

import numpy as np
from bench import Bench

from models.population import Population, contexts
from models.windows import LONGEST, window_of_each
from precompute.chronicle import START
from precompute.facts import Action
from precompute.recent import RecentActions

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_chronicle_tells_what_chains_look_at(bench: Bench) -> None:
    """However long a user does the same: what is told of them beside an action gives the contexts of all they did."""
    chance = np.random.default_rng(0)
    recent = RecentActions(bench.client, clock=bench.clock)
    done: list[Action] = []
    at = MORNING
    for _ in range(60):
        user, name = f"u{chance.integers(2)}", str(chance.choice(["a", "b", "c"]))
        for _ in range(int(chance.choice([1, 2, 3, 9, 60, 210], p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05]))):
            at += timedelta(seconds=int(chance.choice([0, 5, 100, 9000])))
            done.append(Action(at=at, user_id=user, action=name))
    place = 0
    while place < len(done):
        portion = int(chance.integers(1, 60))
        recent.add(done[place : place + portion])
        place += portion
    deeds = recent.chronicle()
    assert [deed.fact_id for deed in deeds] == [action.fact_id for action in done]
    assert [deed.place[1] for deed in deeds] == list(range(1, len(done) + 1))
    numbers = {"a": 0, "b": 1, "c": 2}
    histories: dict[str, list[tuple[str, datetime]]] = {}
    for deed, action in zip(deeds, done, strict=True):
        history = histories.setdefault(action.user_id, [])
        full, short = (
            window_of_each([steps], at=[action.at], utc_offsets=[None], numbers=numbers)
            for steps in (history[-LONGEST:], deed.before)
        )
        moment = np.array([action.at.timestamp()])
        assert (contexts(full, moment=moment) == contexts(short, moment=moment)).all()
        assert len(deed.before) <= 5
        history.append((action.action, action.at))


def did(number: int, *, user: str = "u1") -> Action:
    """Something, some seconds after what has a lesser number."""
    return Action(at=MORNING + timedelta(seconds=number), user_id=user, action=f"a{number}")


def test_actions_stand_in_the_order_accepted(bench: Bench) -> None:
    """Not by user: what one call brings of several users is told as it was brought."""
    recent = RecentActions(bench.client, clock=bench.clock)
    recent.add([did(1), did(2, user="u2"), did(3), did(4, user="u3"), did(5, user="u2")])
    deeds = recent.chronicle()
    assert [deed.action for deed in deeds] == ["a1", "a2", "a3", "a4", "a5"]
    assert [[name for name, _ in deed.before] for deed in deeds] == [[], [], ["a1"], [], ["a2"]]


def test_whoever_read_up_to_a_place_knows_whether_anything_is_missing(bench: Bench) -> None:
    """Nothing new, something new, and a chronicle that was lost and begun anew, also by a clock that went back."""
    recent = RecentActions(bench.client, clock=bench.clock)
    _, first = recent.read([], since=START)
    assert first is not None
    assert (first.whole, first.deeds) == (True, [])
    recent.add([did(1), did(2)])
    _, both = recent.read([], since=START)
    assert both is not None
    assert (both.whole, [deed.action for deed in both.deeds]) == (True, ["a1", "a2"])
    place = both.deeds[0].place
    recent.add([did(3)])
    _, later = recent.read([], since=place)
    assert later is not None
    assert (later.whole, [deed.action for deed in later.deeds]) == (True, ["a2", "a3"])
    bench.client.delete("pc:done")
    _, gone = recent.read([], since=place)
    assert gone is not None
    assert not gone.whole
    bench.clock.forward(-timedelta(hours=1))
    recent.add([did(number) for number in range(4, 9)])
    _, anew = recent.read([], since=place)
    assert anew is not None
    assert not anew.whole


def test_any_instant_can_be_told(bench: Bench) -> None:
    """Whatever a caller's clock says, nobody else stumbles over it."""
    recent = RecentActions(bench.client, clock=bench.clock)
    instants = [datetime.min.replace(tzinfo=UTC), MORNING, datetime.max.replace(tzinfo=UTC)]
    recent.add([Action(at=at, user_id="u1", action='qu"ote \\ \u00e9 \n/') for at in instants * 2])
    deeds = recent.chronicle()
    assert [abs(deed.at - at) < timedelta(seconds=1) for deed, at in zip(deeds, instants * 2, strict=True)] == [
        True
    ] * 6
    assert {deed.action for deed in deeds} == {'qu"ote \\ \u00e9 \n/'}
    everybody = Population().grown(())
    everybody.learn_each([(deed.before, deed.action, deed.at) for deed in deeds])
    assert everybody.without_rare().counts.sum() > 0


def test_it_does_not_grow_for_ever(bench: Bench) -> None:
    """Of everybody's actions some thousands are told."""
    recent = RecentActions(bench.client, clock=bench.clock)
    for start in range(0, 11_000, 500):
        recent.add([did(number, user=f"u{number % 7}") for number in range(start, start + 500)])
    deeds = recent.chronicle()
    assert 10_000 <= len(deeds) < 10_300
    assert deeds[-1].action == "a10999"
    _, news = recent.read([], since=START)
    assert news is not None
    assert not news.whole
