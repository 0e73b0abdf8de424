"""Workers that die at every moment: nothing is lost, nothing is stranded, and nobody takes the others along."""

import pytest
from platform_under_test import Platform, key
from plugin_tasks import DEADLY, FOLLOWER, LAST, MORTAL, QUICK, SLOW

from precompute.entry import Entry, Miss, State
from precompute.ledger import MOST_DELIVERIES, Beginning
from precompute.message import Message


@pytest.fixture
def worker_names() -> tuple[str, ...]:
    """One to die and one to take over."""
    return ("one", "two")


@pytest.fixture
def processes_each() -> int:
    """One each, so that it is known who computes."""
    return 1


def test_another_worker_takes_over_when_a_machine_is_lost(platform: Platform) -> None:
    """Killed while it computes: after its lease the sweep has another do it, and the chain goes on."""
    platform.login(LAST)
    platform.worker_of(SLOW).kill("SIGKILL")
    platform.let_go(times=2)

    assert isinstance(platform.swept_until_there(LAST), Entry)
    assert platform.runs(SLOW) == 2
    assert (platform.runs(FOLLOWER), platform.runs(LAST)) == (1, 1)
    assert platform.precomputer.measures().by_type["slow"].rescued == 1


def test_a_child_that_dies_is_replaced_and_its_task_computed_again(platform: Platform) -> None:
    """As when native code crashes once: the worker lives on, and the result comes."""
    platform.login(MORTAL)

    found = platform.swept_until_there(MORTAL)

    assert isinstance(found, Entry)
    assert found.value == {"run": 2}
    assert {worker.container.status for worker in platform.workers} == {"running"}


def test_a_task_that_kills_its_workers_is_set_aside_while_others_go_on(platform: Platform) -> None:
    """After three deaths it rests, can be seen, and is run again once it was taken back; other tasks are computed."""
    platform.login(DEADLY)
    platform.login(QUICK, user="u2")

    found = platform.swept_until_there(DEADLY)

    assert isinstance(found, Miss)
    assert found.failure is not None
    assert found.failure.code == "set_aside"
    assert platform.runs(DEADLY) == MOST_DELIVERIES
    assert isinstance(platform.read(QUICK, user="u2"), Entry)
    assert set(platform.login(DEADLY).failed) == {DEADLY.name}
    platform.precomputer.invalidate(f"{DEADLY.name}:user:u1")
    platform.login(DEADLY)
    platform.swept_until_there(DEADLY)
    assert platform.runs(DEADLY) == 2 * MOST_DELIVERIES


def test_a_death_between_storing_and_releasing_strands_nothing(platform: Platform) -> None:
    """The input is stored and its worker dies before it moves the dependant on; the message comes again and does."""
    receipt = platform.login(QUICK, FOLLOWER, user="u3")
    platform.until(SLOW, State.RUNNING, user="u3")
    platform.value(QUICK, user="u3")
    # What a worker does up to its death, by hand, under the lease that the running one loses.
    ledger, cache = platform.engine.ledger, platform.engine.cache
    event = platform.client.hget(f"pc:t:{key(SLOW, 'u3')}", "event").decode()
    task_id = ledger.records([key(SLOW, "u3")])[0].task_id or ""
    message = Message(task_id=task_id, key=key(SLOW, "u3"), queue="login", event=event, cause="event")
    platform.client.delete(f"pc:l:{key(SLOW, 'u3')}")
    lease = platform.engine.settings.lease
    assert ledger.begin(message, owner="dies", lease=lease, fingerprint="")[0] is Beginning.RUN
    cache.store(SLOW, message.key, owner="dies", body=b'{"run":7}', parts={}, cost=lease)
    assert platform.record(FOLLOWER, user="u3").state is State.QUEUED

    platform.engine.dispatch([message])

    assert platform.value(FOLLOWER, user="u3")["slow_run"] == 7
    assert platform.precomputer.task(receipt.queued["follower"]).state is State.READY
    platform.let_go("u3")
