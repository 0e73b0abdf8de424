"""The nightly training of a worker, on a real database: every kind that has outcomes, each for itself."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench
from platform_outcomes import campaigns_where, steady_videos
from servers import ValkeyServer
from store_promises import outcome

from models.registry import ModelKind, registry_in
from precompute.callbacks import Callbacks
from precompute.catalogue import ROWS, Catalogue
from precompute.events import CampaignCreated
from precompute.history import History
from precompute.job import Job
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.store.database import Database
from precompute.stream import FactStream
from workers.campaign.variants import generate_variants
from workers.dispatch import CeleryDispatch
from workers.training import train_all
from workers.wiring import Engine, publishing_app


@pytest.fixture
def engine(bench: Bench, cache_server: ValkeyServer, tmp_path: Path) -> Iterator[Engine]:
    """A worker's engine with a SQLite file and a folder for models."""
    settings = Settings(redis_url=cache_server.url, data_dir=tmp_path)
    facts = Database(settings.database)
    yield Engine(
        settings=settings,
        catalogue=Catalogue.of(ROWS),
        cache=bench.cache,
        ledger=bench.ledger,
        dispatch=CeleryDispatch(publishing_app(settings)),
        facts=facts,
        stream=FactStream(connect(cache_server.url)),
        callbacks=Callbacks(connect(cache_server.url), ledger=bench.ledger),
    )
    facts.close()


def told(caplog: pytest.LogCaptureFixture, action: str) -> dict[str, logging.LogRecord]:
    """The lines of one action by kind of model."""
    return {record.kind: record for record in caplog.records if getattr(record, "action", "") == action}


def test_each_kind_is_trained_from_what_there_is(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """Videos and texts are learned from the database; campaigns without spend are told in the log, and stop nothing."""
    caplog.set_level(logging.INFO)
    engine.facts.write([*steady_videos(), *campaigns_where(question_wins=2.0, clicks=40)])
    train_all(engine)
    registry = registry_in(engine.settings.data_dir)
    trained = told(caplog, "trained")
    assert set(trained) == {"ctr", "text"}
    for kind in (ModelKind.CTR, ModelKind.TEXT):
        assert trained[kind].promoted
        assert registry.in_use(kind).version == trained[kind].version
        assert registry.in_use(kind).trained_at == engine.cache.clock()
    assert told(caplog, "not_trained")["roas"].code == "too_few_outcomes"
    assert told(caplog, "not_trained")["actions"].code == "too_few_actions"
    assert told(caplog, "training_step")["ctr"].share == 1.0


def test_a_night_without_database_is_told_and_leaves_all_as_it_was(
    engine: Engine, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Nothing is trained, nothing breaks."""
    (tmp_path / "precompute.sqlite3").mkdir()
    train_all(engine)
    assert {record.code for record in told(caplog, "not_trained").values()} == {"database_unavailable"}
    assert set(told(caplog, "not_trained")) == {"ctr", "roas", "text", "actions"}


def test_generated_texts_are_kept_for_their_outcomes(engine: Engine, bench: Bench, tmp_path: Path) -> None:
    """Once however often they are made; and a campaign gets its texts though the database is away."""
    event = CampaignCreated(subject_id="c1", user_id="u1", data={"product": "a standing desk"})

    def job(facts: Database) -> Job:
        return Job(
            event=event,
            settings=engine.settings,
            at=bench.clock(),
            facts=facts,
            recent=lambda user_id: History(),
            predict=engine.predict,
            peek=lambda key: None,
            states=bench.ledger.records,
            report=lambda share: None,
        )

    made = generate_variants(job=job(engine.facts)).value
    generate_variants(job=job(engine.facts))
    first, *_, last = (variant["variant_id"] for variant in made["variants"])
    engine.facts.write([outcome("c1", first), outcome("c1", last)])
    kept = {one.variant_id: one for one in engine.facts.variants_with_outcomes()}
    assert set(kept) == {first, last}
    assert kept[first].headline == made["variants"][0]["headline"]
    assert kept[first].language == made["language"] == "en"
    (tmp_path / "away").mkdir()
    away = Database(f"sqlite:///{tmp_path / 'away'}")
    assert generate_variants(job=job(away)).value["variants"] == made["variants"]
