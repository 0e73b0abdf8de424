"""What is watched, each on a real cache server: when it is wrong, when it is well, and when nothing can be told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest
from bench import CATALOGUE, SOLO, Bench, key

from precompute.catalogue import Catalogue
from precompute.conditions import Memory, Surroundings, readings
from precompute.course import FINE, take_sample
from precompute.hysteresis import Finding, Reading, identity
from precompute.measures import LOST_AFTER, forget_worker, report_worker
from precompute.queues import IN_DRAIN_ORDER
from precompute.settings import Settings

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ALL_QUEUES = [queue.label for queue in IN_DRAIN_ORDER]
WELL = Surroundings(broker_answers=True, beat_runs=True, memory={})


def seen(
    bench: Bench, *, surroundings: Surroundings = WELL, catalogue: Catalogue = CATALOGUE, **settings: Any
) -> Mapping[str, Reading]:
    """Every reading by name and labels."""
    found = readings(bench.cache, catalogue, settings=Settings(**settings), surroundings=surroundings)
    return {identity(each.name, each.labels): each for each in found}


def step(bench: Bench) -> None:
    """Ten seconds pass, and are taken down."""
    bench.clock.forward(FINE)
    take_sample(bench.cache, CATALOGUE)


def compute(bench: Bench, *, times: int, milliseconds: int) -> None:
    """Computations of SOLO that took so long."""
    for _ in range(times):
        bench.trigger(SOLO, force=True)
        bench.begin(SOLO)
        cost = timedelta(milliseconds=milliseconds)
        bench.cache.store(SOLO, key(SOLO), owner="w1", body=b"{}", parts={}, cost=cost)


def report(bench: Bench, *names: str, queues: list[str] = ALL_QUEUES) -> None:
    """Workers say that they run."""
    for name in names:
        report_worker(bench.cache, name=name, processes=2, queues=queues)


def test_a_quiet_service_has_nothing_wrong(bench: Bench) -> None:
    """With its workers, beat and broker; what has no figures yet cannot be told, and that is not wrong."""
    report(bench, "a")
    found = seen(bench)
    assert {each.finding for each in found.values()} == {Finding.WELL, Finding.UNKNOWN}
    unknown = {name for name, each in found.items() if each.finding is Finding.UNKNOWN}
    assert {"low_hit_rate", "predictions_worse", "slow_processing{task_type=solo}"} <= unknown
    assert all(each.summary.endswith(".") and "None" not in each.summary for each in found.values())


def test_a_long_queue(bench: Bench) -> None:
    """More than the limit is wrong, the limit itself is not, and four fifths of it are well."""
    for number in range(5):
        bench.trigger(SOLO, video=f"v{number}")
    assert seen(bench, alert_queue=4)["queue_backlog"].finding is Finding.WRONG
    assert seen(bench, alert_queue=5)["queue_backlog"].finding is Finding.BETWEEN
    assert seen(bench, alert_queue=7)["queue_backlog"].finding is Finding.WELL
    told = seen(bench, alert_queue=4)["queue_backlog"].summary
    assert told == "5 tasks wait, 5 of them on the queue video; the limit is 4."


@pytest.mark.parametrize(
    ("hits", "misses", "finding"),
    [(39, 10, Finding.UNKNOWN), (39, 11, Finding.WRONG), (40, 10, Finding.BETWEEN), (43, 7, Finding.WELL)],
)
def test_the_hit_rate_of_the_last_minutes(bench: Bench, hits: int, misses: int, finding: Finding) -> None:
    """Of fifty reads on it says something: under 80 % it is wrong, from 85 % on well."""
    bench.have(SOLO)
    take_sample(bench.cache, CATALOGUE)
    for number in range(hits + misses):
        bench.cache.read(key(SOLO, "v1" if number < hits else "none"))
    step(bench)
    assert seen(bench)["low_hit_rate"].finding is finding


def test_reads_of_yesterday_say_nothing(bench: Bench) -> None:
    """Beyond the window the reads are forgotten."""
    take_sample(bench.cache, CATALOGUE)
    for _ in range(50):
        bench.cache.read(key(SOLO))
    step(bench)
    assert seen(bench)["low_hit_rate"].finding is Finding.WRONG
    bench.clock.forward(10 * MINUTE)
    step(bench)
    assert seen(bench)["low_hit_rate"].finding is Finding.UNKNOWN


def test_a_type_that_got_slow(bench: Bench) -> None:
    """Nineteen of twenty within its threshold are well; two slow ones of twenty are not, of ten nothing is known."""
    take_sample(bench.cache, CATALOGUE)
    compute(bench, times=9, milliseconds=60_000)
    step(bench)
    assert seen(bench)["slow_processing{task_type=solo}"].finding is Finding.UNKNOWN
    compute(bench, times=1, milliseconds=60_000)
    step(bench)
    slow = seen(bench)["slow_processing{task_type=solo}"]
    assert (slow.finding, slow.threshold) == (Finding.WRONG, 15.0)
    assert slow.value == pytest.approx(60, rel=0.2)
    compute(bench, times=190, milliseconds=100)
    step(bench)
    assert seen(bench)["slow_processing{task_type=solo}"].finding is Finding.WELL


def test_what_is_slow_can_be_set(bench: Bench) -> None:
    """By PRECOMPUTE_SLOW_<TASK_TYPE>; the row's own, or a quarter of its time limit, otherwise."""
    catalogue = Catalogue.of(CATALOGUE.rows, slow={"solo": timedelta(seconds=2)})
    assert seen(bench, catalogue=catalogue)["slow_processing{task_type=solo}"].threshold == 2.0
    assert seen(bench, catalogue=catalogue)["slow_processing{task_type=cuts}"].threshold == 15.0


