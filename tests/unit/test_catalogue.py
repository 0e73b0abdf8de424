"""The table of task types, its checks, and the rows of plug-ins."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from precompute.catalogue import (
    CAPTION_GENERATION,
    CTR_PREDICTION,
    FACE_DETECTION,
    HOOK_ANALYSIS,
    ROWS,
    SCENE_DETECTION,
    VIDEO_SAMPLES,
    Catalogue,
)
from precompute.errors import DeclarationError, UnknownPrecomputation
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.plugins import catalogue_for
from precompute.queues import Queue
from precompute.settings import Settings
from precompute.subjects import Subject, SubjectRef
from precompute.task_type import TaskType


def row(name: str, *inputs: TaskType, **more: object) -> TaskType:
    """A row about videos."""
    fields = {
        "name": name,
        "subject": Subject.VIDEO,
        "on": VideoUploaded,
        "queue": Queue.VIDEO,
        "ttl": timedelta(hours=1),
        "time_limit": timedelta(minutes=1),
        "inputs": inputs,
    }
    return TaskType(**{**fields, **more})  # type: ignore[arg-type]


def test_the_shipped_rows_are_those_of_the_contract() -> None:
    """Twelve results on the queues of their subjects, with their TTLs; what only feeds others is not served."""
    served = {each.name: (each.queue, each.ttl / timedelta(hours=1)) for each in Catalogue.of(ROWS).served()}

    assert served == {
        "scene_detection": (Queue.VIDEO, 24),
        "face_detection": (Queue.VIDEO, 24),
        "hook_analysis": (Queue.VIDEO, 24),
        "ctr_prediction": (Queue.VIDEO, 6),
        "thumbnail_generation": (Queue.VIDEO, 24),
        "caption_generation": (Queue.VIDEO, 24),
        "variant_generation": (Queue.CAMPAIGN, 12),
        "variant_scoring": (Queue.CAMPAIGN, 6),
        "roas_prediction": (Queue.CAMPAIGN, 6),
        "dashboard_data": (Queue.LOGIN, 1),
        "predicted_actions": (Queue.LOGIN, 1),
        "campaign_analytics": (Queue.LOGIN, 1),
    }
    assert not VIDEO_SAMPLES.served
    assert all(each.result is not None for each in ROWS if each.served)


def test_inputs_come_before_what_needs_them() -> None:
    """In whatever order the rows are given."""
    names = [each.name for each in Catalogue.of(reversed(ROWS))]

    for each in ROWS:
        for needed in each.inputs:
            assert names.index(needed.name) < names.index(each.name)


def test_rows_are_found_by_name_subject_event_and_input() -> None:
    """Everything else is derived from these questions."""
    catalogue = Catalogue.of(ROWS)

    assert catalogue.get("face_detection").name == FACE_DETECTION.name
    assert [len(catalogue.about(subject)) for subject in Subject] == [10, 3, 3]
    for event in (VideoUploaded, CampaignCreated, UserLoggedIn):
        started = {each.name for each in ROWS if each.on is event}
        assert {each.name for each in catalogue.started_by(event)} == started
        assert len(started) == {VideoUploaded: 6}.get(event, 3)
    for needed in (SCENE_DETECTION, FACE_DETECTION, HOOK_ANALYSIS, CAPTION_GENERATION):
        assert [each.name for each in catalogue.dependants_of(needed)] == [CTR_PREDICTION.name]
    with pytest.raises(UnknownPrecomputation, match="nothing"):
        catalogue.get("nothing")


def test_a_ttl_of_the_settings_takes_the_place_of_the_rows_own() -> None:
    """Also where the row is an input of another."""
    catalogue = Catalogue.of(ROWS, ttls={"scene_detection": timedelta(minutes=5)})

    assert catalogue.get("scene_detection").ttl == timedelta(minutes=5)
    assert catalogue.get("ctr_prediction").inputs[0].ttl == timedelta(minutes=5)
    assert catalogue.get("face_detection").ttl == timedelta(hours=24)


def test_a_ttl_of_an_unknown_type_is_a_mistake() -> None:
    """A misspelt variable must not be ignored."""
    with pytest.raises(DeclarationError, match=r"PRECOMPUTE_TTL_SCENES names no task type; known: .*scene_detection"):
        Catalogue.of(ROWS, ttls={"scenes": timedelta(minutes=5)})


def test_a_name_stands_once() -> None:
    """Keys would mean two things."""
    with pytest.raises(DeclarationError, match="same name"):
        Catalogue.of([row("a"), row("a", ttl=timedelta(hours=2))])


def test_an_input_must_be_in_the_catalogue() -> None:
    """The refusal names both."""
    with pytest.raises(DeclarationError, match="b needs a, which is not in the catalogue"):
        Catalogue.of([row("b", row("a"))])


def test_a_circle_of_inputs_is_told_in_its_order() -> None:
    """Rows that need each other could never be computed."""
    a, b, c = row("a", row("b")), row("b", row("c")), row("c", row("a"))

    with pytest.raises(DeclarationError) as problem:
        Catalogue.of([a, b, c])

    said = problem.value.message.removeprefix("inputs form a circle: ").split(" needs ")
    assert said[0] == said[-1]
    assert all({"a": "b", "b": "c", "c": "a"}[one] == other for one, other in pairwise(said))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "two words"}, "cannot be called 'two words'"),
        ({"on": UserLoggedIn}, "UserLoggedIn is about a user, not a video"),
        ({"inputs": (row("x", subject=Subject.USER, on=None),)}, "its input x is about a user"),
        ({"ttl": timedelta(0)}, "must be positive"),
        ({"time_limit": -timedelta(seconds=1)}, "must be positive"),
    ],
)
def test_a_row_that_cannot_be_is_refused_at_import(wrong: dict[str, object], said: str) -> None:
    """The message names the row and what is wrong with it."""
    with pytest.raises(DeclarationError, match=said):
        replace(row("a"), **wrong)  # type: ignore[arg-type]


def test_a_task_that_fetches_has_time_for_it_and_for_the_rest() -> None:
    """Its limit follows the setting; what fetches nothing keeps its own, and a shorter fetch takes nothing away."""
    allowed = timedelta(minutes=5)
    usual, longer = catalogue_for(Settings()), catalogue_for(Settings(fetch_timeout=allowed))
    shorter = catalogue_for(Settings(fetch_timeout=timedelta(seconds=5)))
    for name in ("video_samples", "video_sound"):
        rest = usual.get(name).time_limit - Settings().fetch_timeout
        assert rest >= timedelta(minutes=2)
        assert longer.get(name).time_limit - allowed == rest
    others = [row for row in usual if not row.fetches]
    assert len(others) == len(usual.rows) - 2
    assert [longer.get(row.name).time_limit for row in others] == [row.time_limit for row in others]
    assert shorter == usual


def test_a_row_knows_the_key_of_a_subject() -> None:
    """Type, subject and id."""
    assert str(row("a").key_for(SubjectRef(subject=Subject.VIDEO, id="v1"))) == "a:video:v1"


@pytest.fixture
def plugin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules can be imported as long as the test lasts."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


GREETING = """
from datetime import timedelta
from precompute.catalogue import SCENE_DETECTION
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType

