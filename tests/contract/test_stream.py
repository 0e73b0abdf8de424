"""Facts on their way: accepted on a real server, drained once, never lost."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import redis
from bench import Bench
from known_facts import KnownFacts
from servers import ValkeyServer
from store_promises import action, outcome

from precompute.errors import BrokerUnavailable, SourceUnavailable, StoreUnavailable, UnusableSource
from precompute.facts import Fact
from precompute.scripts import connect
from precompute.stream import MOST_TRIES, SET_ASIDE, STREAM, FactStream
from precompute.subjects import Subject


@pytest.fixture
def stream(cache_client: "redis.Redis") -> FactStream:
    """An empty one."""
    return FactStream(cache_client)


class Store:
    """Keeps what it is given, batch by batch; can be away, and finds some facts unwritable."""

    def __init__(self, *, refuses: Sequence[Fact] = ()) -> None:
        self.batches: list[list[Fact]] = []
        self.refused = {fact.fact_id for fact in refuses}
        self.away = False

    def __call__(self, facts: Sequence[Fact]) -> None:
        """Keep them all, or raise."""
        if self.away:
            raise SourceUnavailable
        if any(fact.fact_id in self.refused for fact in facts):
            raise UnusableSource("no such thing")
        self.batches.append(list(facts))

    @property
    def facts(self) -> list[Fact]:
        """All of them."""
        return [fact for batch in self.batches for fact in batch]


def end_pause(client: Any) -> None:
    """As if the time for which a drainer holds the lock had passed."""
    client.delete("pc:facts:lock")


def test_what_was_appended_is_drained_once_in_order(stream: FactStream) -> None:
    """With places that grow, in batches of a thousand, and nothing is left."""
    facts = [action(f"a{number}") for number in range(2300)]
    stream.append(facts[:3])
    stream.append(facts[3:])
    store = Store()
    assert stream.waiting() == 2300
    assert stream.drain(store) == 2300
    assert store.facts == facts
    assert [len(batch) for batch in store.batches] == [1000, 1000, 300]
    places = [fact.accepted for fact in store.facts]
    assert places == sorted(set(places))
    assert (stream.waiting(), stream.drain(store)) == (0, 0)


def test_appending_nothing_asks_nobody() -> None:
    """An empty list needs no server."""
    FactStream(connect("redis://127.0.0.1:1/0")).append([])


def test_a_server_that_is_away_accepts_nothing() -> None:
    """It is said at once, so that the caller is not told 202."""
    nowhere = FactStream(connect("redis://127.0.0.1:1/0"))
    with pytest.raises(BrokerUnavailable):
        nowhere.append([action()])
    with pytest.raises(BrokerUnavailable):
        nowhere.drain(Store())


def test_a_full_server_accepts_all_or_none(tmp_path: Path) -> None:
    """With noeviction and no memory left, a request is refused whole, and what was accepted stays."""
    with ValkeyServer(tmp_path, "--maxmemory-policy", "noeviction") as server, server.client() as client:
        stream = FactStream(client)
        stream.append([action("kept")])
        client.config_set("maxmemory", 1)
        with pytest.raises(BrokerUnavailable):
            stream.append([action(), action()])
        client.config_set("maxmemory", 0)
        assert stream.waiting() == 1


def test_accepted_facts_outlive_their_server(tmp_path: Path) -> None:
    """The append-only file brings back what nobody had drained, and what a drainer had read."""
    with ValkeyServer(tmp_path) as server:
        stream = FactStream(connect(server.url))
        facts = [action("one"), outcome()]
        store = Store()
        store.away = True
        stream.append(facts)
        with pytest.raises(SourceUnavailable):
            stream.drain(store)
        server.restart(force=True)
        store.away = False
        end_pause(server.client())
        assert stream.drain(store) == 2
        assert store.facts == facts


@pytest.mark.parametrize("outage", [SourceUnavailable, StoreUnavailable])
def test_nothing_is_lost_while_the_database_is_away(
    stream: FactStream, cache_client: "redis.Redis", outage: type[Exception]
) -> None:
    """However often it is tried; afterwards everything is there in order, what came meanwhile too."""
    facts = [action(f"a{number}") for number in range(5)]
    stream.append(facts[:3])

    def away(_: Sequence[Fact]) -> None:
        raise outage

    for _ in range(MOST_TRIES + 1):
        with pytest.raises(outage):
            stream.drain(away)
        end_pause(cache_client)
    stream.append(facts[3:])
    store = Store()
    assert stream.drain(store) == 5
    assert store.facts == facts
    assert cache_client.xlen(SET_ASIDE) == 0


def test_a_database_that_is_away_is_left_alone_for_a_while(stream: FactStream, cache_client: "redis.Redis") -> None:
    """Workers have other things to do than to wait for it: the lock stays for seconds, not for its full length."""
    stream.append([action()])
    store = Store()
    store.away = True
    with pytest.raises(SourceUnavailable):
        stream.drain(store)
    store.away = False
    assert stream.drain(store) == 0
    assert 0 < cache_client.pttl("pc:facts:lock") <= 5000
    end_pause(cache_client)
    assert stream.drain(store) == 1


def test_what_a_dead_drainer_had_read_comes_first(stream: FactStream, cache_client: "redis.Redis") -> None:
    """Its transaction may be committed or not; the facts are given again before newer ones."""
    facts = [action("one"), action("two"), action("three")]
    stream.append(facts[:2])

    class Killed(BaseException):
        """Stands for SIGKILL."""

    def dies(_: Sequence[Fact]) -> None:
        raise Killed

    with pytest.raises(Killed):
        stream.drain(dies)
    stream.append(facts[2:])
    store = Store()
    assert stream.drain(store) == 0  # the dead one's lock
    end_pause(cache_client)
    assert stream.drain(store) == 3
    assert store.facts == facts


def test_one_drains_at_a_time(stream: FactStream) -> None:
    """Whoever comes while another is at it goes away again."""
    stream.append([action()])
    second: list[int] = []

    def slow(_: Sequence[Fact]) -> None:
        second.append(stream.drain(Store()))

    assert stream.drain(slow) == 1
    assert second == [0]


def test_two_drainers_lose_and_double_nothing(stream: FactStream, cache_client: "redis.Redis") -> None:
    """The lock of one lapses in the middle of its work; both write, and each fact is stored once."""
    stream.append([outcome(clicks=number) for number in range(3)])
    facts = KnownFacts()

    def slow(batch: Sequence[Fact]) -> None:
        end_pause(cache_client)
        stream.drain(facts.write)
        facts.write(batch)

    stream.drain(slow)
    assert facts.totals(Subject.CAMPAIGN, "c1").outcomes == 3
    assert stream.waiting() == 0


def test_a_drain_ends_under_load(stream: FactStream) -> None:
    """What is accepted while it writes waits for the next one, in which it is not alone."""
    facts = KnownFacts()

    def write(batch: Sequence[Fact]) -> None:
        facts.write(batch)
        stream.append([action("next")])

    stream.append([action("first")])
    assert stream.drain(write) == 1
    assert stream.drain(write) == 1
    assert [one.action for one in facts.actions_of("u1")] == ["first", "next"]


def test_facts_come_in_while_others_are_drained(stream: FactStream, cache_server: ValkeyServer) -> None:
    """From several threads at once; each is stored once."""
    facts = KnownFacts()

    def accept(user: str) -> None:
        own = FactStream(connect(cache_server.url))
        for number in range(50):
            own.append([action(f"a{number}", user=user)])

    threads = [threading.Thread(target=accept, args=(user,)) for user in ("u1", "u2", "u3")]
    for thread in threads:
        thread.start()
    written = 0
    while any(thread.is_alive() for thread in threads):
        written += stream.drain(facts.write)
    written += stream.drain(facts.write)
    assert written == 150
    assert [one.action for one in facts.actions_of("u2")] == [f"a{number}" for number in range(50)]


def test_a_fact_that_cannot_be_written_does_not_hold_up_the_others(
    stream: FactStream, cache_client: "redis.Redis", caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried alone, a few times; then it is set aside with the reason, and logged."""
    facts = [action(f"a{number}") for number in range(20)]
    bad = [facts[4], facts[19]]
    stream.append(facts)
    store = Store(refuses=bad)
    assert stream.drain(store) == 18
    assert store.facts == [fact for fact in facts if fact not in bad]

    for _ in range(MOST_TRIES - 2):
        assert stream.drain(store) == 0
    assert (stream.waiting(), cache_client.xlen(SET_ASIDE)) == (2, 0)
    assert stream.drain(store) == 0
    assert stream.waiting() == 0
    aside = [fields for _, fields in cache_client.xrange(SET_ASIDE)]
    assert [fields[b"why"] for fields in aside] == [b"no such thing"] * 2
    assert bad[0].fact_id.encode() in aside[0][b"f"]
    assert [record.action for record in caplog.records] == ["fact_set_aside"] * 2
    assert cache_client.exists("pc:facts:tries") == 0