def test_tasks_that_fail(bench: Bench) -> None:
    """Three of ten are too many, two are not, and one is well."""
    take_sample(bench.cache, CATALOGUE)
    for failed, finding in ((1, Finding.WELL), (2, Finding.BETWEEN), (3, Finding.WRONG)):
        for number in range(failed):
            bench.trigger(SOLO, video=f"bad{failed}{number}")
            bench.begin(SOLO, video=f"bad{failed}{number}")
            bench.fail(SOLO, video=f"bad{failed}{number}")
        compute(bench, times=10 - failed, milliseconds=5)
        bench.clock.forward(10 * MINUTE)
        take_sample(bench.cache, CATALOGUE)
        reading = seen(bench)["tasks_failing{task_type=solo}"]
        assert (reading.value, reading.finding) == (10.0 * failed, finding)


def test_tasks_that_are_set_aside(bench: Bench) -> None:
    """One that ended three workers, until it is dropped."""
    bench.trigger(SOLO)
    for _ in range(4):
        bench.begin(SOLO)
        bench.die(SOLO)
    assert seen(bench)["tasks_set_aside"].finding is Finding.WRONG
    bench.client.delete("pc:aside")
    assert seen(bench)["tasks_set_aside"].finding is Finding.WELL


def test_no_worker_at_all(bench: Bench) -> None:
    """Also where none ever reported, and where all said goodbye."""
    missing = seen(bench)["workers_missing"]
    assert (missing.finding, missing.summary) == (Finding.WRONG, "No worker runs: nothing is computed.")
    report(bench, "a")
    assert seen(bench)["workers_missing"].finding is Finding.WELL
    forget_worker(bench.cache, name="a")
    assert seen(bench)["workers_missing"].finding is Finding.WRONG


def test_a_worker_that_ended_without_a_word(bench: Bench) -> None:
    """One of two is missing for an hour, by name; one that says goodbye is not."""
    report(bench, "a", "b", "c")
    forget_worker(bench.cache, name="c")
    bench.clock.forward(16 * SECOND)
    report(bench, "a")
    missing = seen(bench)["workers_missing"]
    assert (missing.value, missing.threshold, missing.finding) == (1, 1, Finding.WELL)
    take_sample(bench.cache, CATALOGUE)
    for _ in range(2):
        report(bench, "a", "b")
        step(bench)
    bench.clock.forward(16 * SECOND)
    report(bench, "a")
    missing = seen(bench)["workers_missing"]
    assert (missing.value, missing.threshold, missing.finding) == (1, 2, Finding.WRONG)
    assert missing.summary == "1 of 2 workers run. Not heard of lately: b."
    bench.clock.forward(LOST_AFTER)
    report(bench, "a")
    assert seen(bench)["workers_missing"].finding is Finding.WELL


def test_a_worker_that_was_replaced_is_not_missing(bench: Bench) -> None:
    """A killed container's successor has another name; as many run as before."""
    take_sample(bench.cache, CATALOGUE)
    report(bench, "pod-1", "pod-2")
    step(bench)
    bench.clock.forward(16 * SECOND)
    report(bench, "pod-1", "pod-3")
    assert seen(bench)["workers_missing"].finding is Finding.WELL