GREETING = TaskType(name="{name}", subject=Subject.VIDEO, on={event}, queue=Queue.LOGIN, ttl=timedelta(hours=1),
                    inputs=(SCENE_DETECTION,), time_limit=timedelta(seconds=5))
"""


def test_rows_of_a_plug_in_join_the_shipped_ones(plugin_folder: Path) -> None:
    """A shipped row that the plug-in imports as an input is not its own; its TTL can be set as any other."""
    (plugin_folder / "plugin_one.py").write_text(GREETING.format(name="greeting", event="VideoUploaded"))

    catalogue = catalogue_for(Settings(plugins=("plugin_one",), ttls={"greeting": timedelta(minutes=2)}))

    assert {each.name for each in catalogue} == {each.name for each in ROWS} | {"greeting"}
    assert catalogue.get("greeting").ttl == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("plugin", "source", "said"),
    [
        ("plugin_missing", None, "PRECOMPUTE_PLUGINS names 'plugin_missing', which cannot be imported: No module"),
        ("plugin-two", None, "PRECOMPUTE_PLUGINS names 'plugin-two', which is no name of a module"),
        (".plugin", None, "PRECOMPUTE_PLUGINS names '.plugin', which is no name of a module"),
        ("plugin_three", "import nothing_of_the_kind", "'plugin_three', which cannot be imported: No module named"),
        ("plugin_four", "def broken(:", "PRECOMPUTE_PLUGINS names 'plugin_four', which cannot be imported"),
        ("plugin_five", GREETING.format(name="face_detection", event="VideoUploaded"), "plugin_five declares face_det"),
        ("plugin_six", GREETING.format(name="x", event="UserLoggedIn"), "UserLoggedIn is about a user, not a video"),
        ("plugin_seven", GREETING.format(name="x y", event="VideoUploaded"), "cannot be called 'x y'"),
    ],
)
def test_a_plug_in_that_does_not_load_is_told_in_a_line(
    plugin_folder: Path, plugin: str, source: str | None, said: str
) -> None:
    """Which module, and why; the process does not start half-loaded."""
    if source is not None:
        (plugin_folder / f"{plugin}.py").write_text(source)

    with pytest.raises(DeclarationError) as problem:
        catalogue_for(Settings(plugins=(plugin,)))

    assert said in problem.value.message


def test_what_learns_from_outcomes_is_told_by_the_rows() -> None:
    """Also by those of a plug-in: nothing else names them."""
    known = Catalogue.of((*ROWS, row("mine", learns=True)))
    assert {one.name for one in known.learning(Subject.VIDEO)} == {"ctr_prediction", "mine"}
    assert {one.name for one in known.learning(Subject.CAMPAIGN)} == {"variant_scoring", "roas_prediction"}
    assert known.learning(Subject.USER) == ()
