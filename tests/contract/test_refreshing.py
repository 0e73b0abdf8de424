"""Keeping results fresh: by reading them, by type, by force."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, GRACE, SOLO, TTL, Bench, key

from precompute.entry import Entry, State
from precompute.errors import BrokerUnavailable, UnknownPrecomputation
from precompute.forcing import AT_ONCE, Forcing, Refreshed
from precompute.ledger import Beginning
from precompute.message import Forced
from precompute.precomputer import Precomputer
from precompute.refreshing import BROKER_RESTS


def test_reading_a_stale_result_starts_one_refresh(precomputer: Precomputer, bench: Bench) -> None:
    """Three readers get the old value at once; one computation for the same event is started."""
    bench.have(SOLO, value={"n": 1})
    event = bench.message(SOLO).event
    bench.dispatch.sent.clear()
    bench.clock.forward(TTL)

    found = [precomputer.get(key(SOLO)) for _ in range(3)]

    assert all(isinstance(each, Entry) and each.stale and each.value == {"n": 1} for each in found)
    assert [(message.queue, message.event) for message in bench.dispatch.sent] == [("refresh", event)]
    assert bench.begin(SOLO) is Beginning.RUN


def test_reading_a_fresh_result_starts_nothing(precomputer: Precomputer, bench: Bench) -> None:
    """Only staleness does."""
    bench.have(SOLO)
    bench.dispatch.sent.clear()
    bench.clock.forward(TTL - timedelta(milliseconds=1))

    precomputer.get(key(SOLO))

    assert bench.dispatch.sent == []


def test_a_stale_result_is_served_though_the_broker_is_down(precomputer: Precomputer, bench: Bench) -> None:
    """The reader has an answer; that its refresh could not be queued is no reason to withhold it."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    bench.dispatch.broken = True

    assert isinstance(precomputer.get(key(SOLO)), Entry)


def test_a_stale_result_that_knows_its_sources_is_looked_at_first(precomputer: Precomputer, bench: Bench) -> None:
    """Three readers have a worker look once whether anything has changed; nothing is computed before that."""
    bench.have(SOLO, source="s1")
    bench.dispatch.sent.clear()
    bench.clock.forward(TTL)

    found = [precomputer.get(key(SOLO)) for _ in range(3)]

    assert all(isinstance(each, Entry) and each.stale for each in found)
    assert [(str(each.ref), each.types) for each in bench.dispatch.revalidations] == [("video:v1", ("solo",))]
    assert bench.dispatch.sent == []


def test_refresh_asks_for_what_is_close_to_stale_and_read(precomputer: Precomputer, bench: Bench) -> None:
    """Within the lead of the row: the read one is looked at, the unread one is skipped, the younger left."""
    for video in ("read", "unread"):
        bench.have(SOLO, video=video)
    bench.clock.forward(SOLO.refresh_lead + timedelta(seconds=1))
    bench.have(SOLO, video="young")
    for video in ("read", "young"):
        precomputer.get(key(SOLO, video))
    bench.clock.forward(TTL - 2 * SOLO.refresh_lead)

    assert precomputer.refresh("solo") == Refreshed(queued=1, skipped=1)
    assert [each.keys for each in bench.dispatch.revalidations] == [[key(SOLO, "read")]]


def test_a_refresh_that_is_on_its_way_is_not_queued_again(precomputer: Precomputer, bench: Bench) -> None:
    """It counts as skipped, whether somebody looks or computes already; once its time is over it is queued anew."""
    for video in ("looked_at", "computed"):
        bench.have(SOLO, video=video)
        precomputer.get(key(SOLO, video))
    bench.clock.forward(TTL)
    bench.trigger(SOLO, video="computed")

    assert [precomputer.refresh("solo"), precomputer.refresh("solo")] == [
        Refreshed(queued=1, skipped=1),
        Refreshed(queued=0, skipped=2),
    ]
    bench.clock.forward(precomputer.settings.refresh_expiry)
    assert precomputer.refresh("solo") == Refreshed(queued=1, skipped=1)


def test_a_limited_refresh_asks_for_no_more(precomputer: Precomputer, bench: Bench) -> None:
    """What stands behind the limit is not skipped but left."""
    for video in ("v1", "v2", "v3"):
        bench.have(SOLO, video=video)
        precomputer.get(key(SOLO, video))
    bench.clock.forward(TTL)

    assert precomputer.refresh("solo", limit=2) == Refreshed(queued=2, skipped=0)


def test_a_forced_refresh_takes_every_live_entry(precomputer: Precomputer, bench: Bench) -> None:
    """Read or not, fresh or stale; what is gone is not brought back."""
    bench.have(SOLO, video="gone")
    bench.clock.forward(GRACE)
    bench.have(SOLO, video="stale")
    bench.clock.forward(TTL)
    bench.have(SOLO, video="fresh")
    # What the server does by its own clock.
    bench.client.delete(f"pc:e:{key(SOLO, 'gone')}")
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo", force=True) == Refreshed(queued=2, skipped=0)
    assert {message.key.ref.id for message in bench.dispatch.sent} == {"stale", "fresh"}
    assert all(message.expires_at is None for message in bench.dispatch.sent)


