"""The next action: told alike in training and serving, for anybody, and as likely as it is told to be."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.behaviour import Log
from models.next_action import NextActionModel
from models.next_action_fit import fit
from models.population import MOST_ACTIONS, Population
from models.windows import LONGEST

LEARNED = 2500

START = datetime(2026, 1, 5, 8, tzinfo=UTC)

ACTIONS = ("login", "list", "open", "edit", "save", "share")


def _silent(step: str, share: float) -> None:
    return None


def _walks(*, events: int, users: int = 12, seed: int = 0) -> tuple[Log, NDArray[np.bool_]]:
    """Users who each walk a chain of their own, by the minute, one of them for more than 200 actions.

    Returns:
        Their log, and whether the likeliest step of the user's chain was the one that was done.
    """
    random = np.random.default_rng(seed)
    chains = random.dirichlet(np.full(len(ACTIONS), 0.3), size=(users, len(ACTIONS)))
    last, at, likeliest = np.zeros(users, int), np.zeros(events), np.zeros(events, bool)
    who, what, moment = [], [], START.timestamp()
    for event in range(events):
        moment += random.choice((0, 60, 240, 4000), p=(0.5, 0.3, 0.15, 0.05))
        user = int(random.integers(users)) if random.random() < 0.8 else 0
        chain = chains[user, last[user]]
        last[user] = random.choice(len(ACTIONS), p=chain)
        likeliest[event] = chain.argmax() == last[user]
        who.append(f"u{user}")
        what.append(ACTIONS[last[user]])
        at[event] = moment
    return Log.from_columns(users=who, actions=what, at=at), likeliest


def _log(*, events: int, seed: int) -> Log:
    return _walks(events=events, seed=seed)[0]


@cache
def _long() -> tuple[Log, NDArray[np.bool_]]:
    return _walks(events=LEARNED + 1000)


@cache
def _model() -> NextActionModel:
    return fit(_long()[0][:LEARNED], report=_silent)


def _history(log: Log, event: int) -> list[tuple[str, datetime]]:
    mine = [place for place in range(event) if log.users[place] == log.users[event]]
    return [(log.names[log.actions[place]], datetime.fromtimestamp(log.at[place], UTC)) for place in mine]


def _later(log: Log) -> Log:
    """With actions nobody did before, and a clock that goes back."""
    names = (*log.names, "print", "export")
    actions, at = log.actions.copy(), log.at.copy()
    actions[50::70], actions[40::90] = len(names) - 1, len(names) - 2
    at[100::90] -= 500
    return Log(users=log.users, actions=actions, at=at, utc_offset=np.full(len(at), 3600.0), names=names)


@pytest.mark.parametrize("moment", ["right after the action before", "on coming back"])
def test_serving_and_a_whole_log_give_the_same(moment: str) -> None:
    """Each event of a replayed log is told as it is served: no skew."""
    log, model = _later(_log(events=1200, seed=1)), _model()
    comes_back = moment == "on coming back"
    told = model.follow(log, acts_now=comes_back, learns=False)
    columns = model.columns(log)
    compared = 0
    for event in range(0, len(log), 7):
        history = _history(log, event)
        at = datetime.fromtimestamp(log.at[event], UTC)
        if comes_back and history and at - history[-1][1] < timedelta(minutes=3):
            continue
        asked = at if comes_back or not history else history[-1][1]
        served = model.distribution(history[-LONGEST:], at=asked, utc_offset=timedelta(hours=1))
        assert [served.get(name, 0.0) for name in columns] == pytest.approx(told[event], abs=1e-6)
        compared += 1
    assert compared > 20


def test_serving_with_everybody_gives_the_same() -> None:
    """Beside a population that is told of each action, what is served is what a followed log gives."""
    log, model = _later(_log(events=400, seed=2)), _model()
    columns = model.columns(log)
    told = {comes_back: model.follow(log, acts_now=comes_back) for comes_back in (False, True)}
    everybody = model.population.grown(())
    for event in range(len(log)):
        history, at = _history(log, event), datetime.fromtimestamp(log.at[event], UTC)
        if event % 9 == 0:
            comes_back = not history or at - history[-1][1] >= timedelta(minutes=3)
            served = model.distribution(history, at=at, utc_offset=timedelta(hours=1), population=everybody)
            assert [served.get(name, 0.0) for name in columns] == pytest.approx(told[comes_back][event], abs=1e-6)
        everybody.learn(history, action=log.names[log.actions[event]], at=at)


def test_many_are_told_like_each_alone() -> None:
    """Of users who are asked about together nobody hears what others do, nor their names."""
    log, model = _later(_log(events=900, seed=5)), _model()
    histories = [_history(log, event)[-LONGEST:] for event in range(500, 900, 13)] + [[]]
    offsets = [timedelta(hours=number % 5) if number % 2 else None for number in range(len(histories))]
    at = datetime.fromtimestamp(log.at[-1], UTC)
    for population in (None, model.population_after(log[:500], start=100)):
        together = model.distributions(histories, at=at, utc_offsets=offsets, population=population)
        for history, offset, told in zip(histories, offsets, together, strict=True):
            alone = model.distribution(history, at=at, utc_offset=offset, population=population)
            assert told == pytest.approx(alone, abs=1e-9)
            assert list(told) == list(alone)


def test_names_that_never_were_do_not_fill_the_memory() -> None:
    """Somebody who reports another name each time is not counted among everybody; those who do what is known are."""
    everybody = _model().population.grown(())
    for number in range(3 * MOST_ACTIONS):
        at = START + timedelta(seconds=number)
        everybody.learn([(f"x{number}", at)], action=f"y{number}", at=at)
    assert len(everybody.actions) <= MOST_ACTIONS
    before = everybody.without_rare().counts.sum()
    everybody.learn([("open", START)], action="edit", at=START)
    assert everybody.without_rare().counts.sum() != before


@pytest.mark.parametrize("acts_now", [True, False])
@pytest.mark.parametrize("learns", [True, False])
def test_no_event_is_told_by_itself(acts_now: bool, learns: bool) -> None:
    """What came leaves no trace in what was told of it, nor of anything of the same instant by others."""
    log, model = _log(events=600, seed=3), _model()
    event = 300
    other = log.actions.copy()
    other[event] = (other[event] + 1) % len(log.names)
    changed = Log(users=log.users, actions=other, at=log.at, utc_offset=log.utc_offset, names=log.names)
    told, told_then = (model.follow(one, acts_now=acts_now, learns=learns) for one in (log, changed))
    same = (told == told_then).all(axis=1)
    assert same[: event + 1].all()
    assert same[(log.at == log.at[event]) & (log.users != log.users[event])].all()
    assert not same.all()


def test_start_leaves_out_what_was_before() -> None:
    """From a later event on the same is told, as long as all users' actions are not learned from."""
    log, model = _log(events=300, seed=4), _model()
    assert model.follow(log, learns=False, start=120) == pytest.approx(model.follow(log, learns=False)[120:], abs=1e-7)


