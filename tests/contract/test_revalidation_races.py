"""Refreshes among all else that happens: who knows more wins, and nothing that is due is lost."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bench import CATALOGUE, CUTS, LOOKS, RATE, SOLO, TTL, Bench, key
from refreshing_worker import Worker

from precompute.admission import admit
from precompute.entry import Entry
from precompute.events import VideoUploaded
from precompute.fingerprint import fingerprint_of
from precompute.media import LocalVideo
from precompute.planner import plan
from workers.execution import Execution
from workers.refreshing import refreshed, revalidate, sweep_due
from workers.sources import video_version

MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def worker(bench: Bench, tmp_path: Path) -> Worker:
    """One."""
    return Worker(bench, tmp_path)


def test_a_result_is_of_what_its_inputs_were_computed_from(worker: Worker, bench: Bench) -> None:
    """The video changes between its decoding and the last computation: the next refresh sees it."""
    bench.trigger(CUTS, LOOKS, RATE)
    execution = Execution(engine=worker.engine, bindings=worker.bindings)
    execution.run(bench.dispatch.sent.pop(0))
    worker.world.video = "second"
    worker.work()
    bench.cache.read(key(RATE))

    worker.refresh(RATE)

    assert "raw" in worker.work()


@pytest.mark.parametrize("soft", [True, False])
def test_an_invalidation_while_somebody_looks_wins(worker: Worker, bench: Bench, soft: bool) -> None:
    """What was found out before it extends nothing."""
    worker.have(CUTS)
    bench.clock.forward(TTL - timedelta(minutes=1))
    worker.world.meanwhile = lambda: bench.invalidate("cuts:*", soft=soft)

    worker.refresh(CUTS)

    found = bench.cache.read(key(CUTS), counted=False)
    assert not isinstance(found, Entry) or found.stale


def test_what_is_learned_while_somebody_looks_wins(worker: Worker, bench: Bench) -> None:
    """Outdated meanwhile, it stays stale and is due at once; the next look has it computed."""
    worker.have(CUTS)
    bench.clock.forward(TTL - MOMENT)
    sweep_due(worker.engine)
    worker.world.meanwhile = lambda: bench.cache.outdate([key(CUTS)])
    revalidate(worker.engine, worker.bindings, bench.dispatch.revalidations[-1])
    assert worker.entry(CUTS).stale
    assert bench.client.zscore("pc:due", str(key(CUTS))) <= bench.cache.now_ms()

    worker.world.meanwhile = lambda: None
    worker.refresh(CUTS)
    assert worker.work() == ["raw", "cuts"]


def test_a_new_upload_while_somebody_looks_wins(worker: Worker, bench: Bench) -> None:
    """Neither is the old result extended nor the upload's computation replaced by one for the old event."""
    worker.have(SOLO, CUTS)
    bench.clock.forward(TTL - timedelta(minutes=1))
    worker.world.video = "second"

    def upload() -> None:
        worker.world.meanwhile = lambda: None
        bench.trigger(SOLO, CUTS, fingerprint="f2")

    worker.world.meanwhile = upload
    worker.refresh(SOLO, CUTS)

    assert not isinstance(bench.cache.read(key(SOLO), counted=False), Entry)
    assert {message.cause for message in bench.dispatch.sent} == {"event"}
    worker.work()
    for row in (SOLO, CUTS):
        assert bench.client.hget(f"pc:e:{key(row)}", "fp") == b"f2"


def test_a_new_upload_that_is_done_before_somebody_has_looked_stays(worker: Worker, bench: Bench) -> None:
    """Its results are of the newer video, whatever was found out about the older one."""
    worker.have(SOLO, CUTS)
    worker.world.video = "second"

    def upload() -> None:
        worker.world.meanwhile = lambda: None
        bench.trigger(SOLO, CUTS, fingerprint="f2")
        worker.work()

    worker.world.meanwhile = upload
    worker.refresh(SOLO, CUTS)

    assert worker.work() == []
    for row in (SOLO, CUTS):
        assert not worker.entry(row).stale
        assert bench.client.hget(f"pc:e:{key(row)}", "fp") == b"f2"


def test_what_somebody_computed_meanwhile_is_not_computed_again(worker: Worker, bench: Bench) -> None:
    """The same change, found by two."""
    worker.have(CUTS)
    worker.world.video = "second"
    bench.clock.forward(MOMENT)

    def insist() -> None:
        worker.world.meanwhile = lambda: None
        bench.trigger(CUTS, force=True)
        worker.work()

    worker.world.meanwhile = insist
    worker.refresh(CUTS)

    assert worker.work() == []
    assert not worker.entry(CUTS).stale


