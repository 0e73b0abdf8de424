"""A refresh that waited too long is dropped, not run, and leaves nothing behind."""

from datetime import datetime, timedelta

import orjson
import pytest
from bench import CUTS, GRACE, LEASE, LOOKS, RAW, SOLO, TTL, Bench, key
from servers import ValkeyServer

from precompute.ages import patience_of
from precompute.entry import State
from precompute.ledger import FIRST_REST, Beginning
from precompute.planner import Cause
from precompute.settings import Settings
from workers.dispatch import CeleryDispatch
from workers.wiring import publishing_app

PATIENCE = patience_of(SOLO)


def test_a_refresh_may_wait_until_what_it_renews_is_gone(bench: Bench) -> None:
    """Its message says until when, by the lead and the grace of its row; others wait for as long as it takes."""
    bench.have(SOLO, video="v1")
    assert bench.message(SOLO).expires_at is None

    bench.trigger(SOLO, force=True, cause=Cause.REFRESH)

    assert bench.message(SOLO).expires_at == bench.clock() + SOLO.refresh_lead + GRACE


def test_the_broker_is_told_when_a_refresh_expires(bench: Bench, cache_server: ValkeyServer) -> None:
    """Celery's own header says so: a worker drops the message without even asking the cache."""
    bench.have(SOLO)
    bench.trigger(SOLO, force=True, cause=Cause.REFRESH)
    app = publishing_app(Settings(broker_url=cache_server.url))

    CeleryDispatch(app)([bench.message(SOLO)])
    app.close()

    headers = orjson.loads(bench.client.lindex("refresh", 0))["headers"]
    assert datetime.fromisoformat(headers["expires"]) == bench.message(SOLO).expires_at


@pytest.mark.parametrize("found_by", ["the worker", "the sweep"])
def test_a_refresh_that_waited_too_long_is_forgotten(bench: Bench, found_by: str) -> None:
    """It is not run, nor published again; the result stands as it stood, and the next who asks starts anew."""
    bench.have(SOLO)
    bench.trigger(SOLO, force=True, cause=Cause.REFRESH)
    bench.clock.forward(PATIENCE)

    if found_by == "the worker":
        assert bench.begin(SOLO) is Beginning.EXPIRED
    assert bench.ledger.overdue() == []

    assert not bench.client.exists("pc:watch", f"pc:t:{key(SOLO)}", "pc:q:refresh:solo", f"pc:l:{key(SOLO)}")
    assert bench.state(SOLO) is State.READY
    assert bench.trigger(SOLO, force=True, cause=Cause.REFRESH).queued


def test_a_refresh_in_time_is_run(bench: Bench) -> None:
    """A moment before its end it is not too late; once begun, it may end after it."""
    bench.have(SOLO)
    bench.trigger(SOLO, force=True, cause=Cause.REFRESH)
    bench.clock.forward(PATIENCE - timedelta(milliseconds=1))

    assert bench.begin(SOLO) is Beginning.RUN
    bench.clock.forward(timedelta(minutes=1))
    assert bench.ledger.overdue() == []
    assert bench.store(SOLO) == 2


def test_a_refresh_whose_worker_died_is_not_rescued_past_its_end(bench: Bench) -> None:
    """Before it, it is queued again; after it, it is let go."""
    bench.have(SOLO)
    bench.trigger(SOLO, force=True, cause=Cause.REFRESH)
    bench.begin(SOLO)
    bench.die(SOLO)
    assert [each.was for each in bench.ledger.overdue()] == ["running"]
    bench.begin(SOLO)
    bench.clock.forward(PATIENCE)
    bench.die(SOLO)

    assert bench.ledger.overdue() == []
    assert not bench.client.exists("pc:watch", f"pc:t:{key(SOLO)}")


def test_a_chain_of_refreshes_goes_together(bench: Bench) -> None:
    """What waited for the dropped one is dropped with it."""
    bench.trigger(CUTS, LOOKS, cause=Cause.REFRESH)
    bench.clock.forward(PATIENCE)

    assert bench.begin(RAW) is Beginning.EXPIRED
    assert bench.ledger.overdue() == []
    assert not bench.client.exists("pc:watch")
    assert {bench.state(row) for row in (RAW, CUTS, LOOKS)} == {State.MISSING}


def test_an_upload_does_not_join_what_may_be_dropped(bench: Bench) -> None:
    """A refresh that has not begun stands far behind and may never run: the upload gets a task of its own before it."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    refresh = bench.trigger(SOLO, cause=Cause.REFRESH)
    older = bench.message(SOLO)

    upload = bench.trigger(SOLO)

    assert upload.queued != refresh.queued
    assert (bench.message(SOLO).queue, bench.message(SOLO).expires_at) == ("video", None)
    assert bench.take(older) is Beginning.SUPERSEDED
    assert bench.begin(SOLO) is Beginning.RUN


def test_a_refresh_that_an_upload_joined_is_rescued_like_an_upload(bench: Bench) -> None:
    """It had begun, so it is joined; when its worker dies, it is run again however late it is."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    bench.trigger(SOLO, cause=Cause.REFRESH)
    bench.begin(SOLO)
    assert set(bench.trigger(SOLO).queued) == {"solo"}
    bench.clock.forward(PATIENCE)
    bench.die(SOLO)

    assert [each.was for each in bench.ledger.overdue()] == ["running"]
    assert bench.begin(SOLO) is Beginning.RUN


def test_a_dropped_retry_leaves_the_failure_standing(bench: Bench) -> None:
    """A refresh of what failed before was dropped: it still has failed, and its rest is counted from then."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    for _ in range(2):
        bench.clock.forward(FIRST_REST)
        bench.trigger(SOLO, cause=Cause.REFRESH)
        bench.begin(SOLO)
        bench.fail(SOLO)
    failed = bench.record(SOLO)
    bench.clock.forward(2 * FIRST_REST)
    bench.trigger(SOLO, cause=Cause.REFRESH)
    bench.clock.forward(PATIENCE + LEASE)

    assert bench.ledger.overdue() == []

    record = bench.record(SOLO)
    assert (record.state, record.failure, record.finished_at) == (State.FAILED, failed.failure, failed.finished_at)
    assert bench.client.pttl(f"pc:t:{key(SOLO)}") > 0
    assert bench.trigger(SOLO).queued