def test_a_queue_that_nobody_drains(bench: Bench) -> None:
    """The background worker is gone in good order: the others run, and refreshes wait for ever."""
    report(bench, "interactive", queues=ALL_QUEUES[:-2])
    missing = seen(bench)["workers_missing"]
    assert missing.finding is Finding.WRONG
    assert missing.summary == "1 of 2 workers run. Nobody drains refresh, background."


def test_as_many_workers_as_are_set(bench: Bench) -> None:
    """PRECOMPUTE_ALERT_WORKERS knows better than what was seen."""
    report(bench, "a")
    assert seen(bench, alert_workers=2)["workers_missing"].finding is Finding.WRONG
    assert seen(bench, alert_workers=1)["workers_missing"].finding is Finding.WELL


@pytest.mark.parametrize(
    ("followed", "right", "plainly", "finding"),
    [
        (99, 10, 90, Finding.UNKNOWN),
        (100, 39, 50, Finding.WRONG),
        (100, 41, 50, Finding.BETWEEN),
        (100, 50, 50, Finding.WELL),
        (10_000, 4_890, 5_000, Finding.WRONG),
    ],
)
def test_a_model_that_is_worse_than_the_plain_guess(
    bench: Bench, followed: int, right: int, plainly: int, finding: Finding
) -> None:
    """By more than an accident: ten points of a hundred actions, one of ten thousand."""
    hour = bench.cache.now_ms() // 3_600_000
    counts = {"m1:n": followed, "m1:top1": right, "m1:plain": plainly}
    bench.client.hset(f"pc:fb:3600000:{hour}", mapping=counts)
    assert seen(bench)["predictions_worse"].finding is finding


def test_a_refresh_that_is_overdue(bench: Bench) -> None:
    """Five minutes are too many; two and a half are well."""
    bench.client.zadd("pc:due", {str(key(SOLO)): bench.cache.now_ms()})
    for minutes, finding in ((2.5, Finding.WELL), (5, Finding.BETWEEN), (5.1, Finding.WRONG)):
        bench.client.zadd("pc:due", {str(key(SOLO)): bench.cache.now_ms() - 60_000 * minutes})
        assert seen(bench)["refreshes_behind{why=overdue}"].finding is finding
    bench.client.zadd("pc:due", {str(key(SOLO)): bench.cache.now_ms() + 60_000})
    assert seen(bench)["refreshes_behind{why=overdue}"].value == 0


def test_refreshes_that_find_no_room(bench: Bench) -> None:
    """Put off, or dropped since no worker came: a fifth of what was to be refreshed is the limit."""
    take_sample(bench.cache, CATALOGUE)
    for counts, finding in (
        ({"queued": 9, "refused": 0}, Finding.UNKNOWN),
        ({"queued": 18, "refused": 2}, Finding.WELL),
        ({"queued": 80, "refused": 20}, Finding.BETWEEN),
        ({"queued": 75, "refused": 15, "expired": 10}, Finding.WRONG),
        ({"queued": 0, "refused": 20}, Finding.WRONG),
    ):
        for word, count in counts.items():
            bench.client.hincrby("pc:m", f"refresh:{word}:solo", count)
        bench.clock.forward(10 * MINUTE)
        take_sample(bench.cache, CATALOGUE)
        assert seen(bench)["refreshes_behind{why=refused}"].finding is finding


@pytest.mark.parametrize(("runs", "finding"), [(True, Finding.WELL), (False, Finding.WRONG), (None, Finding.UNKNOWN)])
def test_beat(bench: Bench, runs: bool | None, finding: Finding) -> None:
    """Silent, or not to be asked."""
    surroundings = Surroundings(broker_answers=True, beat_runs=runs, memory={})
    assert seen(bench, surroundings=surroundings)["beat_silent"].finding is finding


def test_the_broker_and_full_servers(bench: Bench) -> None:
    """The broker is away; the cache has five of a hundred bytes left and evicts nothing, another has plenty."""
    memory = {"cache": Memory(used=95, most=100), "broker": Memory(used=85, most=100)}
    found = seen(bench, surroundings=Surroundings(broker_answers=False, beat_runs=None, memory=memory))
    assert found["broker_down"].finding is Finding.WRONG
    assert found["memory_full{server=cache}"].finding is Finding.WRONG
    assert found["memory_full{server=broker}"].finding is Finding.WELL
    assert orjson.dumps(found["memory_full{server=cache}"].value) == b"95.0"
