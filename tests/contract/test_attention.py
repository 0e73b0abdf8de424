"""Who is looked at where: a few users in the process, many by a worker, and nobody twice for one action."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from bench import Bench

from precompute.attention import AT_ONCE, HERE, LASTS, MOST, Attention
from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.facts import Action
from precompute.memory import JUST_NOW, Memory
from precompute.recent import RecentActions
from precompute.stream import FactStream


class Watched(Attention):
    """Attention that remembers who was looked at, and how often a worker was asked."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.cache, look=self._seen, ask=self._asks)
        self.seen: list[str] = []
        self.asked = 0
        self.problem: Exception | None = None

    def _seen(self, user_ids: Sequence[str]) -> None:
        if self.problem is not None:
            raise self.problem
        self.seen += user_ids

    def _asks(self) -> None:
        if self.problem is not None:
            raise self.problem
        self.asked += 1


@pytest.fixture
def attention(bench: Bench) -> Watched:
    """Of one process."""
    return Watched(bench)


def users(count: int, first: int = 0) -> list[str]:
    """Their ids."""
    return [f"u{number}" for number in range(first, first + count)]


def test_a_few_users_are_looked_at_here_each_once(attention: Watched) -> None:
    """Whoever did something last first."""
    attention.on_actions([["a", "b", "a"], ["c", "b"]])
    assert attention.seen == ["b", "c", "a"]
    assert attention.asked == 0


def test_many_at_once_are_left_to_a_worker(attention: Watched) -> None:
    """One message serves all who come until it is taken up; whoever did something last is looked at first."""
    attention.on_actions([users(HERE + 1)])
    attention.on_actions([users(HERE + 1, first=100)])
    assert (attention.seen, attention.asked) == ([], 1)
    assert attention.attend() == 2 * (HERE + 1)
    assert attention.seen[0] == f"u{100 + HERE}"
    assert attention.seen[-1] == "u0"
    attention.on_actions([users(HERE + 1)])
    assert attention.asked == 2


def test_more_than_one_look_takes_are_taken_by_more(attention: Watched) -> None:
    """Each asks for the next, until nobody is left."""
    attention.on_actions([users(AT_ONCE + 5)])
    assert attention.attend() == AT_ONCE
    assert attention.asked == 2
    assert attention.attend() == 5
    assert attention.attend() == 0
    assert attention.asked == 2
    assert sorted(attention.seen) == sorted(users(AT_ONCE + 5))


def test_whoever_waited_too_long_is_passed_over(bench: Bench, attention: Watched) -> None:
    """They have done what would have been predicted."""
    attention.on_actions([users(HERE + 1)])
    bench.clock.forward(LASTS + timedelta(seconds=1))
    assert attention.attend() == 0


def test_what_waits_is_bounded(bench: Bench, attention: Watched) -> None:
    """Of too many the latest are kept, and all keys go by themselves."""
    attention.on_actions([users(MOST + 50)])
    assert bench.client.zcard("pc:acted") == MOST
    assert bench.client.zscore("pc:acted", "u0") is None
    assert all(bench.client.pttl(name) > 0 for name in bench.client.keys("pc:acted*"))


def test_only_what_was_done_just_now_tells_what_comes_next(bench: Bench) -> None:
    """A log of former days that is brought along has nobody looked at."""
    told: list[Sequence[str]] = []
    recent = RecentActions(bench.client, clock=bench.clock)
    memory = Memory(FactStream(bench.client), recent, clock=bench.clock, then=told.append)
    before, now = bench.clock() - JUST_NOW - timedelta(seconds=1), bench.clock()
    memory.record([Action(at=before, user_id=user, action="look") for user in "ab"])
    assert told == []
    memory.record([Action(at=at, user_id=user, action="look") for user, at in (("a", now), ("b", before))])
    assert told == [["a"]]


@pytest.mark.parametrize("problem", [BrokerUnavailable(), StoreUnavailable()])
@pytest.mark.parametrize("count", [1, HERE + 1])
def test_whoever_did_something_is_not_bothered_by_it(attention: Watched, problem: Exception, count: int) -> None:
    """Predicting is for later; what the user did is recorded already."""
    attention.problem = problem
    attention.on_actions([users(count)])
    assert attention.seen == []