def test_nobody_is_refused() -> None:
    """Who has done nothing, or only what nobody did before, is told something that adds up to one."""
    model = _model()
    for history in ([], [("export", START)], [("export", START)] * 300):
        told = model.distribution(history, at=START + timedelta(hours=2))
        assert set(told) == set(ACTIONS) | {name for name, _ in history}
        assert 0.99 <= sum(told.values()) <= 1 + 1e-9
        assert min(told.values()) >= 0


def test_actions_of_ones_own_are_learned_at_once() -> None:
    """Names that training never saw are expected once a user does them again and again."""
    history = [(("export", "print")[place % 2], START + timedelta(minutes=place)) for place in range(40)]
    told = _model().distribution(history, at=history[-1][1])
    assert told["export"] > 0.5
    assert told["export"] > 5 * told["print"]


def test_clocks_may_go_back() -> None:
    """An action accepted later with an earlier time is still the latest, and nothing breaks."""
    history = [("open", START), ("edit", START - timedelta(hours=5)), ("save", START - timedelta(days=400))]
    told = _model().distribution(history, at=START - timedelta(days=800))
    assert sum(told.values()) == pytest.approx(1, abs=0.01)


def _told_later() -> tuple[Log, NDArray[np.float32]]:
    """What the model tells of the events after its training, by the log's own numbers."""
    log, model = _long()[0], _model()
    told = model.follow(log, start=LEARNED)
    return log[LEARNED:], told[:, [model.columns(log).index(name) for name in log.names]]


def test_habits_are_found() -> None:
    """Of users who walk chains of their own, the next action is told about as well as by who knows the chains."""
    log, told = _told_later()
    assert (told.argmax(axis=1) == log.actions).mean() > 0.93 * _long()[1][LEARNED:].mean()


def test_probabilities_come_true() -> None:
    """Of what is told to be so likely, about so much comes."""
    log, told = _told_later()
    came = log.actions[:, None] == np.arange(len(log.names))
    for low, high in ((0.0, 0.1), (0.1, 0.4), (0.4, 0.7), (0.7, 1.0)):
        here = (told >= low) & (told < high)
        assert here.sum() > 50
        assert came[here].mean() == pytest.approx(told[here].mean(), abs=0.08)


