"""What results are computed from: each source changes with what it stands for, and with nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jobs import NOON, job_for

from models.manifest import Lineage
from models.registry import ModelKind, Registry
from precompute.catalogue import ROWS
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.facts import Action, CampaignFact, Fact, Outcome, VideoFact
from precompute.settings import Settings
from precompute.subjects import Subject
from workers.binding import Source, bindings_in
from workers.campaign.videos import looked_up
from workers.jobs import read_by
from workers.sources import account, fixed, model, outcomes, platform, setting, today, token_of, video_version, worder
from workers.tasks import MODULES, bindings_for

VIDEO = VideoUploaded(subject_id="v1", user_id="u1")
CAMPAIGN = CampaignCreated(subject_id="c1", user_id="u1", data={"video_ids": ["v1"]})
USER = UserLoggedIn(subject_id="u1", user_id="u1")
LINEAGE = Lineage(data_sha256="none", features=(), metrics={})


def report(subject_id: str = "v1", *, subject: Subject = Subject.VIDEO) -> Outcome:
    """A hundred were shown it."""
    return Outcome(at=NOON, subject=subject, subject_id=subject_id, impressions=100, clicks=2)


def in_use(data_dir: Path, kind: ModelKind) -> None:
    """A model of that kind is trained and promoted."""
    registry = Registry(own=data_dir / "models")
    version = registry.publish(kind, {"kind": kind}, trained_at=NOON, lineage=LINEAGE)
    registry.promote(kind, version.version)


def test_outcomes_are_those_of_the_subject() -> None:
    """One more changes it; one of another video, or of a campaign of the same name, does not."""
    told = outcomes(job_for(VIDEO, facts=[report()]))
    others = [report(), report("v2"), report(subject=Subject.CAMPAIGN)]

    assert outcomes(job_for(VIDEO, facts=others)) == told
    assert outcomes(job_for(VIDEO, facts=[report(), report()])) != told


def test_an_account_is_what_its_user_brought_and_what_came_of_it() -> None:
    """Of a campaign's account its user says which; actions do not count."""
    facts: list[Fact] = [VideoFact(at=NOON, video_id="v1", user_id="u1")]
    told = account(job_for(USER, facts=facts))
    others = [*facts, VideoFact(at=NOON, video_id="v2", user_id="u2"), report("v2")]

    assert account(job_for(USER, facts=[*others, Action(at=NOON, user_id="u1", action="login")])) == told
    assert account(job_for(CAMPAIGN, facts=facts)) == told
    assert account(job_for(USER, facts=[*facts, report()])) != told
    assert account(job_for(USER, facts=[*facts, CampaignFact(at=NOON, campaign_id="c1", user_id="u1")])) != told


def test_the_platform_changes_with_a_hundredth_more() -> None:
    """Of few reports every one counts; of a thousand the next one does not, as learning does not take notice either."""
    look = platform(Subject.VIDEO)
    few = {look(job_for(VIDEO, facts=[report(f"v{number}") for number in range(many)])) for many in range(10)}
    told = look(job_for(VIDEO, facts=[report() for _ in range(1000)]))

    assert len(few) == 10
    assert look(job_for(VIDEO, facts=[report(subject=Subject.CAMPAIGN)])) == look(job_for(VIDEO))
    assert look(job_for(VIDEO, facts=[report() for _ in range(1002)])) == told
    assert look(job_for(VIDEO, facts=[report() for _ in range(1021)])) != told


def test_a_day_is_one_in_utc() -> None:
    """From midnight to midnight."""
    at = [NOON, NOON + timedelta(hours=11, minutes=59), NOON + timedelta(hours=12)]
    first, late, next_day = (today(replace(job_for(USER), at=instant)) for instant in at)
    assert first == late != next_day


def test_a_model_is_its_version_in_use(tmp_path: Path) -> None:
    """Published does not count, in use does; without any it is known that there is none."""
    registry = Registry(own=tmp_path / "models")
    job = job_for(VIDEO, settings=Settings(data_dir=tmp_path))
    look = model(ModelKind.CTR)
    before = look(job)
    version = registry.publish(ModelKind.CTR, {"a": 1}, trained_at=NOON, lineage=LINEAGE)
    assert look(job) == before != ""

    registry.promote(ModelKind.CTR, version.version)
    assert look(job) == version.version


