"""A hot result is refreshed before it goes stale, by one of its readers."""

from datetime import timedelta

import pytest
from bench import SOLO, TTL, Bench, at_once, key

from precompute.early import draw_earliness
from precompute.entry import Entry
from precompute.precomputer import Precomputer

COST = timedelta(milliseconds=1500)
"""What the bench says that every result took."""


def _read(bench: Bench, *, draw: float, counted: bool = True) -> Entry:
    bench.cache.draw = lambda: draw
    found = bench.cache.read(key(SOLO), counted=counted)
    assert isinstance(found, Entry)
    return found


def _hot(bench: Bench, *, left: timedelta) -> None:
    bench.have(SOLO)
    _read(bench, draw=0.0)
    bench.clock.forward(TTL - left)


def test_a_read_comes_early_when_its_draw_times_the_cost_reaches_the_end(bench: Bench) -> None:
    """Three seconds before a result of a second and a half goes stale, a draw of two is just enough."""
    _hot(bench, left=2 * COST)

    assert not _read(bench, draw=1.99).early
    found = _read(bench, draw=2.0)
    assert (found.early, found.due, found.stale) == (True, True, False)


def test_draws_are_exponential(bench: Bench) -> None:
    """Mean one, never negative, and beyond two in e^-2 of the cases: the distribution that XFetch asks for."""
    draws = [draw_earliness() for _ in range(20_000)]

    assert min(draws) >= 0
    assert sum(draws) / len(draws) == pytest.approx(1.0, abs=0.05)
    assert sum(draw > 2 for draw in draws) / len(draws) == pytest.approx(0.1353, abs=0.015)


def test_what_is_read_for_the_first_time_is_not_refreshed_early(bench: Bench) -> None:
    """Only what was read before is hot; looks that do not count neither start nor heat anything."""
    bench.have(SOLO)
    bench.clock.forward(TTL - COST)

    assert not _read(bench, draw=50.0, counted=False).due
    assert not _read(bench, draw=50.0).due
    assert not _read(bench, draw=50.0, counted=False).due
    assert _read(bench, draw=50.0).due


def test_of_many_early_readers_one_starts_the_refresh(precomputer: Precomputer, bench: Bench) -> None:
    """Twenty at once, and all who come while it is on its way: one computation, on the refresh queue."""
    _hot(bench, left=COST)
    bench.cache.draw = lambda: 50.0
    bench.dispatch.sent.clear()

    found = at_once(lambda _: precomputer.get(key(SOLO)), times=20)
    found += [precomputer.get(key(SOLO)) for _ in range(3)]

    assert all(isinstance(each, Entry) and not each.stale for each in found)
    assert [message.queue for message in bench.dispatch.sent] == ["refresh"]
    bench.compute(SOLO)
    assert precomputer.get(key(SOLO)).computed_at == bench.clock()  # type: ignore[union-attr]


def test_a_reader_who_comes_late_does_not_refresh_what_is_new(bench: Bench) -> None:
    """Between reading an early result and asking for its refresh, another reader's refresh was done: that will do."""
    _hot(bench, left=COST)
    seen = _read(bench, draw=50.0)
    bench.trigger(SOLO, force=True, seen_at=seen.computed_at)
    bench.compute(SOLO)
    bench.dispatch.sent.clear()

    receipt = bench.trigger(SOLO, force=True, seen_at=seen.computed_at)

    assert (receipt.queued, receipt.cached) == ({}, ("solo",))
    assert bench.dispatch.sent == []


def test_reading_what_is_being_refreshed_asks_the_server_once(precomputer: Precomputer, bench: Bench) -> None:
    """While its refresh is on its way, a stale result costs its readers no more than a fresh one."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    precomputer.get(key(SOLO))
    bench.client.config_resetstat()

    precomputer.get(key(SOLO))

    asked = bench.commands()
    assert asked["evalsha"] == 1
    assert asked["hmget"] == 1