def test_the_users_clock_counts() -> None:
    """What people do in the morning is expected in their morning, wherever they live."""
    random = np.random.default_rng(0)
    hours = random.integers(0, 24, 2000)
    offsets = random.choice((0.0, 9 * 3600.0), 2000)
    at = START.timestamp() - 8 * 3600 + np.arange(2000) * 86_400.0 * 3 + hours * 3600
    local = (hours + offsets / 3600) % 24
    actions = np.where((local >= 6) & (local < 12), "news", "mail").tolist()
    users = [f"u{number}" for number in range(2000)]
    model = fit(Log.from_columns(users=users, actions=actions, at=at, utc_offset=offsets), report=_silent)
    eight = datetime(2060, 1, 5, 23, tzinfo=UTC)
    assert model.distribution([], at=eight, utc_offset=timedelta(hours=9))["news"] > 0.8
    assert model.distribution([], at=eight)["news"] < 0.2


def test_too_little_to_learn_from_leaves_the_chains() -> None:
    """A handful of events gives a model, too: by the chains alone."""
    log = _log(events=30, seed=0)
    model = fit(log, report=_silent)
    assert model.judgement is None
    assert sum(model.distribution(_history(log, 29), at=START).values()) == pytest.approx(1, abs=0.05)
    assert fit(log[:0], report=_silent).distribution([("open", START)], at=START)["open"] > 0


def test_names_of_later_are_not_known() -> None:
    """A part of a log teaches only the actions that occur in it."""
    log = Log.from_columns(users=["u"] * 300, actions=["a", "b"] * 149 + ["c", "d"], at=np.arange(300.0))
    assert fit(log[:298], report=_silent).actions == ("a", "b")


def test_model_can_be_kept() -> None:
    """A model that was stored and read again tells the same, and is small."""
    log, model = _log(events=100, seed=6), _model()
    stored = pickle.dumps(model)
    assert len(stored) < 15_000_000
    kept = pickle.loads(stored)  # noqa: S301 - written two lines above
    assert (kept.follow(log) == model.follow(log)).all()


def test_training_is_repeatable() -> None:
    """The same log and seed give the same model."""
    log = _log(events=300, seed=0)
    first, second = (fit(log, seed=3, report=_silent).follow(log) for _ in range(2))
    assert (first == second).all()


def test_of_many_names_the_most_common_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are left out as if nobody had done them, and told of like names that never were."""
    monkeypatch.setattr("models.next_action.MOST_ACTIONS", len(ACTIONS))
    log = _log(events=600, seed=3)
    ids = log.actions.copy()
    ids[::4] = len(ACTIONS) + np.arange(len(ids[::4]))
    names = (*log.names, *(f"view_video_{number}" for number in range(len(ids[::4]))))
    crowded = Log(users=log.users, actions=ids, at=log.at, utc_offset=log.utc_offset, names=names)
    kept = np.arange(len(log)) % 4 != 0
    model, without = fit(crowded, report=_silent), fit(log[kept], report=_silent)
    assert set(model.actions) == set(ACTIONS)
    assert (model.follow(log) == without.follow(log)).all()
    history = [("login", START), ("view_video_7", START), ("list", START)]
    never = [("login", START), ("never", START), ("list", START)]
    told, told_of_never = (model.distribution(one, at=START) for one in (history, never))
    assert list(told.values()) == list(told_of_never.values())


def test_catching_up_holds_no_more_contexts_than_being_kept_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rarest are dropped at fixed numbers on the way, not only at its end."""
    monkeypatch.setattr("models.population.MOST_CONTEXTS", 200)
    monkeypatch.setattr("models.next_action.EACH", 50)
    log, model, held = _log(events=900, seed=4), _model(), list[int]()
    expected = model.population.grown(log.names).without_rare()
    plain = Population.follow

    def follow(self: Population, *args: Any) -> NDArray[np.float32]:
        found = plain(self, *args)
        held.append(len(self.rows))
        return found

    monkeypatch.setattr(Population, "follow", follow)
    caught_up = replace(model, population=expected).population_after(log, start=0)
    assert len(held) == 900 / 50
    assert max(held) <= 200 + 50 * 16
    assert len(caught_up.rows) == 200
    again = replace(model, population=expected).population_after(log, start=0)
    assert again.rows == caught_up.rows
    assert (again.counts == caught_up.counts).all()
