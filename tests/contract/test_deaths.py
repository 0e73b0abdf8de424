"""What ends its workers is set aside: counted by key and input, whoever triggers in between."""

import pytest
from bench import CUTS, LEASE, RAW, SOLO, Bench, key

from precompute.entry import State
from precompute.ledger import LONGEST_REST, MOST_DELIVERIES, Beginning
from precompute.precomputer import Precomputer
from precompute.task_type import TaskType


def _set_aside(bench: Bench, row: TaskType = SOLO) -> None:
    for _ in range(MOST_DELIVERIES):
        assert bench.begin(row) is Beginning.RUN
        bench.die(row)
    assert bench.begin(row) is Beginning.SET_ASIDE


def test_what_is_set_aside_is_run_again_with_as_many_deliveries(precomputer: Precomputer, bench: Bench) -> None:
    """Its input, which ended its workers, is computed anew too; and another death does not set it aside at once."""
    bench.trigger(CUTS)
    _set_aside(bench, RAW)
    bench.dependants.release(RAW, key(RAW))

    precomputer.failures.retry([key(CUTS)])

    for _ in range(MOST_DELIVERIES - 1):
        assert bench.begin(RAW) is Beginning.RUN
        bench.die(RAW)
    bench.compute(RAW)
    bench.compute(CUTS)
    assert bench.state(CUTS) is State.READY


def test_what_is_set_aside_stays_so_whoever_triggers(bench: Bench) -> None:
    """No trigger, read or refresh kills a worker with it any more; another upload is another matter."""
    bench.trigger(SOLO)
    _set_aside(bench)
    bench.clock.forward(10 * LONGEST_REST)

    assert set(bench.trigger(SOLO).failed) == {"solo"}
    assert set(bench.trigger(SOLO, fingerprint="f2").queued) == {"solo"}


def test_deaths_are_counted_though_triggers_come_between(bench: Bench) -> None:
    """Every trigger after a death makes a new task; the key is set aside all the same."""
    for _ in range(MOST_DELIVERIES):
        bench.trigger(SOLO)
        assert bench.begin(SOLO) is Beginning.RUN
        bench.die(SOLO)
    bench.trigger(SOLO)

    assert bench.begin(SOLO) is Beginning.SET_ASIDE


def test_deaths_of_another_input_do_not_count(bench: Bench) -> None:
    """A new upload begins with none."""
    for fingerprint in ("f1", "f1", "f2", "f2", "f1", "f1"):
        bench.trigger(SOLO, fingerprint=fingerprint)
        assert bench.begin(SOLO, fingerprint=fingerprint) is Beginning.RUN
        bench.die(SOLO)


@pytest.mark.parametrize("end", ["stored", "failed", "tried again", "invalidated"])
def test_no_count_of_deaths_is_left_over(bench: Bench, end: str) -> None:
    """Whatever became of it, nothing counts deaths of a task whose worker is well."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.die(SOLO)
    bench.begin(SOLO, owner="w2")
    if end == "stored":
        bench.store(SOLO, owner="w2")
    elif end == "invalidated":
        bench.invalidate("solo:*")
    else:
        bench.fail(SOLO, owner="w2", retry_in=LEASE if end == "tried again" else None)

    assert not bench.client.exists(f"pc:d:{key(SOLO)}")
