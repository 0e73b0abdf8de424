"""What the engine counts about itself."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, CUTS, RAW, SOLO, Bench, key

from precompute.measures import REPORT_EVERY_S, forget_worker, measure, report_worker, running_workers
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
