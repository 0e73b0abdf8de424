"""The course of the service over time, on a real cache server."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, CUTS, LOOKS, SOLO, Bench, at_once, key

from precompute.cache import Cache
from precompute.course import COARSE, COARSE_FOR, FINE, FINE_FOR, course, lately, take_sample
from precompute.measures import report_worker
from precompute.sample import Sample
from precompute.scripts import connect

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def take(bench: Bench) -> Sample | None:
    """What beat's sweep does."""
    return take_sample(bench.cache, CATALOGUE)


def step(bench: Bench, by: timedelta = FINE) -> Sample:
    """Time passes, and the sweep comes."""
    bench.clock.forward(by)
    sample = take(bench)
    assert sample is not None
    return sample


def read(bench: Bench, *videos: str) -> None:
    """Readers come for SOLO."""
    for video in videos:
        bench.cache.read(key(SOLO, video))


def test_the_first_look_gives_no_step(bench: Bench) -> None:
    """What was counted before anybody looked happened nobody knows when."""
    read(bench, "v1", "v2")
    assert take(bench) is None
    assert course(bench.cache, since=HOUR) == ()
    assert lately(bench.cache, within=HOUR) is None


def test_a_step_tells_what_happened_in_it(bench: Bench) -> None:
    """Worked by hand: three reads, of which one found something; one computation of 1.5 s; one task that waits."""
    read(bench, "v1")
    take(bench)
    bench.have(SOLO, video="v1")
    read(bench, "v1", "v2", "v3")
    bench.trigger(SOLO, video="v2")
    report_worker(bench.cache, name="a", processes=3, queues=["video"], busy=0.5)
    sample = step(bench)
    assert (sample.reads, sample.hits, sample.stale_hits, sample.misses) == (3, 1, 0, 2)
    assert (sample.computations, sample.failures, sample.total("total_ms")) == (1, 0, 1500)
    assert (sample.seconds, sample.at) == (10.0, bench.clock())
    assert (sample.waiting, sample.queue_size) == ({"video": 1}, 1)
    assert sample.oldest_waiting_seconds == {"video": 10.0}
    assert (sample.busy, sample.workers, sample.processes) == (0.5, 1, 3)
    assert sample.hit_rate == pytest.approx(1 / 3)
    assert sample.share_read == 1.0
    assert sample.percentile_seconds("solo", share=0.5) == pytest.approx(1.5, rel=0.2)
    assert course(bench.cache, since=HOUR) == (sample,)


def test_what_only_feeds_others_does_not_wait(bench: Bench) -> None:
    """As in /queue: a task for the raw frames that nobody asked for is not counted."""
    take(bench)
    bench.trigger(CUTS, LOOKS)
    assert step(bench).waiting == {"video": 2}


def test_a_step_has_its_length(bench: Bench) -> None:
    """Sweeps come every five seconds, or twice at once, and not to the millisecond; one in ten seconds is written."""
    take(bench)
    taken = []
    for _ in range(12):
        bench.clock.forward(timedelta(seconds=4.97))
        taken += [take(bench), take(bench)]
    steps = [each for each in taken if each is not None]
    assert [each.seconds for each in steps] == [pytest.approx(9.94)] * 6


def test_a_gap_is_told(bench: Bench) -> None:
    """Beat was away for two minutes: one step covers them, and rates come out right."""
    take(bench)
    read(bench, "v1")
    assert step(bench, 2 * MINUTE).seconds == 120.0


def test_counters_that_were_lost_begin_anew(bench: Bench) -> None:
    """Evicted, their next value is what happened since; nothing is ever negative."""
    read(bench, *["v1"] * 10)
    take(bench)
    bench.client.delete("pc:m")
    read(bench, "v1", "v1")
    sample = step(bench)
    assert (sample.misses, sample.reads) == (2, 2)
    bench.client.delete("pc:m")
    assert step(bench).reads == 0
    assert all(
        count > 0 for each in course(bench.cache, since=HOUR) for c in each.counts.values() for count in c.values()
    )