def test_a_fact_that_can_be_written_later_is_not_set_aside(stream: FactStream, cache_client: "redis.Redis") -> None:
    """A newer version may take it; its tries are forgotten then."""
    fact = action()
    stream.append([fact])
    store = Store(refuses=[fact])
    for _ in range(MOST_TRIES - 1):
        stream.drain(store)
    store.refused.clear()
    assert stream.drain(store) == 1
    assert (cache_client.xlen(SET_ASIDE), cache_client.exists("pc:facts:tries")) == (0, 0)


def test_damaged_entries_are_set_aside_too(stream: FactStream, cache_client: "redis.Redis") -> None:
    """What somebody else wrote, or a version to come; the facts around them are stored."""
    stream.append([action("one")])
    cache_client.xadd(STREAM, {"f": b"{"})
    cache_client.xadd(STREAM, {"other": b"field"})
    stream.append([action("two")])
    store = Store()
    assert stream.drain(store) == 2
    for _ in range(MOST_TRIES - 1):
        stream.drain(store)
    assert (stream.waiting(), cache_client.xlen(SET_ASIDE)) == (0, 2)


def test_one_command_appends_however_many(stream: FactStream, bench: Bench) -> None:
    """A request with a thousand actions is one round trip."""
    stream.append([action()])
    bench.client.config_resetstat()
    stream.append([action() for _ in range(1000)])
    asked = bench.commands()
    assert asked["evalsha"] == 1
    assert asked["xadd"] == 1000
