"""The server drops keys of any kind to make room: the indexes come true again, and nothing stays behind."""

from datetime import timedelta

import pytest
import redis
from bench import CATALOGUE, GRACE, KEPT_FOR_ERRORS, LEASE, SOLO, TTL, Bench, key
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from journey import Journey

from precompute.entry import Entry
from precompute.mending import MOST_SLICES, SLICE, mend

ENTRY_INDEXES = ("pc:gone", "pc:due", "pc:unread", "pc:y:solo")


def _mended(bench: Bench) -> int:
    return mend(bench.ledger, CATALOGUE)


def _held_by(bench: Bench, index: str) -> dict[str, object]:
    if bench.client.type(index) == b"hash":
        return {name.decode(): value for name, value in bench.client.hgetall(index).items()}
    return {name.decode(): score for name, score in bench.client.zrange(index, 0, -1, withscores=True)}


def _named_by(bench: Bench, index: str) -> set[str]:
    return set(_held_by(bench, index))


@pytest.mark.parametrize("index", ENTRY_INDEXES)
def test_an_index_that_was_dropped_is_made_again(bench: Bench, index: str) -> None:
    """What is there is named again, where and as it was; mending what is whole does nothing."""
    for video in ("v1", "v2", "v3"):
        bench.have(SOLO, video=video)
    assert _mended(bench) == 0
    before = _held_by(bench, index)
    bench.client.delete(index)
    bench.have(SOLO, video="v4")

    assert _mended(bench) == 3

    after = _held_by(bench, index)
    assert after.pop("solo:video:v4")
    assert after == before


def test_a_lost_index_hides_nothing_from_an_invalidation_for_long(bench: Bench) -> None:
    """The next sweep finds that the indexes count differently, and mends all there is at once."""
    videos = [f"v{number}" for number in range(400)]
    for video in videos:
        bench.have(SOLO, video=video)
    bench.client.delete("pc:y:solo")

    _mended(bench)

    assert bench.invalidate("solo:*") == len(videos)


def test_dropped_entries_leave_the_indexes_before_their_time(bench: Bench) -> None:
    """Nobody reads them, and hours are left of their time: each sweep looks at some, until none is named any more."""
    for number in range(100):
        bench.have(SOLO, video=f"v{number}")
    for number in range(90):
        bench.client.delete(f"pc:e:{key(SOLO, f'v{number}')}")

    assert sum(_mended(bench) for _ in range(3)) == 90

    for index in ENTRY_INDEXES:
        assert len(_named_by(bench, index)) == 10
    assert bench.client.hget("pc:m", "unused:solo:event") == b"90"


def test_a_sweep_does_the_same_work_however_much_is_stored(bench: Bench) -> None:
    """While the indexes agree, one call looks at its few hundred keys and names, not at a thousand entries."""
    for number in range(1000):
        bench.have(SOLO, video=f"v{number}")
    bench.client.config_resetstat()

    _mended(bench)

    asked = bench.commands()
    assert asked["evalsha"] == 1
    assert asked["hmget"] + asked.get("exists", 0) <= SLICE + 200
    assert MOST_SLICES > 1


def test_a_task_that_nobody_looks_after_is_found(bench: Bench) -> None:
    """The list of what to look after was dropped: what is queued is on it again, and counted on its queue."""
    bench.trigger(SOLO)
    bench.client.delete("pc:watch", "pc:q:video:solo")

    _mended(bench)

    assert bench.client.zcard("pc:q:video:solo") == 1
    bench.clock.forward(LEASE)
    assert [each.key for each in bench.ledger.overdue()] == [key(SOLO)]


def test_a_task_that_was_dropped_is_not_counted_as_waiting(bench: Bench) -> None:
    """Nobody knows of it any more, neither where it was to be looked after."""
    bench.trigger(SOLO)
    bench.client.delete("pc:watch", f"pc:t:{key(SOLO)}")

    _mended(bench)

    assert not bench.client.exists("pc:q:video:solo")