@pytest.mark.parametrize("lost", ["pc:course", "pc:course:fine", "pc:course:coarse"])
def test_an_evicted_list_ends_nothing(bench: Bench, lost: str) -> None:
    """Its steps are gone; the ones that follow are written as ever."""
    take(bench)
    for _ in range(31):
        step(bench)
    bench.client.delete(lost)
    bench.clock.forward(FINE)
    take(bench)
    read(bench, "v1")
    assert step(bench).reads == 1
    assert course(bench.cache, since=HOUR)[-1].reads == 1
    assert course(bench.cache, since=2 * HOUR)[-1].reads == 1


def test_a_clock_that_was_set_back_is_followed(bench: Bench) -> None:
    """No step is negative, and the course goes on at once instead of after the hour."""
    take(bench)
    step(bench)
    bench.clock.forward(-HOUR)
    assert take(bench) is None
    read(bench, "v1")
    sample = step(bench)
    assert (sample.seconds, sample.reads) == (10.0, 1)


def test_five_minutes_are_put_together(bench: Bench) -> None:
    """Counts are summed, what waited is the most, what worked the mean; the rest comes as a shorter step."""
    take(bench)
    for number in range(45):
        read(bench, "v1")
        if number == 3:
            bench.trigger(SOLO, video="v9")
        report_worker(bench.cache, name="a", processes=1, queues=[], busy=0.2 if number % 2 else 0.4)
        step(bench)
        if number == 10:
            bench.begin(SOLO, video="v9")
    whole, rest = course(bench.cache, since=2 * HOUR)
    assert (whole.seconds, whole.reads, whole.waiting) == (300.0, 30, {"video": 1})
    assert whole.busy == pytest.approx(0.3)
    assert (rest.seconds, rest.reads, rest.waiting) == (150.0, 15, {})
    assert rest.at == bench.clock()


def test_no_read_is_counted_twice_or_lost(bench: Bench) -> None:
    """Over an hour the coarse steps and their rest tell as much as happened, whatever the sweeps' rhythm."""
    take(bench)
    for number in range(200):
        read(bench, "v1")
        step(bench, timedelta(seconds=9.2 + (number * 7 % 11)))
    steps = course(bench.cache, since=COARSE_FOR)
    assert sum(each.reads for each in steps) == 200
    assert sum(each.seconds for each in steps) == pytest.approx(sum(9.2 + (n * 7 % 11) for n in range(200)))


def test_both_lists_are_bounded(bench: Bench) -> None:
    """An hour of fine steps and a week of coarse ones, however long the service runs."""
    take(bench)
    for _ in range(400):
        step(bench)
    assert bench.client.llen("pc:course:fine") == FINE_FOR // FINE == 360
    assert len(course(bench.cache, since=HOUR)) == 360
    for _ in range(2100):
        step(bench, COARSE)
    assert bench.client.llen("pc:course:coarse") == COARSE_FOR // COARSE == 2016


def test_of_sweeps_at_the_same_moment_one_writes(bench: Bench) -> None:
    """Each counts what the others would count as well."""
    take(bench)
    read(bench, "v1")
    bench.clock.forward(FINE)
    url = "redis://{host}:{port}/{db}".format(**bench.client.connection_pool.connection_kwargs)
    caches = [Cache(connect(url), clock=bench.clock) for _ in range(8)]
    taken = at_once(lambda number: take_sample(caches[number], CATALOGUE), times=8)
    assert len([each for each in taken if each is not None]) == 1
    assert [each.reads for each in course(bench.cache, since=HOUR)] == [1]


def test_lately_is_the_window_as_one(bench: Bench) -> None:
    """Only what ended within it counts."""
    take(bench)
    for _ in range(12):
        read(bench, "v1")
        step(bench)
    found = lately(bench.cache, within=MINUTE)
    assert found is not None
    assert (found.reads, found.seconds) == (6, 60.0)


def test_a_sweep_between_two_steps_costs_one_look(bench: Bench) -> None:
    """Two fields of a hash."""
    take(bench)
    bench.client.config_resetstat()
    take(bench)
    asked = bench.commands()
    assert asked.pop("hmget") == 1
    assert set(asked) <= {"config|resetstat", "info"}
