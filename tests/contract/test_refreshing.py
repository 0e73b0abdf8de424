"""Keeping results fresh: by reading them, by type, by force."""

from datetime import timedelta

import pytest
from bench import GRACE, SOLO, TTL, Bench, key

from precompute.entry import Entry, State
from precompute.errors import BrokerUnavailable, UnknownPrecomputation
from precompute.ledger import Beginning
from precompute.precomputer import Precomputer
from precompute.refreshing import BROKER_RESTS, Refreshed


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


def test_a_forced_refresh_takes_more_than_a_thousand(precomputer: Precomputer, bench: Bench) -> None:
    """All of them, each once; asked again, all are on their way."""
    for number in range(1100):
        bench.have(SOLO, video=f"v{number}")
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo", force=True) == Refreshed(queued=1100, skipped=0)
    assert len({message.key for message in bench.dispatch.sent}) == len(bench.dispatch.sent) == 1100
    assert precomputer.refresh("solo", force=True) == Refreshed(queued=0, skipped=1100)


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
