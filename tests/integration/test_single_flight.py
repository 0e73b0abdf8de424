"""One computation for one input, however many ask."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from platform_under_test import Platform, key
from plugin_tasks import FOLLOWER, LAST, QUICK, SLOW

from precompute.admission import Receipt
from precompute.entry import State
from precompute.message import Message


@pytest.fixture
def worker_names() -> tuple[str, ...]:
    """Two workers, so that each could be at it."""
    return ("one", "two")


def test_ten_triggers_at_once_are_computed_once(platform: Platform) -> None:
    """All ten get the same ids; each function of the chain is called once."""
    gate = Barrier(10)

    def trigger(_: int) -> Receipt:
        gate.wait()
        return platform.login(LAST, QUICK)

    with ThreadPoolExecutor(10) as pool:
        receipts = list(pool.map(trigger, range(10)))
    platform.let_go()
    platform.value(LAST)

    assert len({tuple(sorted(receipt.queued.items())) for receipt in receipts}) == 1
    assert {row.name: platform.runs(row) for row in (QUICK, SLOW, FOLLOWER, LAST)} == dict.fromkeys(
        ("quick", "slow", "follower", "last"), 1
    )


def test_a_message_delivered_many_times_is_computed_once(platform: Platform) -> None:
    """Copies of a message that arrive while it runs, or after it, change nothing."""
    receipt = platform.login(SLOW, QUICK)
    copies = [_copy(platform, receipt, name) for name in ("slow", "quick")] * 5
    platform.engine.dispatch(copies)
    platform.until(SLOW, State.RUNNING)
    platform.let_go(times=5)
    platform.value(SLOW)
    platform.value(QUICK)
    platform.engine.dispatch(copies)
    # Behind all copies on the same queue, so they have been taken when this is there.
    platform.login(QUICK, user="u2")
    platform.value(QUICK, user="u2")

    assert (platform.runs(SLOW), platform.runs(QUICK)) == (1, 1)


def _copy(platform: Platform, receipt: Receipt, name: str) -> Message:
    row = platform.engine.catalogue.get(name)
    event = platform.client.hget(f"pc:t:{key(row)}", "event").decode()
    return Message(task_id=receipt.queued[name], key=key(row), queue="login", event=event, cause="event")
