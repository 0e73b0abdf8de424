"""Training of the actions model on a platform's own log."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from behaviour_logs import recorded
from known_facts import KnownFacts

from models.actions_lesson import HELD_OUT, LEAST, NEEDED_ACTIONS, Told, actions_lesson, log_of, told_by
from models.behaviour_simulator import simulate
from models.next_action import model_in
from models.next_action_fit import fit
from models.registry import ModelKind, Registry
from models.training import train
from precompute.errors import ModelNotTrained
from precompute.facts import Action, UserFact
from precompute.history import History


def nothing_told(step: str, share: float) -> None:
    """For whoever does not look at progress."""


@pytest.fixture(scope="module")
def platform() -> list[Action]:
    """A small platform with words of its own: what follows what is easily learned, and nobody else knows."""
    return recorded(users=12, days=12, seed=5, prefix="our_")


def test_figures_worked_by_hand() -> None:
    """Right and sure, wrong and sure, right and unsure, and an action without a column.

    Squared errors: .2^2 + .2^2; .6^2 + .9^2 + .1^2 (.3 told of b); .5^2 + .3^2 + .2^2; .4^2 + .3^2 + .3^2 + 1.
    """
    shares = np.array([[0.8, 0.2, 0.0], [0.6, 0.1, 0.1], [0.5, 0.3, 0.2], [0.4, 0.3, 0.3]], np.float32)
    told = Told(shares=shares, came=np.array([0, 1, 0, -1]))
    assert told.chance == pytest.approx([0.8, 0.1, 0.5, 0.0])
    assert told.losses == pytest.approx(-np.log([0.8, 0.1, 0.5, LEAST]))
    figures = told.metrics()
    assert (figures["top_1"], figures["top_3"]) == (0.5, 0.75)
    assert (figures["coverage"], figures["precision"]) == (0.5, 0.5)
    assert figures["brier"] == pytest.approx((0.08 + 0.36 + 0.81 + 0.01 + 0.38 + 1.34) / 4, abs=1e-5)


def test_too_few_actions_train_nothing(tmp_path: Path, platform: Sequence[Action]) -> None:
    """One line with what there is and what there must be."""
    few = KnownFacts(*platform[: NEEDED_ACTIONS - 1])
    with pytest.raises(ModelNotTrained, match=f"actions: {NEEDED_ACTIONS - 1} of the {NEEDED_ACTIONS}") as refused:
        actions_lesson(few, in_use=None, report=nothing_told)
    assert refused.value.code == "too_few_actions"
    assert tmp_path.exists()


def test_a_platforms_own_words_come_into_use(tmp_path: Path, platform: Sequence[Action]) -> None:
    """What is learned from the platform is less surprised than the shipped model, and is used from then on."""
    registry = Registry(own=tmp_path)
    steps: list[float] = []
    done = train(
        ModelKind.ACTIONS,
        facts=KnownFacts(*platform),
        registry=registry,
        at=platform[-1].at.replace(microsecond=0),
        report=lambda step, share: steps.append(share),
    )
    assert done.promoted
    assert done.loss < done.loss_before
    assert registry.in_use(ModelKind.ACTIONS) == done.version
    lineage = done.version.lineage
    assert lineage.metrics["actions_learned"] == round((1 - HELD_OUT) * len(platform))
    assert done.cases == len(platform) - lineage.metrics["actions_learned"]
    # Though the shipped model has never heard these words, it has learned from each user what comes after what.
    assert lineage.metrics["top_1_before"] > 0.85
    assert lineage.metrics["users_learned"] == 12
    assert (len(lineage.data_sha256), bool(lineage.features)) == (64, True)
    assert steps == sorted(steps)


def test_the_latest_actions_are_not_learned_from(platform: Sequence[Action]) -> None:
    """Whatever happens at the end: what is published stays, only its evaluation changes."""
    cut = round((1 - HELD_OUT) * len(platform))
    turned = [*platform[:cut], *(replace(one, action="our_search") for one in platform[cut:])]
    calm, wild = (actions_lesson(KnownFacts(*log), in_use=None, report=nothing_told) for log in (platform, turned))
    assert calm.lineage.data_sha256 == wild.lineage.data_sha256
    assert calm.is_better
    assert calm.new.mean() < wild.new.mean()
    history = History.of(platform[:50])
    at = platform[50].at
    models = [model_in(lesson.model) for lesson in (calm, wild)]
    told = [model.distribution(history.steps, at=at) for model in models if model is not None]
    assert told[0] == told[1]


def test_what_is_compared_is_what_is_served() -> None:
    """The evaluation looks back no farther than the service does, and tells what going through all would tell."""
    model = model_in(Registry(own=Path("nowhere")).current(ModelKind.ACTIONS).model)
    assert model is not None
    log = simulate(users=3, days=50, seed=8).log
    since = len(log) - 40
    told = told_by(model, log, since=since)
    columns = model.columns(log)
    assert told.shares.shape == (40, len(columns))
    facts = recorded(users=3, days=50, seed=8)
    assert [columns[place] for place in told.came] == [one.action for one in facts[since:]]
    everything = model.follow(log, learns=False)[since:]
    assert told.shares == pytest.approx(everything, abs=1e-6)


def test_local_clocks_are_those_of_the_day() -> None:
    """A zone is an offset that changes with the season; a user who told none is taken by UTC."""
    [winter] = recorded(users=1, days=1, seed=1)[:1]
    summer = replace(winter, at=winter.at.replace(month=7), fact_id="summer", accepted=winter.accepted + 1)
    elsewhere = replace(winter, user_id="u2", fact_id="elsewhere", accepted=winter.accepted + 2)
    zone = UserFact(at=winter.at, user_id=winter.user_id, timezone="Europe/Berlin")
    log = log_of(KnownFacts(winter, summer, elsewhere, zone).action_log())
    assert log.utc_offset.tolist() == [3600, 7200, 0]
    assert log.at.tolist() == [winter.at.timestamp(), summer.at.timestamp(), winter.at.timestamp()]


def test_the_same_log_teaches_the_same(platform: Sequence[Action]) -> None:
    """Nothing is left to chance but what the seed decides."""
    log = log_of(KnownFacts(*platform).action_log())
    one, other = (fit(log, report=nothing_told) for _ in range(2))
    history = History.of(platform[:30])
    asked = platform[30].at
    assert one.distribution(history.steps, at=asked) == other.distribution(history.steps, at=asked)


def test_of_many_names_fewer_actions_are_learned(platform: Sequence[Action], monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest, so that a night's training has room."""
    monkeypatch.setattr("models.actions_lesson.MANY_NAMES", 1)
    monkeypatch.setattr("models.actions_lesson.MOST_OF_MANY_NAMES", 600)
    lesson = actions_lesson(KnownFacts(*platform), in_use=None, report=nothing_told)
    assert lesson.lineage.metrics["actions_learned"] == 480
