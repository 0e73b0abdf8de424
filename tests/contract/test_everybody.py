"""Everybody's chains as they are served: alike in all processes, as in training, whatever is evicted meanwhile."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from behaviour_logs import recorded
from bench import Bench
from known_facts import KnownFacts
from numpy.typing import NDArray

from models.behaviour import Log
from models.everybody import LOOK_AGAIN, Everybody
from models.next_action import NextActionModel, model_in
from models.population import EACH
from models.predictor import MOST_TOLD, NOISE, Predictor
from models.registry import ModelKind, Registry
from precompute.chronicle import MOST_KEPT, START
from precompute.errors import SourceUnavailable
from precompute.facts import Action
from precompute.foresight import Foresight
from precompute.history import History
from precompute.recent import RecentActions
from precompute.store import ActionLog

COMES_BACK = timedelta(minutes=3)

NOWHERE = Path("nowhere")


def _at_once(work: Callable[[], None]) -> None:
    work()


@cache
def shipped() -> NextActionModel:
    """The model that comes with the release."""
    model = model_in(Registry(own=NOWHERE).current(ModelKind.ACTIONS).model)
    assert model is not None
    return model


@cache
def traffic(*, seed: int = 9) -> tuple[Action, ...]:
    """Some weeks of some users, who mostly do what the shipped model knows, and a few things of their own."""
    done = recorded(users=12, days=25, seed=seed)
    odd = {number: f"special_{number % 3}" for number in range(5, len(done), 11)}
    return tuple(
        Action(at=one.at, user_id=one.user_id, action=odd.get(place, one.action), accepted=place + 1)
        for place, one in enumerate(done)
    )


class Process:
    """One of those that predict."""

    def __init__(self, bench: Bench, *facts: Action, aside: Callable[[Callable[[], None]], object] = _at_once) -> None:
        self.recent = RecentActions(bench.client, clock=bench.clock)
        self.clock = bench.clock
        self.facts = Store(*facts)
        self.everybody = Everybody(recent=self.recent, facts=self.facts, aside=aside)
        predictor = Predictor(Registry(own=NOWHERE), everybody=self.everybody)
        self.foresight = Foresight(recent=self.recent, predict=predictor, everybody=self.everybody, clock=self.clock)

    def told(self, *users: str) -> list[dict[str, float]]:
        """By action, of each user."""
        return [{one.action: one.probability for one in told.actions} for told in self.foresight.of(users)]


class Store(KnownFacts):
    """One that may be away."""

    away = False

    def action_log(self, *, most: int = 500_000) -> ActionLog:
        """As it is there, or not."""
        if self.away:
            raise SourceUnavailable("the database is away")
        return super().action_log(most=most)


def told_alone(user: Sequence[Action], at: datetime) -> dict[str, float]:
    """What is told where nobody knows what everybody did since the training."""
    [told] = Predictor(Registry(own=NOWHERE))([History.of(user)], at=at)
    return {one.action: one.probability for one in told.actions}


def followed(log: Log) -> dict[bool, NDArray[np.float32]]:
    """What training and the benchmark tell before each event: right after the action before, and on coming back."""
    return {comes_back: shipped().follow(log, acts_now=comes_back) for comes_back in (False, True)}


def test_serving_a_log_gives_what_following_it_does(bench: Bench) -> None:
    """No skew: each action accepted, heard of and predicted from as the service does it."""
    done = traffic()[:1500]
    log, process = Log.of(done), Process(bench)
    expected, columns = followed(log), shipped().columns(log)
    last: dict[str, datetime] = {}
    compared = 0
    for place, action in enumerate(done):
        if place % 5 == 0:
            bench.clock.now = action.at
            before = last.get(action.user_id)
            comes_back = before is None or action.at - before >= COMES_BACK
            [told] = process.told(action.user_id)
            row = dict(zip(columns, expected[comes_back][place].tolist(), strict=True))
            likeliest = sorted(row.values(), reverse=True)[:MOST_TOLD]
            assert list(told.values()) == pytest.approx([share for share in likeliest if share >= NOISE], abs=1e-6)
            assert all(row[name] == pytest.approx(share, abs=1e-6) for name, share in told.items())
            compared += 1
        process.recent.add([action])
        last[action.user_id] = action.at
    assert compared >= 300


def test_what_others_do_counts_at_once(bench: Bench) -> None:
    """A user's prediction follows what was accepted of others a moment ago, by another process."""
    here, there = Process(bench), Process(bench)
    bench.clock.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    there.recent.add([Action(at=bench.clock.now, user_id="me", action="login")])
    [before] = here.told("me")
    for number in range(30):
        bench.clock.forward(timedelta(seconds=7))
        there.recent.add(
            [
                Action(at=bench.clock.now, user_id=f"u{number}", action="login"),
                Action(at=bench.clock.now + timedelta(seconds=3), user_id=f"u{number}", action="winter_sale"),
            ]
        )
    there.recent.add([Action(at=bench.clock.now, user_id="you", action="login")])
    [after] = here.told("you")
    assert "winter_sale" not in before
    assert after["winter_sale"] > 0.1, after


@pytest.mark.parametrize("seed", range(3))
def test_all_processes_tell_the_same(bench: Bench, seed: int) -> None:
    """Whenever each began and in whatever portions it heard: from the first on, from the copy, or from the store."""
    done = traffic()[: 2 * EACH + 700]
    chance = np.random.default_rng(seed)
    first, sometimes = Process(bench), Process(bench)
    users = sorted({action.user_id for action in done})
    bench.clock.now = done[-1].at + timedelta(seconds=1)
    place = 0
    while place < len(done):
        portion = int(chance.integers(1, 400))
        first.recent.add(done[place : place + portion])
        place += portion
        first.told(users[0])
        if chance.random() < 0.2:
            sometimes.told(users[1])
    later = Process(bench)
    expected = first.told(*users)
    # Exactly: each number that all of them keep is the same.
    assert sometimes.told(*users) == expected
    assert later.told(*users) == expected
    bench.client.delete(*bench.client.scan_iter("pc:everybody:*"))
    assert Process(bench, *done).told(*users) == expected


