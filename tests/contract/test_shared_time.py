"""Messages between machines whose clocks are apart: they lapse, and begin, by the clock of the cache's server."""

import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from celery.utils.imports import symbol_by_name

from precompute.shared_clock import SharedClock
from workers.app import app as workers_app
from workers.shared_time import SharedTimeCelery
from workers.timed_request import TimedRequest

HOUR = timedelta(hours=1)
SOON = timedelta(seconds=30)
NAME = "precompute.test"


def nothing() -> None:
    """What the messages are for."""


def celery_at(ahead: timedelta) -> SharedTimeCelery:
    """The app of a process whose machine is so far ahead of the shared clock: seen from there, that is behind."""
    app = SharedTimeCelery("test", set_as_current=False)
    app.conf.update(broker_url="memory://", timezone="UTC")
    app.shared_clock = lambda: datetime.now(UTC) - ahead
    app.task(nothing, name=NAME)
    app.finalize()
    return app


@pytest.fixture(params=[HOUR, timedelta(0), -HOUR], ids=["ahead", "right", "behind"])
def worker(request: pytest.FixtureRequest) -> Iterator[SharedTimeCelery]:
    """A worker's app."""
    with celery_at(request.param) as app:
        yield app


def received(worker: SharedTimeCelery, **options: Any) -> TimedRequest:
    """A message that was sent a moment ago, by a process that asked the shared clock, as that worker takes it."""
    with worker.connection_for_write() as connection:
        worker.send_task(NAME, queue="q", connection=connection, **options)
        message = connection.SimpleQueue("q").get(timeout=10)
        return TimedRequest(message, app=worker, task=worker.tasks[NAME])


def test_a_message_lapses_when_it_should(worker: SharedTimeCelery) -> None:
    """Neither sooner nor later, whatever the worker's own clock says."""
    assert not received(worker, expires=SOON.total_seconds()).maybe_expire()
    assert not received(worker, expires=worker.now() + SOON).maybe_expire()
    assert received(worker, expires=worker.now() - SOON).maybe_expire()


def test_a_message_begins_when_it_should(worker: SharedTimeCelery) -> None:
    """Its worker counts from its own clock."""
    left = received(worker, countdown=SOON.total_seconds()).eta - datetime.now(UTC)
    assert timedelta(0) < left <= SOON


def test_what_says_no_instant_is_left_alone(worker: SharedTimeCelery) -> None:
    """Most messages do not."""
    taken = received(worker)
    assert (taken.eta, taken.expires) == (None, None)


def test_the_tasks_of_a_worker_are_read_so(worker: SharedTimeCelery) -> None:
    """Beat's as well as those that compute."""
    assert symbol_by_name(worker.tasks[NAME].Request) is TimedRequest


def test_the_instant_is_that_of_the_caches_server(cache_client: "redis.Redis") -> None:
    """Which is what messages carry."""
    app = SharedTimeCelery("test", set_as_current=False)
    app.shared_clock = SharedClock(cache_client, own=lambda: datetime.now(UTC) + HOUR)
    seconds, _ = cache_client.time()
    assert abs(app.now().timestamp() - seconds) < SOON.total_seconds()


def test_a_spawned_child_goes_by_the_same_clock() -> None:
    """It is given its worker's app pickled."""
    child: Any = pickle.loads(pickle.dumps(workers_app))  # noqa: S301 - made here
    assert isinstance(child.shared_clock, SharedClock)
