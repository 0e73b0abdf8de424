"""What the engine counts about itself."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, CUTS, RAW, SOLO, Bench, key

from precompute.measures import (
    LOST_AFTER,
    REPORT_EVERY_S,
    WORKERS_KEY,
    forget_lost_workers,
    forget_worker,
    measure,
    report_worker,
    running_workers,
)
from precompute.queues import Queue


def test_before_anything_happens_everything_is_nought(bench: Bench) -> None:
    """No read, no rate, no average, no worker."""
    measures = measure(bench.cache, CATALOGUE)

    assert (measures.hit_rate_percent, measures.total_requests) == (0.0, 0)
    assert {each.average_seconds for each in measures.by_type.values()} == {None}
    assert measures.workers == ()
    assert set(measures.by_type) == {"raw", "cuts", "looks", "rate", "solo"}


def test_the_average_time_is_that_of_computations_that_ended_well(bench: Bench) -> None:
    """Two runs of 1.5 s average to 1.5 s; a failed one is counted apart."""
    bench.have(SOLO, video="v1")
    bench.have(SOLO, video="v2")
    bench.trigger(SOLO, video="v3")
    bench.begin(SOLO, video="v3")
    bench.fail(SOLO, video="v3")

    solo = measure(bench.cache, CATALOGUE).by_type["solo"]

    assert (solo.computations, solo.failures, solo.average_seconds) == (2, 1, 1.5)


def test_tasks_wait_by_queue_and_type_until_they_begin(bench: Bench) -> None:
    """Also those that wait for inputs; a running one does not wait any more, one to be tried again does."""
    bench.trigger(CUTS, SOLO)
    assert measure(bench.cache, CATALOGUE).waiting[Queue.VIDEO] == {"raw": 1, "cuts": 1, "solo": 1}

    bench.begin(RAW)
    bench.begin(SOLO)
    assert measure(bench.cache, CATALOGUE).waiting[Queue.VIDEO] == {"cuts": 1}

    bench.fail(SOLO, retry_in=timedelta(seconds=2))
    assert measure(bench.cache, CATALOGUE).waiting[Queue.VIDEO] == {"cuts": 1, "solo": 1}


def test_reads_by_other_computations_are_no_requests(bench: Bench) -> None:
    """Only readers count, so the hit rate is theirs."""
    bench.have(SOLO)
    bench.cache.stored(key(SOLO))
    bench.cache.read_part(key(SOLO), "1.jpg")

    assert measure(bench.cache, CATALOGUE).total_requests == 0


def test_a_worker_runs_as_long_as_it_reports(bench: Bench) -> None:
    """One that missed three reports, or said goodbye, is not running."""
    for name in ("b@host", "a@host", "gone@host"):
        report_worker(bench.cache, name=name, processes=2, queues=["critical", "video"])
    forget_worker(bench.cache, name="gone@host")

    assert [(each["name"], each["processes"], each["queues"]) for each in running_workers(bench.cache)] == [
        ("a@host", 2, ["critical", "video"]),
        ("b@host", 2, ["critical", "video"]),
    ]
    bench.clock.forward(timedelta(seconds=2 * REPORT_EVERY_S))
    report_worker(bench.cache, name="b@host", processes=2, queues=["video"])
    bench.clock.forward(timedelta(seconds=REPORT_EVERY_S + 1))
    assert [each["name"] for each in measure(bench.cache, CATALOGUE).workers] == ["b@host"]


def test_workers_that_were_killed_are_forgotten(bench: Bench) -> None:
    """Containers have a new name each time; one that is only late is still known."""
    report_worker(bench.cache, name="killed", processes=2, queues=["video"])
    bench.clock.forward(LOST_AFTER)
    assert forget_lost_workers(bench.cache) == 0
    report_worker(bench.cache, name="lives", processes=2, queues=["video"])
    bench.clock.forward(timedelta(seconds=1))
    assert forget_lost_workers(bench.cache) == 1
    assert bench.client.hkeys(WORKERS_KEY) == [b"lives"]


@pytest.mark.parametrize("stored", [1, 300])
def test_measuring_costs_the_same_however_much_is_stored(bench: Bench, stored: int) -> None:
    """As many commands for one entry as for hundreds, and no walk over keys."""
    for number in range(stored):
        bench.have(SOLO, video=f"v{number}")
    bench.client.config_resetstat()

    measure(bench.cache, CATALOGUE)

    asked = bench.commands()
    asked.pop("config|resetstat", None)
    asked.pop("info", None)
    assert asked == {"hgetall": 1, "zcard": len(Queue) * len(CATALOGUE.rows), "hvals": 1}


def test_percentiles_are_those_of_the_computations(bench: Bench) -> None:
    """Of a thousand spread ones each is off by a tenth at most; a single one is its own percentile."""
    costs = [round(10 * 1.007**number) for number in range(1000)]
    for cost in costs:
        took(bench, milliseconds=cost)
    solo = measure(bench.cache, CATALOGUE).by_type["solo"]
    for share in (0.01, 0.5, 0.95, 1.0):
        true = costs[round(share * 1000) - 1] / 1000
        assert solo.percentile_seconds(share) == pytest.approx(true, rel=0.1)
    assert measure(bench.cache, CATALOGUE).by_type["cuts"].percentile_seconds(0.5) is None
    assert len(solo.durations) < 50


@pytest.mark.parametrize("milliseconds", [0, 1, 1_000, 60_000, 10**9])
def test_the_percentile_of_one_computation_is_its_time(bench: Bench, milliseconds: int) -> None:
    """Within a fifth; beyond nine hours all count alike, and under a millisecond."""
    took(bench, milliseconds=milliseconds)
    found = measure(bench.cache, CATALOGUE).by_type["solo"].percentile_seconds(0.95)
    true = min(max(milliseconds, 1), 2**25) / 1000
    assert found == pytest.approx(true, rel=0.2)


def test_the_workers_time_is_weighed_by_their_processes(bench: Bench) -> None:
    """A worker that does not tell (of an older version) is left out; before any told, nothing is known."""
    report_worker(bench.cache, name="old", processes=7, queues=["video"])
    assert measure(bench.cache, CATALOGUE).utilisation is None
    report_worker(bench.cache, name="three", processes=3, queues=["video"], busy=0.5)
    report_worker(bench.cache, name="one", processes=1, queues=["refresh"], busy=0.1)
    assert measure(bench.cache, CATALOGUE).utilisation == pytest.approx(0.4)


def took(bench: Bench, *, milliseconds: int) -> None:
    """A computation of SOLO that took so long."""
    bench.trigger(SOLO, force=True)
    bench.begin(SOLO)
    cost = timedelta(milliseconds=milliseconds)
    bench.cache.store(SOLO, key(SOLO), owner="w1", body=b"{}", parts={}, cost=cost)