@pytest.mark.parametrize(
    ("name", "kind", "event"),
    [
        ("ctr_prediction", ModelKind.CTR, VIDEO),
        ("variant_scoring", ModelKind.TEXT, CAMPAIGN),
        ("roas_prediction", ModelKind.ROAS, CAMPAIGN),
        ("campaign_analytics", ModelKind.ROAS, USER),
    ],
)
def test_a_new_model_changes_what_it_computed(tmp_path: Path, name: str, kind: ModelKind, event: Event) -> None:
    """With their next refresh, one after the other as these come; another model that comes into use changes nothing."""
    job = job_for(event, settings=Settings(data_dir=tmp_path))
    binding = bindings_in(MODULES)[name]
    before = read_by(binding, job)
    for trained in ModelKind:
        if trained is not kind:
            in_use(tmp_path, trained)
    assert read_by(binding, job) == before

    in_use(tmp_path, kind)
    assert read_by(binding, job) != before


@pytest.mark.parametrize(
    ("look", "name", "one", "other"),
    [
        (setting("speech_model"), "speech_model", "base", "/models/large"),
        (worder, "openai_api_key", None, "sk-1"),
        (worder, "anthropic_api_key", None, "sk-2"),
    ],
)
def test_settings_that_change_results_count(look: Source, name: str, one: str | None, other: str) -> None:
    """What is told never holds a key."""
    told = [look(job_for(VIDEO, settings=Settings(**{name: value}))) for value in (one, other)]  # type: ignore[arg-type]
    assert told[0] != told[1]
    assert name == "speech_model" or other not in told[1]


def test_results_that_a_campaign_looks_up_count() -> None:
    """Of its own videos: there or not, and what is in them."""
    text = {"hook_analysis:video:v1": {"text": ["Sit less"]}, "hook_analysis:video:v2": {"text": ["Other"]}}
    told = [looked_up(job_for(CAMPAIGN, results=results)) for results in ({}, text, {**text, "x": {}})]
    changed = looked_up(job_for(CAMPAIGN, results={"hook_analysis:video:v1": {"text": ["Sit more"]}}))

    assert told[1] == told[2]
    assert len({told[0], told[1], changed}) == 3


def test_a_local_video_is_its_size_and_time(tmp_path: Path) -> None:
    """A file that is gone is another state too: computing anew will tell why it cannot be."""
    path = tmp_path / "v1.mp4"
    job = job_for(VIDEO, settings=Settings(media_root=tmp_path))
    missing = video_version(job)
    path.write_bytes(b"one")
    told = video_version(job)
    assert video_version(job) == told != missing

    path.write_bytes(b"another")
    assert video_version(job) not in (told, missing)


def test_a_token_changes_with_every_part() -> None:
    """What was read, in which order, and the tokens of inputs; a part that nobody knows makes it unknown."""
    tokens = [
        token_of(["a", "b"], inputs=["c"]),
        token_of(["b", "a"], inputs=["c"]),
        token_of(["a"], inputs=["b", "c"]),
        token_of(["a", "b"], inputs=["d"]),
        token_of([], inputs=[]),
    ]
    assert len(set(tokens)) == len(tokens)
    assert token_of(["a", "b"], inputs=["c"]) == tokens[0]
    assert [token_of([""], inputs=[]), token_of(["a"], inputs=[""])] == ["", ""]


def test_every_row_says_what_it_reads_but_one() -> None:
    """What a user will do next depends on the hour: it is computed anew each time."""
    bound = bindings_in(MODULES)
    assert [row.name for row in ROWS if bound[row.name].reads is None] == ["predicted_actions"]


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("video_samples", [video_version]),
        ("video_sound", [video_version]),
        ("scene_detection", []),
        ("face_detection", []),
        ("thumbnail_generation", []),
        ("dashboard_data", [account, today]),
        ("variant_generation", [worder, looked_up]),
    ],
)
def test_rows_read_what_they_say(name: str, sources: list[Callable[..., str]]) -> None:
    """Those whose sources are told by name; analyses of a video read its samples alone."""
    assert list(bindings_in(MODULES)[name].reads or ()) == sources


def test_results_are_stored_for_as_long_as_is_set() -> None:
    """The row that a worker stores with is the catalogue's, also as an input of others."""
    bound = bindings_for(Settings(ttls={"hook_analysis": timedelta(minutes=5)}))
    assert bound["hook_analysis"].row.ttl == timedelta(minutes=5)
    assert bound["hook_analysis"].row in bound["ctr_prediction"].row.inputs
    assert bound["scene_detection"].row.ttl == timedelta(hours=24)


def test_what_is_fixed_changes_with_the_code_alone() -> None:
    """As the version of a prior."""
    assert fixed("prior-1")(job_for(VIDEO)) == "prior-1"
