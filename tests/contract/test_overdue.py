"""Tasks that nobody looks after are found again; those that wait are resumed once."""

from datetime import timedelta

from bench import CATALOGUE, CUTS, LEASE, NOON, RAW, SOLO, Bench, at_once, key

from precompute.entry import State
from precompute.measures import measure
from precompute.planner import Cause
from precompute.resumption import Readiness


def test_nothing_is_overdue_before_its_time(bench: Bench) -> None:
    """What was queued or heard of within the watch is left alone."""
    bench.trigger(CUTS, SOLO)
    bench.begin(SOLO)
    bench.clock.forward(LEASE - timedelta(milliseconds=1))

    assert bench.ledger.overdue() == []


def test_a_running_task_is_overdue_when_its_lease_has_lapsed(bench: Bench) -> None:
    """It is queued again and counted as rescued, once; one that gives signs of life is left alone."""
    bench.trigger(SOLO, video="v1")
    bench.trigger(SOLO, video="v2")
    bench.begin(SOLO, video="v1", owner="dead")
    bench.begin(SOLO, video="v2", owner="alive")
    bench.die(SOLO, video="v1")

    found = bench.ledger.overdue()

    assert [(each.key, each.was, each.queue, each.queued_at) for each in found] == [
        (key(SOLO, "v1"), "running", "video", NOON)
    ]
    assert (bench.state(SOLO, "v1"), bench.state(SOLO, "v2")) == (State.QUEUED, State.RUNNING)
    assert bench.ledger.overdue() == []
    assert measure(bench.cache, CATALOGUE).by_type["solo"].rescued == 1


def test_one_of_ten_sweeps_at_once_finds_a_dead_task(bench: Bench) -> None:
    """Two sweepers at the same time do not both take care of it."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.die(SOLO)

    assert sum(len(found) for found in at_once(lambda _: bench.ledger.overdue(), times=10)) == 1


def test_waiting_and_queued_tasks_are_looked_after_time_and_again(bench: Bench) -> None:
    """As long as they are not done, each length of the watch brings them up again."""
    bench.trigger(CUTS)
    for _ in range(3):
        bench.clock.forward(LEASE)
        assert {(each.key.task_type, each.was) for each in bench.ledger.overdue()} == {
            ("raw", "queued"),
            ("cuts", "waiting"),
        }


def test_a_sweep_takes_no_more_than_it_is_told(bench: Bench) -> None:
    """The rest comes with the next one."""
    for number in range(5):
        bench.trigger(SOLO, video=f"v{number}")
    bench.clock.forward(LEASE)

    assert [len(bench.ledger.overdue(most=3)) for _ in range(3)] == [3, 2, 0]


def test_a_task_that_is_over_is_never_overdue(bench: Bench) -> None:
    """Ready, failed and withdrawn tasks need no looking after."""
    bench.have(SOLO, video="v1")
    bench.trigger(SOLO, video="v2")
    bench.begin(SOLO, video="v2")
    bench.fail(SOLO, video="v2")
    bench.clock.forward(10 * LEASE)

    assert bench.ledger.overdue() == []
    assert not bench.client.exists("pc:watch")


def test_of_ten_that_resume_a_task_at_once_one_publishes_it(bench: Bench) -> None:
    """Two inputs that end at the same moment do not bring two messages."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.store(RAW)
    task_id = bench.record(CUTS).task_id
    assert task_id is not None

    found = at_once(lambda _: bench.ledger.resume(CUTS, key(CUTS), task_id=task_id, again=False).readiness, times=10)

    assert sorted(found) == [Readiness.GONE] * 9 + [Readiness.QUEUED]


def test_a_resumed_task_brings_the_message_it_was_planned_with(bench: Bench) -> None:
    """Its id, queue, event and cause are those of the trigger, though another process publishes it."""
    receipt = bench.trigger(CUTS, cause=Cause.REFRESH)
    bench.begin(RAW)
    bench.store(RAW)

    message = bench.ledger.resume(CUTS, key(CUTS), task_id=receipt.queued["cuts"]).message

    assert message is not None
    assert (message.task_id, message.key, message.queue) == (receipt.queued["cuts"], key(CUTS), "refresh")
    assert (message.event, message.cause) == (bench.message(RAW).event, "refresh")


def test_another_tasks_resumption_is_none_of_ours(bench: Bench) -> None:
    """An id that is not that of the key's task, or of one that is running, moves nothing."""
    bench.trigger(SOLO)
    task_id = bench.message(SOLO).task_id

    assert bench.ledger.resume(SOLO, key(SOLO), task_id="another").readiness is Readiness.GONE
    bench.begin(SOLO)
    assert bench.ledger.resume(SOLO, key(SOLO), task_id=task_id).readiness is Readiness.GONE
    assert bench.state(SOLO) is State.RUNNING


def test_a_waiting_task_whose_record_was_evicted_is_counted_no_longer(bench: Bench) -> None:
    """Nobody remembers its queue, so the next look after it takes it off all of them."""
    bench.trigger(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")
    bench.clock.forward(LEASE)

    assert bench.ledger.overdue() == []
    assert sum(sum(names.values()) for names in measure(bench.cache, CATALOGUE).waiting.values()) == 0
    assert not bench.client.exists("pc:watch")
