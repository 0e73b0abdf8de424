"""Keeping results fresh: by reading them, by type, by force."""

from datetime import timedelta

import pytest
from bench import GRACE, SOLO, TTL, Bench, key

from precompute.entry import Entry, State
from precompute.errors import BrokerUnavailable, UnknownPrecomputation
from precompute.ledger import Beginning
from precompute.precomputer import Precomputer, Refreshed


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


def test_refresh_queues_what_is_close_to_stale_and_read(precomputer: Precomputer, bench: Bench) -> None:
    """Within the lead of the row: the read one is computed again, the unread one is skipped, the younger left."""
    for video in ("read", "unread"):
        bench.have(SOLO, video=video)
    bench.clock.forward(SOLO.refresh_lead + timedelta(seconds=1))
    bench.have(SOLO, video="young")
    for video in ("read", "young"):
        precomputer.get(key(SOLO, video))
    bench.clock.forward(TTL - 2 * SOLO.refresh_lead)
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo") == Refreshed(queued=1, skipped=1)
    assert [(str(message.key), message.queue) for message in bench.dispatch.sent] == [("solo:video:read", "refresh")]


def test_a_refresh_that_is_on_its_way_is_not_queued_again(precomputer: Precomputer, bench: Bench) -> None:
    """It counts as skipped."""
    bench.have(SOLO)
    precomputer.get(key(SOLO))
    bench.clock.forward(TTL)

    assert [precomputer.refresh("solo"), precomputer.refresh("solo")] == [
        Refreshed(queued=1, skipped=0),
        Refreshed(queued=0, skipped=1),
    ]


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

    assert precomputer.refresh("solo", force=True) == Refreshed(queued=2, skipped=1)
    assert {message.key.ref.id for message in bench.dispatch.sent} == {"stale", "fresh"}


def test_a_limited_refresh_takes_the_soonest_stale(precomputer: Precomputer, bench: Bench) -> None:
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


def test_a_refresh_says_when_the_broker_is_down(precomputer: Precomputer, bench: Bench) -> None:
    """Nothing is recorded for what could not be queued."""
    bench.have(SOLO)
    bench.dispatch.broken = True

    with pytest.raises(BrokerUnavailable):
        precomputer.refresh("solo", force=True)
    assert bench.state(SOLO) is State.READY