def test_a_note_about_a_dropped_result_does_not_stay(bench: Bench) -> None:
    """Whatever was written to an entry that was gone is taken away, as nothing else would ever forget it."""
    bench.client.hset(f"pc:e:{key(SOLO)}", "wu", 1)
    bench.client.hset(f"pc:t:{key(SOLO)}", "progress", 1)

    assert _mended(bench) == 2

    assert set(bench.client.scan_iter()) == {b"pc:patrol"}


class UnderPressure(Journey):
    """The same journey on a server that drops any key at any moment."""

    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """One key, of whatever kind."""
        names = sorted(self.client.scan_iter("pc:*"))
        if names:
            self.client.delete(data.draw(st.sampled_from(names)))

    @rule(rows=st.just(None))
    def sweep(self, rows: None) -> None:
        """What beat does, mending included."""
        Journey.sweep(self)
        self.mend_all()

    def mend_all(self) -> None:
        """As many sweeps as it takes to get round."""
        for _ in range(3):
            _mended(self.bench)

    @invariant()
    def indexes_name_exactly_what_is_there(self) -> None:
        """Once they are mended; what is past its time, or whose record is gone, at the latest with the next sweep."""
        self.mend_all()
        self.bench.cache.clean()
        self.bench.ledger.overdue()
        Journey.indexes_name_exactly_what_is_there(self)

    @invariant()
    def failures_are_named_where_they_are(self) -> None:
        """Once they are mended."""
        self.mend_all()
        Journey.failures_are_named_where_they_are(self)

    @invariant()
    def every_result_is_counted_once(self) -> None:
        """What was dropped is not counted any more, but nothing is counted below zero."""
        assert all(int(count) >= 0 for count in self.client.hvals("pc:m"))

    @rule(pattern=st.sampled_from(["*", "solo:*", "video:v1:*"]))
    def nothing_survives_an_invalidation(self, pattern: str) -> None:
        """After mending, a pattern finds all there is."""
        self.mend_all()
        self.bench.invalidate(pattern)
        for video in ("v1", "v2"):
            found = self.bench.cache.read(key(SOLO, video), counted=False)
            assert not isinstance(found, Entry) or (pattern == "video:v1:*" and video == "v2")


def test_the_indexes_come_true_whatever_the_server_drops(cache_client: "redis.Redis") -> None:
    """Hypothesis drops any keys between any steps, and looks for an index that stays wrong or a key that stays."""
    machine = type("UnderPressureOnServer", (UnderPressure,), {"client": cache_client})
    run_state_machine_as_test(
        machine,
        settings=settings(
            phases=[__import__("hypothesis").Phase.reuse], max_examples=30,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_a_server_short_of_memory_stays_true(bench: Bench) -> None:
    """With a real limit and thousands of results, the server drops what it likes; after that all is as it says."""
    bench.client.config_set("maxmemory-policy", "allkeys-lru")
    used = bench.client.info("memory")["used_memory"]
    bench.client.config_set("maxmemory", used + 3_000_000)
    try:
        for number in range(1500):
            bench.have(SOLO, video=f"v{number}", parts={"still": bytes(4000)})
        assert bench.client.info("stats")["evicted_keys"] > 0
    finally:
        bench.client.config_set("maxmemory", 0)
        bench.client.config_set("maxmemory-policy", "noeviction")
    for _ in range(20):
        _mended(bench)

    entries = {name.decode().removeprefix("pc:e:") for name in bench.client.scan_iter("pc:e:*")}
    assert 0 < len(entries) < 1500
    for index in ENTRY_INDEXES:
        assert _named_by(bench, index) == entries
    bench.clock.forward(TTL + GRACE + KEPT_FOR_ERRORS + timedelta(days=1))
    for name in bench.client.scan_iter("pc:e:*"):
        bench.client.delete(name)
    bench.cache.clean(most=5000)
    left = {name.decode().split(":")[1] for name in bench.client.scan_iter()}
    assert left <= {"m", "t", "i", "latest", "patrol"}
