"""From an event to the tasks it takes."""

import uuid
from dataclasses import replace

import pytest

from precompute.catalogue import CTR_PREDICTION, FACE_DETECTION, ROWS, SCENE_DETECTION, Catalogue
from precompute.events import VideoUploaded
from precompute.planner import Cause, Plan, plan
from precompute.queues import Queue
from precompute.task_type import TaskType

CATALOGUE = Catalogue.of(ROWS)
EVENT = VideoUploaded(subject_id="v1", user_id="u1")


def planned(*rows: TaskType, **options: object) -> Plan:
    """For the event."""
    return plan(EVENT, catalogue=CATALOGUE, rows=rows, **options)  # type: ignore[arg-type]


def test_a_row_brings_the_rows_it_needs() -> None:
    """Inputs, and what those need, each before what it is for, and nothing else."""
    names = [task.row.name for task in planned(CTR_PREDICTION).tasks]

    assert set(names) == {
        "video_sound",
        "video_samples",
        "video_speech",
        "video_text",
        "scene_detection",
        "face_detection",
        "hook_analysis",
        "caption_generation",
        "ctr_prediction",
    }
    assert names[:2] == ["video_sound", "video_samples"]
    assert names[-1] == "ctr_prediction"


def test_only_what_was_asked_for_is_wanted() -> None:
    """What is merely needed is computed if something wanted is."""
    wanted = {task.row.name: task.wanted for task in planned(SCENE_DETECTION, FACE_DETECTION).tasks}

    assert wanted == {"video_samples": False, "scene_detection": True, "face_detection": True}


def test_force_is_for_what_was_asked_for() -> None:
    """Fresh inputs are used as they are."""
    forced = {task.row.name: task.force for task in planned(SCENE_DETECTION, force=True).tasks}

    assert forced == {"video_samples": False, "scene_detection": True}
    assert not any(task.force for task in planned(SCENE_DETECTION).tasks)


@pytest.mark.parametrize(
    ("options", "queue"),
    [
        ({}, Queue.VIDEO),
        ({"cause": Cause.PREDICTION}, Queue.GENERAL),
        ({"cause": Cause.REFRESH}, Queue.REFRESH),
        ({"cause": Cause.WARM_UP}, Queue.BACKGROUND),
        ({"priority": 10}, Queue.CRITICAL),
        ({"priority": 6}, Queue.GENERAL),
        ({"priority": 1, "cause": Cause.REFRESH}, Queue.BACKGROUND),
    ],
)
def test_all_tasks_of_a_plan_wait_on_the_queue_of_its_urgency(options: dict[str, object], queue: Queue) -> None:
    """The row's own, refresh for a refresh, and whatever a priority says; inputs go where what needs them goes."""
    assert {task.queue for task in planned(SCENE_DETECTION, **options).tasks} == {queue}


@pytest.mark.parametrize("cause", list(Cause))
def test_no_cause_makes_a_row_more_urgent_than_it_is(cause: Cause) -> None:
    """One that waits for the night waits for it, whoever wants it."""
    patient = replace(SCENE_DETECTION, inputs=(), queue=Queue.BACKGROUND)
    [task] = plan(EVENT, catalogue=Catalogue.of([patient]), rows=[patient], cause=cause).tasks
    assert task.queue is Queue.BACKGROUND


def test_every_task_has_an_id_of_its_own() -> None:
    """Never used before."""
    ids = [task.task_id for _ in range(2) for task in planned(*CATALOGUE).tasks]

    assert len(set(ids)) == len(ids) == 2 * len(CATALOGUE.rows)


def test_keys_are_those_of_the_events_subject() -> None:
    """Whatever is planned is about what the event is about."""
    assert {str(task.key.ref) for task in planned(*CATALOGUE).tasks} == {"video:v1"}


def test_each_task_has_an_id_of_its_own() -> None:
    """A random UUID, as the document says of ids, in the form in which it is written."""
    ids = [task.task_id for _ in range(20) for task in planned(CTR_PREDICTION).tasks]

    assert len(set(ids)) == len(ids)
    for one in ids:
        read = uuid.UUID(one)
        assert (str(read), read.version, read.variant) == (one, 4, uuid.RFC_4122)
