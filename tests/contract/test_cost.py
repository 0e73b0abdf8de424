"""What a result cost is what its reader would have waited; what its last step took is counted apart."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from bench import CATALOGUE, CUTS, LOOKS, RATE, RAW, SOLO, TTL, Bench, key
from task_body import execution_on

from precompute.entry import Entry
from precompute.planner import Cause
from precompute.task_type import TaskType
from precompute.usefulness import usefulness

LONG = timedelta(minutes=10)
"""What the inputs take here; no step of a test is so long, on whatever machine."""

Run = Callable[[TaskType], None]


@pytest.fixture
def run(bench: Bench) -> Run:
    """Has the latest message of a row run by a worker's task body, whose functions do nothing."""

    def compute(*_inputs: Any) -> Mapping[str, Any]:
        return {}

    execution = execution_on(bench, CATALOGUE, compute, dispatch=bench.dispatch)

    return lambda row: execution.run(bench.message(row))


def cost_of(bench: Bench, row: TaskType) -> timedelta:
    """As the entry has it."""
    return timedelta(milliseconds=int(bench.client.hget(f"pc:e:{key(row)}", "co")))


def raw_is_there(bench: Bench) -> None:
    """A worker has computed what the others are computed from, and it took long."""
    bench.begin(RAW)
    bench.cache.store(RAW, key(RAW), owner="w1", body=b"{}", parts={}, cost=LONG)
    bench.dependants.release(RAW, key(RAW))


def test_a_result_costs_what_its_reader_would_have_waited(bench: Bench, run: Run) -> None:
    """What is never kept for a reader counts, and the row's own step; what is kept for itself does not."""
    bench.trigger(RATE)
    raw_is_there(bench)
    run(CUTS)
    run(LOOKS)
    run(RATE)

    assert LONG <= cost_of(bench, CUTS) < 2 * LONG
    assert LONG <= cost_of(bench, LOOKS) < 2 * LONG
    assert cost_of(bench, RATE) < LONG


def test_the_times_of_a_task_type_are_those_of_its_own_step(bench: Bench, run: Run) -> None:
    """Means and percentiles do not count the input again for each result that was computed from it."""
    bench.trigger(CUTS)
    raw_is_there(bench)
    run(CUTS)

    counted = bench.counters()
    assert counted["ms:cuts"] < 1000 * LONG.total_seconds() == counted["ms:raw"]


def test_an_early_refresh_begins_as_long_before_as_it_takes(bench: Bench, run: Run) -> None:
    """A hot result of a long decoding is refreshed in time for that, though its own step takes milliseconds."""
    bench.trigger(CUTS)
    raw_is_there(bench)
    run(CUTS)
    bench.cache.draw = lambda: 1.0
    bench.cache.read(key(CUTS))

    bench.clock.forward(TTL - LONG / 2)

    found = bench.cache.read(key(CUTS))
    assert isinstance(found, Entry)
    assert found.early


def test_what_is_dearer_than_its_time_is_long_is_not_computed_all_the_time(bench: Bench) -> None:
    """However early a read would come, the first half of the time of being fresh is left to the result."""
    bench.have(SOLO)
    bench.cache.draw = lambda: TTL / timedelta(milliseconds=1)
    bench.cache.read(key(SOLO))

    bench.clock.forward(TTL / 2 - timedelta(seconds=1))
    assert not bench.cache.read(key(SOLO)).due  # type: ignore[union-attr]
    bench.clock.forward(timedelta(seconds=1))
    assert bench.cache.read(key(SOLO)).due  # type: ignore[union-attr]


def test_readers_were_spared_the_whole_wait(bench: Bench, run: Run) -> None:
    """The first read of a result that was ready saved all of it; one that goes unread has wasted as much."""
    bench.trigger(CUTS, LOOKS)
    raw_is_there(bench)
    run(CUTS)
    run(LOOKS)
    bench.cache.read(key(CUTS))
    bench.invalidate("looks:*")

    told = usefulness(bench.cache, CATALOGUE)
    assert told["cuts"][Cause.EVENT].saved_seconds >= LONG.total_seconds()
    assert told["looks"][Cause.EVENT].wasted_seconds >= LONG.total_seconds()


def test_an_entry_of_an_older_version_costs_its_own_step(bench: Bench, run: Run) -> None:
    """An input stored without a cost, as nothing of ours was, takes no result computed from it along."""
    bench.trigger(CUTS)
    raw_is_there(bench)
    bench.client.hdel(f"pc:e:{key(RAW)}", "co")

    run(CUTS)

    assert cost_of(bench, CUTS) < LONG


def test_a_result_without_inputs_costs_its_step(bench: Bench, run: Run) -> None:
    """Nothing is added where nothing has to be computed before."""
    bench.trigger(SOLO)
    run(SOLO)

    assert cost_of(bench, SOLO) < LONG
