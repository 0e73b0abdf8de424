"""Results whose event this version cannot read, as another one wrote it: served, and nobody stumbles over them."""

from pathlib import Path

import pytest
from bench import CUTS, LOOKS, RATE, RAW, SOLO, TTL, Bench, key
from refreshing_worker import Worker

from precompute.due import DueEntries
from precompute.entry import Entry
from precompute.forcing import Refreshed
from precompute.precomputer import Precomputer

OF_ANOTHER_VERSION = (
    b'{"event":"video_transcribed","subject_id":"v1","user_id":"u1"}',
    b'{"event":"video_uploaded"}',
    b'["video_uploaded"]',
    b'"video_uploaded"',
    b"not even JSON",
    b"",
)


@pytest.fixture(params=OF_ANOTHER_VERSION)
def unreadable(request: pytest.FixtureRequest) -> bytes:
    """An event as it may stand beside a result."""
    return bytes(request.param)


def test_a_reader_gets_a_stale_result_whose_event_cannot_be_read(
    precomputer: Precomputer, bench: Bench, unreadable: bytes
) -> None:
    """As long as it lasts; its refresh is left to those who can read it."""
    bench.have(SOLO, value={"n": 1})
    bench.client.hset(f"pc:e:{key(SOLO)}", "ev", unreadable)
    bench.dispatch.sent.clear()
    bench.clock.forward(TTL)

    found = precomputer.get(key(SOLO))

    assert isinstance(found, Entry)
    assert (found.value, bench.dispatch.sent) == ({"n": 1}, [])


def test_a_forced_refresh_goes_past_what_it_cannot_read(
    precomputer: Precomputer, bench: Bench, unreadable: bytes
) -> None:
    """The others of the type are computed anew, whether all are asked for or some."""
    bench.have(SOLO, video="ours")
    bench.have(SOLO)
    bench.client.hset(f"pc:e:{key(SOLO)}", "ev", unreadable)
    bench.dispatch.sent.clear()

    assert precomputer.refresh("solo", force=True) == Refreshed(queued=1, skipped=1)
    assert [message.key for message in bench.dispatch.sent] == [key(SOLO, "ours")]


def test_a_worker_leaves_what_it_cannot_read_until_it_is_read(bench: Bench, tmp_path: Path, unreadable: bytes) -> None:
    """It is not handed out again and again; a reader has it looked at once more."""
    worker = Worker(bench, tmp_path)
    worker.have(SOLO, CUTS, LOOKS, RATE)
    bench.clock.forward(TTL)
    for row in (RAW, SOLO, CUTS, LOOKS, RATE):
        bench.client.hset(f"pc:e:{key(row)}", "ev", unreadable)

    worker.refresh(SOLO, CUTS, LOOKS, RATE)

    assert worker.work() == []
    assert DueEntries(bench.cache).due(most=10) == []
    assert DueEntries(bench.cache).claimed() == 0
    assert isinstance(bench.cache.read(key(SOLO)), Entry)
    assert [entry.key for entry in DueEntries(bench.cache).due(most=10)] == [key(SOLO)]
