"""Predictions by the model in use: the shipped one at first, another as soon as it is promoted, habits without any."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import habits
from models.behaviour import Log
from models.manifest import Lineage
from models.next_action import METHOD, NextActionModel, published
from models.next_action_fit import fit
from models.predictor import LOOK_AGAIN, MOST_TOLD, NOISE, Predictor
from models.registry import SHIPPED, ModelKind, Registry
from precompute.history import History

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LINEAGE = Lineage(data_sha256="", features=(), metrics={})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Of a site that trained nothing yet, with what is shipped."""
    return Registry(own=tmp_path)


@pytest.fixture
def predictor(registry: Registry) -> Predictor:
    """Of that site."""
    return Predictor(registry)


def did(*names: str, every: timedelta = timedelta(minutes=1)) -> History:
    """One user did these, the last one a minute ago."""
    first = NOON - len(names) * every
    return History(steps=tuple((name, first + place * every) for place, name in enumerate(names)))


def promote(registry: Registry, content: Any, *, at: datetime = NOON) -> str:
    """Put something into use as the actions model."""
    version = registry.publish(ModelKind.ACTIONS, content, trained_at=at, lineage=LINEAGE)
    return registry.promote(ModelKind.ACTIONS, version.version).version


def small_model(*names: str) -> NextActionModel:
    """One that knows only these, from a handful of events."""
    log = Log.from_columns(users=["u"] * len(names), actions=names, at=[float(place) for place in range(len(names))])
    return fit(log, report=lambda step, share: None)


def shares(predictor: Predictor, history: History, *, at: datetime = NOON) -> Mapping[str, float]:
    """What is told, by action."""
    return {one.action: one.probability for one in predictor([history], at=at)[0].actions}


def test_a_new_installation_knows_what_users_of_this_platform_do(predictor: Predictor, registry: Registry) -> None:
    """Of somebody never seen: first they log in, and then they mostly look at something."""
    nobody = predictor([History()], at=NOON)[0]
    assert nobody.actions[0].action == "login"
    shipped = registry.in_use(ModelKind.ACTIONS)
    assert (nobody.model_version, nobody.trained_at) == (shipped.version, shipped.trained_at)
    after_login = shares(predictor, did("login"))
    assert sum(share for name, share in after_login.items() if name.endswith(("_view", "_upload", "_create"))) > 0.5


@pytest.mark.parametrize("names", [("open", "list", "pay"), ("login", "basket", "checkout", "login", "help")])
def test_the_shipped_model_follows_a_users_own_habits(predictor: Predictor, names: Sequence[str]) -> None:
    """Also with words it has never heard: what came after it the last times is soon held to be likelier than not."""
    done = (names * 8)[: 6 * len(names)]
    for last in range(len(names)):
        history = did(*done, *names[: last + 1])
        told = shares(predictor, history)
        expected = names[(last + 1) % len(names)]
        if names[last] != "login":
            assert told[expected] > 0.5, (names[: last + 1], told)


def test_the_second_prediction_knows_the_first_action(predictor: Predictor) -> None:
    """Online: with each action the next prediction is another."""
    once, twice = shares(predictor, did("login")), shares(predictor, did("login", "export_everything"))
    assert "export_everything" not in once
    assert once != twice


def test_what_is_told_is_ordered_and_short(predictor: Predictor) -> None:
    """Ten at most, likeliest first, nothing that is noise, and no more than one in all."""
    told = predictor([did(*(f"a{number % 25}" for number in range(200)))], at=NOON)[0].actions
    probabilities = [one.probability for one in told]
    assert 0 < len(told) <= MOST_TOLD
    assert probabilities == sorted(probabilities, reverse=True)
    assert min(probabilities) >= NOISE
    assert sum(probabilities) <= 1 + 1e-6


def test_another_model_is_in_use_from_the_next_prediction_on(predictor: Predictor, registry: Registry) -> None:
    """Promoted by whichever process, and rolled back again."""
    shipped = predictor([did("login")], at=NOON)[0].model_version
    own = promote(Registry(own=registry.folder), published(small_model(*["x", "y"] * 5)))
    found = predictor([did("x")], at=NOON)[0]
    assert (found.model_version, found.trained_at) == (own, NOON)
    assert found.actions[0].action == "y"
    Registry(own=registry.folder).roll_back(ModelKind.ACTIONS)
    assert predictor([did("login")], at=NOON)[0].model_version == shipped


@pytest.mark.parametrize(
    "content",
    [small_model("a", "b"), {"method": "next-action-0", "model": None}, {"method": METHOD, "model": "none"}, None],
    ids=["bare", "older", "other", "nothing"],
)
def test_a_model_of_another_version_is_not_asked(
    predictor: Predictor, registry: Registry, content: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Habits alone tell then, and the log says why; once a minute, not with each question."""
    caplog.set_level(logging.WARNING)
    promote(registry, content)
    history = did("login", "view", "login")
    for second in range(3):
        found = predictor([history], at=NOON + timedelta(seconds=second))[0]
        assert found == habits.predict(history, at=NOON)
    refused = [record for record in caplog.records if getattr(record, "action", "") == "model_refused"]
    assert [record.code for record in refused] == ["model_of_another_version"]


def test_a_damaged_model_is_tried_again_later(predictor: Predictor, registry: Registry) -> None:
    """Mended, it is in use within a minute, in a process that goes on."""
    own = promote(registry, published(small_model(*["x", "y"] * 5)))
    file = registry.folder / "actions" / f"{own}.joblib"
    content = file.read_bytes()
    file.write_bytes(b"something else")
    assert predictor([did("x", "y")], at=NOON)[0].model_version == habits.MODEL_VERSION
    file.write_bytes(content)
    assert predictor([did("x", "y")], at=NOON + LOOK_AGAIN / 2)[0].model_version == habits.MODEL_VERSION
    assert predictor([did("x", "y")], at=NOON + LOOK_AGAIN)[0].model_version == own


class Gone:
    """Of a class that no later version has."""


def test_a_model_whose_classes_are_gone_is_refused(
    predictor: Predictor, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update of the service: predictions go on."""
    promote(registry, Gone())
    monkeypatch.delattr(f"{__name__}.Gone")
    assert predictor([did("login")], at=NOON)[0].model_version == habits.MODEL_VERSION


def test_local_hours_count(predictor: Predictor) -> None:
    """Whoever logs in at noon goes on otherwise than whoever does so at nine in the evening."""
    just_in = did("login").steps
    here, there = (shares(predictor, History(steps=just_in, zone=zone)) for zone in ("Europe/London", "Asia/Tokyo"))
    assert here != there


def test_the_shipped_file_is_small_and_says_where_it_comes_from() -> None:
    """Who installs the service downloads it; and its best possible accuracy stands beside its own."""
    version = Registry(own=Path("nowhere")).in_use(ModelKind.ACTIONS)
    file = SHIPPED / "actions" / f"{version.version}.joblib"
    assert file.stat().st_size < 5e6
    metrics = version.lineage.metrics
    assert metrics["top_1"] >= 0.94
    assert metrics["top_1"] >= 0.98 * metrics["best_top_1"]
    assert metrics["precision"] >= 0.95