def go_on(precomputer: Precomputer, bench: Bench) -> list[Refreshed]:
    """What a worker makes of the messages that go on with a forced refresh."""
    forcing = Forcing(catalogue=CATALOGUE, cache=bench.cache, ledger=bench.ledger, dispatch=bench.dispatch)
    found = []
    while bench.dispatch.forced:
        forced = bench.dispatch.forced.pop(0)
        found.append(forcing.go_on(forced))
        bench.clock.forward(timedelta(seconds=1))
    return found


def test_a_forced_refresh_of_many_is_answered_early_and_goes_on(precomputer: Precomputer, bench: Bench) -> None:
    """What it says is queued is; a worker queues those that are left, each once; asked again, all are on their way."""
    for number in range(1500):
        bench.have(SOLO, video=f"v{number}")
    bench.dispatch.sent.clear()

    first = precomputer.refresh("solo", force=True)

    assert AT_ONCE <= first.queued == len(bench.dispatch.sent) < 1000
    assert first.left == 1500 - first.queued
    rest = go_on(precomputer, bench)
    assert first.queued + sum(one.queued for one in rest) == 1500
    assert max(one.queued for one in rest) < 1000
    assert len({message.key for message in bench.dispatch.sent}) == len(bench.dispatch.sent) == 1500
    again = precomputer.refresh("solo", force=True)
    assert (again.queued, again.skipped, again.left) == (0, 1500, 0)


def test_a_message_that_comes_twice_has_nothing_computed_twice(precomputer: Precomputer, bench: Bench) -> None:
    """What was computed since the refresh began is new enough."""
    for number in range(5):
        bench.have(SOLO, video=f"v{number}")
    began = bench.clock()
    bench.clock.forward(timedelta(seconds=1))
    bench.trigger(SOLO, video="v1", force=True)
    bench.compute(SOLO, video="v1")
    bench.dispatch.sent.clear()
    forcing = Forcing(catalogue=CATALOGUE, cache=bench.cache, ledger=bench.ledger, dispatch=bench.dispatch)

    found = [forcing.go_on(Forced(task_type="solo", began=began)) for _ in range(2)]

    assert [one.queued for one in found] == [4, 0]
    assert "v1" not in {message.key.ref.id for message in bench.dispatch.sent}


def test_a_limited_forced_refresh_goes_on_up_to_its_limit(precomputer: Precomputer, bench: Bench) -> None:
    """The soonest stale of all, however many messages it takes."""
    for number in range(700):
        bench.have(SOLO, video=f"v{number}")
        bench.clock.forward(timedelta(milliseconds=1))
    bench.dispatch.sent.clear()

    first = precomputer.refresh("solo", force=True, limit=600)

    assert (first.queued, first.left) == (AT_ONCE, 100)
    assert [one.queued for one in go_on(precomputer, bench)] == [100]
    assert {message.key.ref.id for message in bench.dispatch.sent} == {f"v{number}" for number in range(600)}


def test_a_limited_forced_refresh_takes_the_soonest_stale(precomputer: Precomputer, bench: Bench) -> None:
    """With a limit of two, the two oldest."""
    for video in ("v1", "v2", "v3"):
        bench.have(SOLO, video=video)
        bench.clock.forward(timedelta(seconds=1))
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo", force=True, limit=2) == Refreshed(queued=2, skipped=0)
    assert [message.key.ref.id for message in bench.dispatch.sent] == ["v1", "v2"]


@pytest.mark.parametrize("name", ["nothing", "raw"])
def test_an_unknown_type_cannot_be_refreshed(precomputer: Precomputer, name: str) -> None:
    """Nor can a transient one, which callers do not know."""
    with pytest.raises(UnknownPrecomputation, match=name):
        precomputer.refresh(name)


@pytest.mark.parametrize("force", [True, False])
def test_a_refresh_says_when_the_broker_is_down(precomputer: Precomputer, bench: Bench, force: bool) -> None:
    """Nothing is recorded for what could not be queued: once the broker is back, the same is."""
    bench.have(SOLO)
    precomputer.get(key(SOLO))
    bench.clock.forward(TTL)
    bench.dispatch.broken = True

    with pytest.raises(BrokerUnavailable):
        precomputer.refresh("solo", force=force)
    assert bench.state(SOLO) is State.READY
    assert not bench.counters().get("refresh:queued:solo")
    bench.dispatch.broken = False
    assert precomputer.refresh("solo", force=force) == Refreshed(queued=1, skipped=0)


@pytest.mark.parametrize("source", ["", "a token"])
def test_with_the_broker_away_one_reader_finds_out_for_all(precomputer: Precomputer, bench: Bench, source: str) -> None:
    """Trying costs up to a second where it is frozen; all are served, and some seconds later the next one tries."""
    bench.have(SOLO, source=source)
    bench.clock.forward(TTL)
    bench.dispatch.broken = True
    assert isinstance(precomputer.get(key(SOLO)), Entry)
    bench.dispatch.broken = False
    before = len(bench.dispatch.sent)

    bench.clock.forward(BROKER_RESTS - timedelta(milliseconds=1))
    assert isinstance(precomputer.get(key(SOLO)), Entry)
    assert (bench.dispatch.sent[before:], bench.dispatch.revalidations) == ([], [])
    bench.clock.forward(timedelta(milliseconds=1))
    precomputer.get(key(SOLO))
    assert len(bench.dispatch.sent[before:]) + len(bench.dispatch.revalidations) == 1