def test_the_store_tells_what_the_cache_forgot(bench: Bench) -> None:
    """With everything evicted, what was accepted since the training is found in the log; each action counts once."""
    done = traffic()[:1200]
    bench.clock.now = done[-1].at + timedelta(seconds=1)
    known = Process(bench)
    known.recent.add(done)
    users = sorted({action.user_id for action in done})
    expected = known.told(*users)
    for kept in ("pc:done", "pc:done pc:everybody:*", "pc:everybody:*"):
        for pattern in kept.split():
            bench.client.delete(*bench.client.scan_iter(pattern), "none")
        bench.client.delete(*bench.client.scan_iter("pc:everybody:*:made"), "none")
        told = Process(bench, *done).told(*users)
        assert all(one == pytest.approx(other, abs=1e-6) for one, other in zip(told, expected, strict=True))


def test_a_gap_is_found_and_mended(bench: Bench) -> None:
    """Who has not heard for longer than the chronicle goes back begins anew, and ends with what the others know."""
    done = [*traffic(), *traffic(seed=10)]
    done = [
        Action(at=one.at, user_id=one.user_id, action=one.action, accepted=place)
        for place, one in enumerate((done * 4)[: MOST_KEPT + 1500], start=1)
    ]
    bench.clock.now = done[-1].at + timedelta(seconds=1)
    idle, busy = Process(bench, *done), Process(bench, *done[:300])
    idle.recent.add(done[:300])
    assert idle.told("s9-1") == busy.told("s9-1")
    for place in range(300, len(done), 400):
        busy.recent.add(done[place : place + 400])
        busy.told("s9-2")
    assert bench.client.xlen("pc:done") < len(done) - 300
    bench.clock.forward(LOOK_AGAIN)
    idle.told("s9-1")
    bench.clock.forward(LOOK_AGAIN)
    assert idle.told("s9-1", "s9-3") == busy.told("s9-1", "s9-3")


def test_whatever_is_evicted_predictions_go_on(bench: Bench) -> None:
    """Any key at any time: nothing fails, and once it is over all tell the same again."""
    done = traffic()[:900]
    chance = np.random.default_rng(3)
    processes = [Process(bench, *done) for _ in range(3)]
    for place in range(0, len(done), 9):
        bench.clock.now = done[place].at
        processes[0].recent.add(done[place : place + 9])
        for process in processes:
            [told] = process.told(done[place].user_id)
            assert 0.9 < sum(told.values()) <= 1 + 1e-6
        if chance.random() < 0.3:
            bench.client.delete(chance.choice(sorted(bench.client.scan_iter("pc:*"))))
    bench.clock.now = done[-1].at + timedelta(minutes=2)
    for _ in range(2):
        ended = [process.told("s9-1", "s9-2") for process in processes]
        bench.clock.forward(2 * LOOK_AGAIN)
    assert ended[0] == ended[1] == ended[2]


def test_while_it_is_not_known_the_training_tells(bench: Bench) -> None:
    """The store away, or somebody else catching up: nobody waits, and a minute later it is tried again."""
    done = traffic()[:600]
    user = [action for action in done if action.user_id == "s9-1"]
    process = Process(bench)
    process.recent.add(done)
    bench.clock.now = done[-1].at + timedelta(hours=5)
    away = Process(bench)
    away.facts.away = True
    alone = told_alone(user, bench.clock.now)
    assert away.told("s9-1") == [pytest.approx(alone)]
    away.facts.away = False
    assert away.told("s9-1") == [pytest.approx(alone)]
    bench.clock.forward(LOOK_AGAIN)
    bench.client.delete(*bench.client.scan_iter("pc:everybody:*:made"))
    assert away.told("s9-1") != [pytest.approx(alone)]

    work: list[Callable[[], None]] = []
    bench.client.delete(*bench.client.scan_iter("pc:everybody:*"))
    slow, other = Process(bench, aside=work.append), Process(bench)
    assert slow.told("s9-1") == [pytest.approx(told_alone(user, bench.clock.now))]
    assert len(work) == 1
    work[0]()
    assert slow.told("s9-1") == other.told("s9-1")


def test_hearing_costs_no_round_trip(bench: Bench) -> None:
    """What everybody did comes with what the user did, and is written with it."""
    process = Process(bench)
    process.recent.add(traffic()[:100])
    process.told("s9-1")
    process.recent.add(traffic()[100:110])
    process.told("s9-1")
    bench.client.config_resetstat()
    process.recent.add(traffic()[110:120])
    assert (process.everybody.place or START)[1] == 110
    process.told("s9-1")
    assert (process.everybody.place or START)[1] == 120
    # One script wrote; one pipeline read the list, the zone and the chronicle; what was expected is one more.
    assert [bench.commands().get(name, 0) for name in ("evalsha", "xrange")] == [1, 1]


def test_several_threads_may_hear_the_same(bench: Bench) -> None:
    """Each action is learned once, in its order."""
    process, other = Process(bench), Process(bench)
    process.told("s9-1")
    other.told("s9-1")
    process.recent.add(traffic()[:300])
    place = process.everybody.place
    assert place is not None
    _, news = process.recent.read([], since=place)
    assert news is not None
    for _ in range(3):
        process.everybody.hear(news)
    bench.clock.now = traffic()[300].at
    assert process.told("s9-1", "s9-2") == other.told("s9-1", "s9-2")