@pytest.mark.parametrize("how", ["soft", "outdated", "outdated when stale", "outdated while running"])
def test_what_was_taken_back_is_computed_though_nothing_changed(worker: Worker, bench: Bench, how: str) -> None:
    """Whoever took it back knows something that no source tells."""
    if how == "outdated while running":
        bench.trigger(CUTS)
        execution = Execution(engine=worker.engine, bindings=worker.bindings)
        execution.run(bench.dispatch.sent.pop(0))
        message = bench.message(CUTS)
        compute = worker.bindings["cuts"].function

        def outdated(raw: object) -> object:
            bench.cache.outdate([key(CUTS)])
            return compute(raw)

        bindings = {**worker.bindings, "cuts": replace(worker.bindings["cuts"], function=outdated)}
        Execution(engine=worker.engine, bindings=bindings).run(message)
        bench.dispatch.sent.clear()
        bench.cache.read(key(CUTS))
    else:
        worker.have(CUTS)
        if how == "soft":
            bench.invalidate("cuts:*", soft=True)
        else:
            bench.clock.forward(TTL if how == "outdated when stale" else timedelta(minutes=1))
            bench.cache.outdate([key(CUTS)])

    worker.refresh(CUTS)

    assert worker.work() == ["raw", "cuts"]
    assert not worker.entry(CUTS).stale


def test_a_refresh_that_waited_too_long_is_dropped(worker: Worker, bench: Bench) -> None:
    """Nothing is looked at; what was asked for is due again, and that is counted."""
    worker.have(CUTS)
    asked = worker.world.asked
    bench.clock.forward(TTL)
    sweep_due(worker.engine)
    [told] = bench.dispatch.revalidations
    bench.clock.forward(timedelta(minutes=5))

    revalidate(worker.engine, worker.bindings, told)

    assert worker.world.asked == asked
    assert bench.counters()["refresh:expired:cuts"] == 1
    sweep_due(worker.engine)
    assert len(bench.dispatch.revalidations) == 2


def test_a_change_found_under_load_stays_due(worker: Worker, bench: Bench) -> None:
    """It is known to be stale, is not queued behind the backlog, and is when that is gone."""
    worker.have(SOLO)
    worker.world.outcomes = "1"
    bench.clock.forward(TTL - timedelta(minutes=1))
    bench.client.zadd("pc:q:video:solo", {f"solo:video:other{number}": 0 for number in range(500)})
    worker.refresh(SOLO)
    assert worker.entry(SOLO).stale
    assert bench.dispatch.sent == []
    assert bench.counters()["refresh:refused:solo"] == 1

    bench.client.delete("pc:q:video:solo")
    bench.clock.forward(timedelta(minutes=1))
    sweep_due(worker.engine)
    revalidate(worker.engine, worker.bindings, bench.dispatch.revalidations[-1])
    assert worker.work() == ["solo"]


def test_without_a_broker_a_change_stays_due(worker: Worker, bench: Bench) -> None:
    """The look is repeated once the claim on the video is over."""
    worker.have(SOLO)
    bench.clock.forward(TTL)
    sweep_due(worker.engine)
    worker.world.outcomes = "1"
    bench.dispatch.broken = True
    refreshed(worker.engine, worker.bindings, bench.dispatch.revalidations[-1])

    bench.dispatch.broken = False
    bench.clock.forward(timedelta(minutes=5))
    sweep_due(worker.engine)
    revalidate(worker.engine, worker.bindings, bench.dispatch.revalidations[-1])
    assert worker.work() == ["solo"]


def test_a_finished_refresh_lets_the_next_one_begin(worker: Worker, bench: Bench) -> None:
    """Not before its claim lapses, but as soon as it is done."""
    worker.have(SOLO)
    bench.clock.forward(TTL)
    sweep_due(worker.engine)
    revalidate(worker.engine, worker.bindings, bench.dispatch.revalidations[-1])
    assert bench.client.zcard("pc:checks") == 0


def test_a_file_that_was_written_anew_belongs_to_its_new_input(worker: Worker, bench: Bench, tmp_path: Path) -> None:
    """Its results are computed under the fingerprint of an upload of it, which then finds them fresh."""
    path = tmp_path / "v1.mp4"
    path.write_bytes(b"one")
    worker.bindings["raw"] = replace(
        worker.bindings["raw"], reads=(video_version,), tells_read=False, function=lambda: {"run": 0}
    )

    def upload() -> dict[str, str]:
        event = VideoUploaded(subject_id="v1", user_id="u1", fingerprint=fingerprint_of(LocalVideo(path)))
        planned = plan(event, catalogue=CATALOGUE, rows=(CUTS, LOOKS))
        return dict(admit(planned, ledger=bench.ledger, dispatch=bench.dispatch).queued)

    upload()
    worker.work()
    bench.cache.read(key(CUTS))
    path.write_bytes(b"another")

    worker.refresh(CUTS)
    assert worker.entry(CUTS).stale
    assert sorted(worker.work()) == ["cuts", "looks"]
    assert upload() == {}
    assert not worker.entry(CUTS).stale
