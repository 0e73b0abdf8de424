"""Training: when a new model is used, what it may learn from, and what it says when it cannot."""

import multiprocessing
import multiprocessing.connection
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_facts import KnownFacts
from platform_outcomes import FIRST, campaigns_where, steady_videos

from models.funnel import HORIZON_DAYS
from models.lesson import beats
from models.manifest import Lineage
from models.rates_lesson import NEEDED_LINES, NEEDED_REPORTS, rates_lesson, variability_in
from models.registry import ModelKind, Registry
from models.tallies import DAY, Tallies, tallies_of
from models.text_lesson import NEEDED_HELD_OUT, NEEDED_LEARNED, text_lesson
from models.training import Training, alone, train
from precompute.errors import ModelNotTrained, SourceUnavailable
from precompute.facts import Fact, Outcome
from precompute.subjects import Subject
from workers.learning import platform_of

NIGHT = datetime(2026, 4, 1, 1, tzinfo=UTC)


def nothing_told(step: str, share: float) -> None:
    """For whoever does not look at progress."""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Of a site that trained nothing yet, with what is shipped."""
    return Registry(own=tmp_path)


@pytest.fixture
def trained(registry: Registry) -> Callable[..., Training]:
    """Trains from facts."""

    def run(kind: ModelKind, *facts: Fact, at: datetime = NIGHT) -> Training:
        return train(kind, facts=KnownFacts(*facts), registry=registry, at=at, report=nothing_told)

    return run


@pytest.mark.parametrize(
    ("new", "current", "better"),
    [
        ([1.0, 1.0, 1.0], [2.0, 2.0, 2.0], True),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], False),
        ([2.0, 2.0, 2.0], [1.0, 1.0, 1.0], False),
        # a mean gain of 1 with a standard error of 1/sqrt(3) = 0.577, and of 1 with one of sqrt(12)/sqrt(3) = 2
        ([0.0, 0.0, 0.0], [0.0, 1.0, 2.0], True),
        ([0.0, 0.0, 0.0], [-1.0, -1.0, 5.0], False),
        ([1.0], [9.0], False),
        ([], [], False),
    ],
)
def test_better_means_by_more_than_chance(new: list[float], current: list[float], better: bool) -> None:
    """The mean gain over its own standard error; one case alone proves nothing."""
    assert beats(np.array(new), np.array(current)) is better


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20), st.lists(st.floats(0, 100), min_size=20, max_size=20))
def test_two_models_are_never_better_than_each_other(new: list[float], current: list[float]) -> None:
    """So a night never swaps two models to and fro on the same cases."""
    ours, theirs = np.array(new), np.array(current[: len(new)])
    assert not (beats(ours, theirs) and beats(theirs, ours))


def test_what_tells_the_future_better_comes_into_use(registry: Registry, trained: Callable[..., Training]) -> None:
    """Videos far steadier than the documented start says: narrower intervals that still hold are promoted."""
    done = trained(ModelKind.CTR, *steady_videos())
    assert done.promoted
    assert done.loss < done.loss_before
    assert registry.in_use(ModelKind.CTR) == done.version
    lineage = done.version.lineage
    assert lineage.features == ("clicks / impressions",)
    assert lineage.metrics["lines"] == done.cases == 20
    assert lineage.metrics["outcomes"] == 20 * (40 - HORIZON_DAYS)
    assert lineage.metrics["interval_holds"] >= 0.6


def test_what_is_no_better_is_kept_but_not_used(registry: Registry, trained: Callable[..., Training]) -> None:
    """Trained again on the same outcomes it cannot be better; the version before stays in use, both are listed."""
    first = trained(ModelKind.CTR, *steady_videos())
    again = trained(ModelKind.CTR, *steady_videos(), at=NIGHT + timedelta(days=1))
    assert not again.promoted
    assert "not better" in again.told
    assert registry.in_use(ModelKind.CTR) == first.version
    assert {one.version for one in registry.versions(ModelKind.CTR)} == {first.version.version, again.version.version}


def test_the_held_out_time_is_not_learned_from() -> None:
    """Whatever happens in the last two weeks: what is published stays, only its evaluation changes."""
    calm = steady_videos()
    cut = FIRST + timedelta(days=40 - HORIZON_DAYS)
    wild = [_halved(one) if isinstance(one, Outcome) and one.at >= cut else one for one in calm]
    lessons = [
        rates_lesson(KnownFacts(*facts), Subject.VIDEO, in_use=None, report=nothing_told) for facts in (calm, wild)
    ]
    assert lessons[0].lineage.data_sha256 == lessons[1].lineage.data_sha256
    assert lessons[0].is_better
    assert not lessons[1].is_better
    earlier = [_halved(one) if isinstance(one, Outcome) and one.at < cut else one for one in calm]
    other = rates_lesson(KnownFacts(*earlier), Subject.VIDEO, in_use=None, report=nothing_told)
    assert other.lineage.data_sha256 != lessons[0].lineage.data_sha256


def _halved(one: Outcome) -> Outcome:
    return Outcome(
        at=one.at, subject=one.subject, subject_id=one.subject_id, impressions=one.impressions, clicks=one.clicks // 3
    )


def test_words_that_are_clicked_here_are_learned(registry: Registry, trained: Callable[..., Training]) -> None:
    """Where asking is clicked twice as often, the refined model promises more of new questions than the shipped one."""
    rivals = ["Why do careful people sit all day?", "A desk for careful people"]
    before = registry.current(ModelKind.TEXT).model.score(rivals)[0].log_ratio
    done = trained(ModelKind.TEXT, *campaigns_where(question_wins=2.0))
    assert done.promoted
    assert registry.current(ModelKind.TEXT).version == done.version
    assert registry.current(ModelKind.TEXT).model.score(rivals)[0].log_ratio > before + 0.1
    assert done.version.lineage.metrics["winners_found"] == 1.0
    assert done.cases == NEEDED_HELD_OUT
    assert done.version.lineage.metrics["campaigns_learned"] == 60 - NEEDED_HELD_OUT


def test_campaigns_without_a_winner_are_learned_from_too(trained: Callable[..., Training]) -> None:
    """That words make no difference is news as well; there is no pair to tell a winner of."""
    done = trained(ModelKind.TEXT, *campaigns_where(question_wins=1.0))
    assert "winners_found" not in done.version.lineage.metrics
    assert done.version.lineage.metrics["campaigns"] == NEEDED_HELD_OUT


def test_words_are_held_against_campaigns_that_began_last() -> None:
    """A habit that ended where the held-out time begins does not come into use."""
    facts = campaigns_where(question_wins=2.0)
    turned = campaigns_where(question_wins=0.2)
    cut = FIRST + timedelta(days=60 - NEEDED_HELD_OUT)
    mixed = [one for one in facts if one.at < cut] + [one for one in turned if one.at >= cut]
    shipped = Registry(own=Path("nowhere")).current(ModelKind.TEXT).model
    lesson = text_lesson(KnownFacts(*mixed), in_use=shipped, features=(), report=nothing_told)
    assert not lesson.is_better


def test_too_few_outcomes_train_nothing_and_say_how_many_are_needed(
    registry: Registry, trained: Callable[..., Training]
) -> None:
    """One line with what there is and what there must be; nothing is published."""
    with pytest.raises(ModelNotTrained, match=f"ctr: 0 of the {NEEDED_REPORTS} daily outcomes of videos") as refused:
        trained(ModelKind.CTR)
    assert refused.value.code == "too_few_outcomes"
    few = steady_videos(videos=NEEDED_LINES - 1)
    with pytest.raises(ModelNotTrained, match=f"ctr: {NEEDED_LINES - 1} of the {NEEDED_LINES} videos"):
        trained(ModelKind.CTR, *few)
    with pytest.raises(ModelNotTrained, match="roas: 0 of the"):
        trained(ModelKind.ROAS, *few)
    needed = NEEDED_LEARNED + NEEDED_HELD_OUT
    with pytest.raises(ModelNotTrained, match=f"text: {needed - 1} of the {needed} campaigns with 10 clicks"):
        trained(ModelKind.TEXT, *campaigns_where(question_wins=2.0, campaigns=needed - 1))
    at_once = [replace(one, at=FIRST) for one in campaigns_where(question_wins=2.0)]
    with pytest.raises(ModelNotTrained, match=f"text: 0 of the {NEEDED_LEARNED} campaigns from before"):
        trained(ModelKind.TEXT, *at_once)
    assert [registry.versions(kind) for kind in (ModelKind.CTR, ModelKind.ROAS)] == [(), ()]


def test_other_languages_teach_nothing(trained: Callable[..., Training]) -> None:
    """The sentence model reads English."""
    with pytest.raises(ModelNotTrained, match="text: 0 of the"):
        trained(ModelKind.TEXT, *campaigns_where(question_wins=2.0, language="de"))


def test_only_one_process_trains_a_kind(registry: Registry, trained: Callable[..., Training]) -> None:
    """A second one is told; another kind may be trained meanwhile, and this one when the first has ended."""
    holding, ending = multiprocessing.get_context("spawn").Pipe()
    other = multiprocessing.get_context("spawn").Process(target=_hold, args=(registry.folder / "ctr.training", ending))
    other.start()
    assert holding.recv() == "held"
    with pytest.raises(SourceUnavailable, match="another process is training it now") as refused:
        trained(ModelKind.CTR, *steady_videos())
    assert refused.value.code == "being_trained"
    with pytest.raises(ModelNotTrained, match="roas: 0"):
        trained(ModelKind.ROAS)
    other.kill()
    other.join()
    assert trained(ModelKind.CTR, *steady_videos()).promoted


def _hold(lock: Path, told: "multiprocessing.connection.Connection") -> None:
    with alone(lock, kind="ctr"):
        told.send("held")
        told.poll(None)


def test_each_step_is_told(registry: Registry) -> None:
    """With a share that grows from nothing to all."""
    steps: list[tuple[str, float]] = []
    facts = KnownFacts(*steady_videos())
    train(ModelKind.CTR, facts=facts, registry=registry, at=NIGHT, report=lambda *step: steps.append(step))
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def tallies(*facts: Fact) -> Tallies:
    """Of videos."""
    return tallies_of(KnownFacts(*facts).lines(Subject.VIDEO, step=DAY))


def test_a_model_that_was_learned_otherwise_says_nothing() -> None:
    """By another method, by other events, or while reports came at another pace."""
    facts = steady_videos()
    taught = rates_lesson(KnownFacts(*facts), Subject.VIDEO, in_use=None, report=nothing_told).model
    assert variability_in(taught, tallies=tallies(*facts))
    assert variability_in({**taught, "method": "outcomes-0"}, tallies=tallies(*facts)) is None
    assert variability_in({**taught, "earned_by": "clicks"}, tallies=tallies(*facts)) is None
    weekly = [one for one in facts if (one.at - FIRST).days % 7 == 0]
    assert variability_in(taught, tallies=tallies(*weekly)) is None
    assert variability_in(None, tallies=tallies(*facts)) is None


def test_predictions_follow_the_model_in_use(registry: Registry, trained: Callable[..., Training]) -> None:
    """Promoted or rolled back, the next question is answered by it, and names it."""
    facts = KnownFacts(*steady_videos())
    by_itself = platform_of(facts, Subject.VIDEO, registry=registry)
    assert by_itself.model.version == "outcomes-1"
    first = trained(ModelKind.CTR, *steady_videos())
    taught = platform_of(facts, Subject.VIDEO, registry=registry)
    assert taught.model.version == first.version.version
    assert platform_of(facts, Subject.VIDEO, registry=registry) is taught
    steadier = registry.current(ModelKind.CTR).model | {
        "variability": {"ctr": {**registry.current(ModelKind.CTR).model["variability"]["ctr"], "drift": 0.5}}
    }
    lineage = Lineage(data_sha256="", features=(), metrics={})
    second = registry.publish(ModelKind.CTR, steadier, trained_at=NIGHT, lineage=lineage)
    registry.promote(ModelKind.CTR, second.version)
    assert platform_of(facts, Subject.VIDEO, registry=registry).model.rates["ctr"].variability.drift == 0.5
    registry.roll_back(ModelKind.CTR)
    assert platform_of(facts, Subject.VIDEO, registry=registry).model == taught.model


def test_a_damaged_model_is_refused_and_done_without(
    registry: Registry, trained: Callable[..., Training], caplog: pytest.LogCaptureFixture
) -> None:
    """Predictions of rates go on as before any training, the log says why, and a training mends it."""
    version = trained(ModelKind.CTR, *steady_videos()).version.version
    (registry.folder / "ctr" / f"{version}.joblib").write_bytes(b"something else")
    elsewhere = Registry(own=registry.folder)
    found = platform_of(KnownFacts(*steady_videos()), Subject.VIDEO, registry=elsewhere)
    assert found.model.version == "outcomes-1"
    assert "model_refused" in {getattr(record, "action", "") for record in caplog.records}
    train(ModelKind.CTR, facts=KnownFacts(*steady_videos()), registry=elsewhere, at=NIGHT, report=nothing_told)
    mended = platform_of(KnownFacts(*steady_videos()), Subject.VIDEO, registry=elsewhere)
    assert mended.model.version == elsewhere.in_use(ModelKind.CTR).version
