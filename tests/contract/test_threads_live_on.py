"""Threads that report outlive what nobody foresaw: a key of another kind where theirs should lie."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from bench import SOLO, Bench, key

from api.exposition import requests
from api.exposition.requests import REQUESTS_KEY, Requests, durations_by_kind
from precompute.ledger import Ledger
from precompute.measures import running_workers
from precompute.subjects import CacheKey
from workers import reporting
from workers.heartbeat import Heartbeat
from workers.reporting import Reporter

KIND = ("/", "GET", "2xx")


def test_requests_are_counted_after_trouble(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is lost, and none counted twice."""
    monkeypatch.setattr(requests, "FLUSH_EVERY_S", 0.01)
    bench.client.set(REQUESTS_KEY, "no hash")
    counting = Requests(bench.cache)
    counting.note(KIND, seconds=0.002)
    while bench.commands().get("hincrby", 0) < 4:
        pass
    bench.client.delete(REQUESTS_KEY)
    counting.note(KIND, seconds=0.002)
    counting.close()
    assert sum(durations_by_kind(bench.cache)[KIND].classes) == 2


def test_a_worker_is_reported_after_trouble(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells its children broke once."""
    monkeypatch.setattr(reporting, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(reporting, "REPORT_EVERY_S", 0.01)
    told = Event()
    asked = []

    def children() -> tuple[int, ...]:
        asked.append(1)
        if len(asked) == 1:
            raise RuntimeError("nobody foresaw it")
        told.set()
        return ()

    reporter = Reporter(bench.cache, name="a@b", processes=1, queues=[], busy=lambda: 0, children=children)
    reporter.start()
    assert told.wait(30)
    reporter.stop()


def test_a_worker_that_has_ended_is_not_reported_any_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it was about to be when it was told to stop."""
    monkeypatch.setattr(reporting, "ENDS_WITHIN_S", 60)
    about_to, go_on = Event(), Event()

    def busy() -> int:
        about_to.set()
        assert go_on.wait(60)
        return 0

    reporter = Reporter(bench.cache, name="a@b", processes=1, queues=[], busy=busy)
    reporter.start()
    assert about_to.wait(60)
    stopping = Thread(target=reporter.stop)
    stopping.start()
    # Who does not wait for it has ended by then.
    stopping.join(0.2)
    go_on.set()
    stopping.join()
    reporter._thread.join()
    assert running_workers(bench.cache) == ()


def test_a_lease_is_kept_after_trouble(bench: Bench) -> None:
    """A sign of life that broke is followed by others."""
    told = Event()

    class Broken(Ledger):
        tries = 0

        def extend(self, key: CacheKey, *, owner: str, lease: timedelta, progress: float | None = None) -> bool:
            self.tries += 1
            if self.tries == 1:
                raise RuntimeError("nobody foresaw it")
            told.set()
            return True

    with Heartbeat(
        Broken(bench.cache, watch=timedelta(seconds=20)), key=key(SOLO), owner="me", lease=timedelta(milliseconds=30)
    ):
        assert told.wait(30)
