"""Results of one video that changed at its address: what is computed from the new one outdates what came of the old."""

from pathlib import Path

import pytest
from bench import CUTS, LOOKS, RATE, SOLO, Bench, key
from refreshing_worker import Worker

from precompute.precomputer import Precomputer


@pytest.fixture
def worker(bench: Bench, tmp_path: Path) -> Worker:
    """Nothing computed yet."""
    return Worker(bench, tmp_path)


def stale(worker: Worker) -> dict[str, bool]:
    """Which of the video's results are served stale."""
    return {row.name: worker.entry(row).stale for row in (CUTS, LOOKS, RATE, SOLO)}


def test_one_result_asked_for_anew_outdates_those_of_the_old_video(
    worker: Worker, bench: Bench, precomputer: Precomputer
) -> None:
    """The one and what is derived from both: readers get them stale, and have them computed from the same video."""
    worker.have(CUTS, LOOKS, RATE, SOLO)
    worker.world.video = "second"

    precomputer.refresh("cuts", force=True)

    assert worker.work() == ["raw", "cuts"]
    assert stale(worker) == {"cuts": False, "looks": True, "rate": True, "solo": False}
    worker.refresh(LOOKS, RATE)
    assert sorted(worker.work()) == ["looks", "rate", "raw"]
    assert set(stale(worker).values()) == {False}


def test_the_same_video_outdates_nothing(worker: Worker, bench: Bench, precomputer: Precomputer) -> None:
    """Nor is anybody asked for what results tell by themselves."""
    worker.have(CUTS, LOOKS, RATE, SOLO)
    asked = worker.world.asked

    precomputer.refresh("cuts", force=True)

    assert worker.work() == ["raw", "cuts"]
    assert set(stale(worker).values()) == {False}
    assert worker.world.asked == asked


def test_what_was_replaced_meanwhile_stays(worker: Worker, bench: Bench, precomputer: Precomputer) -> None:
    """All asked for anew at once are computed from the one decode, and are fresh."""
    worker.have(CUTS, LOOKS, RATE)
    worker.world.video = "second"

    bench.trigger(CUTS, LOOKS, RATE, force=True)

    assert sorted(worker.work()) == ["cuts", "looks", "rate", "raw"]
    assert not any(worker.entry(row).stale for row in (CUTS, LOOKS, RATE))
    assert bench.client.zscore("pc:due", str(key(LOOKS)))
