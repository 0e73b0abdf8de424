"""Waking those who wait."""

from pathlib import Path
from threading import Barrier, Thread

import pytest
from bench import CUTS, SOLO, Bench, key
from servers import ValkeyServer

from precompute.notifications import Notifications

LONG_S = 30.0
"""Nobody sleeps that long here: a test that did would have missed its change."""


@pytest.fixture
def notifications(cache_server: ValkeyServer) -> Notifications:
    """The changes of the bench's server."""
    return Notifications(cache_server.url)


def test_a_change_wakes_who_waits_for_it(bench: Bench, notifications: Notifications) -> None:
    """Each step of a task (queued, running, ready) is a change of its key."""
    bench.trigger(SOLO)
    with notifications.listening(key(SOLO)) as sleep:
        # The start of the subscription wakes everybody once.
        assert sleep(LONG_S)
        bench.begin(SOLO)
        assert sleep(LONG_S)
        bench.store(SOLO)
        assert sleep(LONG_S)


def test_a_change_before_falling_asleep_is_not_missed(bench: Bench, notifications: Notifications) -> None:
    """Between looking and sleeping a task may end; the sleeper wakes at once."""
    bench.trigger(SOLO)
    with notifications.listening(key(SOLO)) as sleep:
        assert sleep(LONG_S)
        with notifications.listening(key(CUTS)) as other:
            bench.begin(SOLO)
            bench.trigger(CUTS)
            # Changes come in order, so the earlier one has arrived when this one has.
            assert other(LONG_S)
        assert sleep(0.0)


def test_changes_of_others_wake_nobody(bench: Bench, notifications: Notifications) -> None:
    """A reader is not woken by another video's task."""
    with notifications.listening(key(SOLO, "v1")) as sleep:
        assert sleep(LONG_S)
        with notifications.listening(key(SOLO, "v2")) as other:
            bench.trigger(SOLO, video="v2")
            assert other(LONG_S)
            assert not sleep(0.0)


def test_many_waiting_readers_share_one_subscription(tmp_path: Path) -> None:
    """However many requests wait, the server sees one subscriber, and every one of them is woken."""
    # A server of its own: subscribers of tests before live as long as this process, and come back after an outage.
    with ValkeyServer(tmp_path) as server, server.client() as client:
        assert subscribers_of_many(Bench(client), Notifications(server.url)) == 1


def subscribers_of_many(bench: Bench, notifications: Notifications) -> int:
    """How many the server has while twenty readers wait, who are all woken."""
    gate = Barrier(21)
    woken: list[bool] = []

    def wait() -> None:
        with notifications.listening(key(SOLO)) as sleep:
            gate.wait()
            woken.append(sleep(LONG_S))

    with notifications.listening(key(SOLO)) as first:
        # The first listener starts the subscription; what the others hear is the change alone.
        assert first(LONG_S)
        threads = [Thread(target=wait) for _ in range(20)]
        for thread in threads:
            thread.start()
        gate.wait()
        bench.trigger(SOLO)
        for thread in threads:
            thread.join()

    assert woken == [True] * 20
    # Not by NUMSUB: among thousands of tests Valkey 9.1 once answered it with a number of tens of millions.
    return len(bench.client.client_list(_type="pubsub"))


def test_the_loss_of_the_cache_wakes_everybody(bench: Bench, notifications: Notifications) -> None:
    """When the subscription breaks, waiting readers look for themselves; later changes are heard again."""
    with notifications.listening(key(SOLO)) as sleep:
        assert sleep(LONG_S)
        bench.client.client_kill_filter(_type="pubsub")
        assert sleep(LONG_S)
        bench.trigger(SOLO)
        assert sleep(LONG_S)
