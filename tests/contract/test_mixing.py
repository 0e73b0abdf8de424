"""Results of one video that changed at its address: what is computed from the new one outdates what came of the old."""

from dataclasses import replace
from pathlib import Path

import pytest
from bench import CUTS, LOOKS, RATE, RAW, SOLO, Bench, key
from refreshing_worker import Worker

from precompute.admission import admit
from precompute.catalogue import Catalogue
from precompute.events import VideoUploaded
from precompute.planner import plan
from precompute.precomputer import Precomputer
from precompute.task_type import TaskType


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


HEARD = replace(RAW, name="heard", inputs=(RAW,))
APART = replace(RAW, name="heard")
SAID = replace(CUTS, name="said", inputs=(RAW, HEARD))
"""What is computed from the samples and from what was taken from them, and dropped like them; or from a twin."""


@pytest.mark.parametrize("heard", [HEARD, APART], ids=["of the samples", "of the same video"])
def test_what_came_of_a_dropped_part_of_the_old_video_is_outdated_too(
    worker: Worker, bench: Bench, heard: TaskType
) -> None:
    """Though that part is not there to tell which video it was of; of the same video it stays fresh."""
    said = replace(SAID, inputs=(RAW, heard))
    worker.engine = replace(worker.engine, catalogue=Catalogue.of((RAW, heard, CUTS, said)))
    world = worker.world
    apart = world.bound(heard, world.look_at_video, tells=True)
    worker.bindings |= {"heard": world.bound(heard) if heard.inputs else apart, "said": world.bound(said)}

    def asked(*rows: TaskType, force: bool = False) -> list[str]:
        event = VideoUploaded(subject_id="v1", user_id="u1", fingerprint="f1")
        wanted = plan(event, catalogue=worker.engine.catalogue, rows=rows, force=force)
        admit(wanted, ledger=bench.ledger, dispatch=bench.dispatch)
        return worker.work()

    assert sorted(asked(CUTS, SAID)) == ["cuts", "heard", "raw", "said"]
    assert asked(CUTS, force=True) == ["raw", "cuts"]
    assert not worker.entry(SAID).stale
    worker.world.video = "second"
    assert asked(CUTS, force=True) == ["raw", "cuts"]
    assert worker.entry(SAID).stale
