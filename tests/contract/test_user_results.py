"""Results about a user, computed by the worker's own body from a real cache and a real database."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from bench import NOON
from servers import ValkeyServer

from models.predictor import Predictor
from models.registry import registry_in
from precompute.catalogue import CAMPAIGN_ANALYTICS, DASHBOARD_DATA, HOOK_ANALYSIS, PREDICTED_ACTIONS, SCENE_DETECTION
from precompute.entry import Entry
from precompute.errors import UnusableSource
from precompute.events import UserLoggedIn, VideoUploaded
from precompute.facts import Action, CampaignFact, Outcome, VideoFact
from precompute.history import History
from precompute.job import Job
from precompute.message import Message
from precompute.recent import RecentActions
from precompute.settings import Settings
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import bindings_in, computes
from workers.dashboard import actions, analytics, dashboard
from workers.execution import Execution
from workers.wiring import Engine, engine

LOGIN = UserLoggedIn(subject_id="u1", user_id="u1")
UPLOAD = VideoUploaded(subject_id="v1", user_id="u1")
SCENES = replace(SCENE_DETECTION, inputs=(), result=None)
"""One that needs no video."""

BROKEN = {"video": UnusableSource("that is no video"), "analysis": ZeroDivisionError("nobody foresaw that")}


@computes(SCENES)
def known_scenes(*, job: Job) -> Mapping[str, Any]:
    """One shot; or none, where the data say that the video or the analysis is broken."""
    if job.event.data:
        raise BROKEN[str(job.event.data["broken"])]
    return {"cuts": []}


class Worker:
    """One worker process, as far as results about users go."""

    def __init__(self, parts: Engine) -> None:
        self.parts = parts
        bindings = bindings_in([dashboard, analytics, actions, sys.modules[__name__]])
        self.execution = Execution(engine=parts, bindings=bindings)

    def compute(self, row: TaskType, event: UserLoggedIn | VideoUploaded = LOGIN) -> Mapping[str, Any]:
        """The result as it is served."""
        self.run(row, event)
        found = self.parts.cache.read(row.key_for(event.ref))
        assert isinstance(found, Entry), found
        return found.value

    def run(self, row: TaskType, event: UserLoggedIn | VideoUploaded) -> None:
        """Compute it, or fail."""
        key = row.key_for(event.ref)
        message = Message(task_id=f"t-{key}", key=key, queue="login", event=event.to_json(), cause="event")
        self.execution.run(message)

    def stale(self, row: TaskType) -> bool:
        """Whether the user's result has to be computed again."""
        found = self.parts.cache.read(row.key_for(LOGIN.ref))
        assert isinstance(found, Entry)
        return found.stale


@pytest.fixture
def worker(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Iterator[Worker]:
    """One with an empty cache and an empty database."""
    settings = Settings(redis_url=cache_server.url, data_dir=tmp_path)
    parts = engine(settings, clock=lambda: NOON)
    yield Worker(parts)
    parts.facts.close()
    parts.cache.client.close()


def outcome(variant: str, clicks: int) -> Outcome:
    """What came of a variant."""
    return Outcome(
        at=NOON, subject=Subject.CAMPAIGN, subject_id="c1", variant_id=variant, impressions=10_000, clicks=clicks
    )


def test_an_unknown_user_gets_valid_empty_results(worker: Worker) -> None:
    """All three rows, from an empty store; of whom nothing is known will do what others do first."""
    assert worker.compute(DASHBOARD_DATA)["videos"] == []
    assert worker.compute(CAMPAIGN_ANALYTICS) == {"campaigns": []}
    assert [one["action"] for one in worker.compute(PREDICTED_ACTIONS)["predicted_actions"][:1]] == ["login"]


def test_facts_and_results_meet_on_the_dashboard(worker: Worker) -> None:
    """Videos and campaigns from the database, results and what is being computed from the cache."""
    worker.parts.facts.write(
        [
            VideoFact(at=NOON, video_id="v1", user_id="u1", data={"title": "Summer"}),
            CampaignFact(at=NOON, campaign_id="c1", user_id="u1", data={"video_ids": ["v1"], "budget": 100}),
            outcome("x1", 300),
            outcome("x2", 100),
        ]
    )
    key = HOOK_ANALYSIS.key_for(UPLOAD.ref)
    message = Message(task_id="t1", key=key, queue="video", event=UPLOAD.to_json(), cause="event")
    worker.parts.ledger.begin(message, owner="w1", lease=timedelta(seconds=60), fingerprint="")

    page = worker.compute(DASHBOARD_DATA)
    assert [(one["video_id"], one["title"]) for one in page["videos"]] == [("v1", "Summer")]
    assert (page["totals"]["clicks"], page["trend"][-1]["clicks"]) == (400, 400)
    assert [(one["cache_key"], one["state"]) for one in page["in_progress"]] == [(str(key), "running")]
    assert page["next_steps"][0]["action"] == "shift_budget"

    [campaign] = worker.compute(CAMPAIGN_ANALYTICS)["campaigns"]
    assert [one["variant_id"] for one in (*campaign["best_variants"], *campaign["worst_variants"])] == ["x1", "x2"]
    assert campaign["best_variants"][0]["significant"]


def test_predictions_know_what_the_database_does_not_yet(worker: Worker) -> None:
    """Stored actions and recent ones together are the habit."""
    done = [
        Action(at=NOON + timedelta(minutes=minute), user_id="u1", action=("login", "view")[minute % 2])
        for minute in range(7)
    ]
    worker.parts.facts.write(done[:4])
    RecentActions(worker.parts.cache.client).add(done[3:])
    served = worker.compute(PREDICTED_ACTIONS)
    known = Predictor(registry_in(worker.parts.settings.data_dir))([History.of(done)], at=NOON)[0]
    assert served["model"]["version"] == known.model_version
    assert served["predicted_actions"][0]["action"] == "view"
    assert served["predicted_actions"][0]["probability"] == pytest.approx(known.actions[0].probability)


def test_a_new_result_of_a_video_makes_its_owners_dashboard_stale(worker: Worker) -> None:
    """Not the analysis of somebody else's video, nor what is only about the user."""
    worker.compute(DASHBOARD_DATA)
    worker.compute(PREDICTED_ACTIONS)
    assert not worker.stale(DASHBOARD_DATA)

    worker.compute(SCENES, VideoUploaded(subject_id="v2", user_id="u2"))
    assert not worker.stale(DASHBOARD_DATA)
    worker.compute(SCENES, UPLOAD)
    assert worker.stale(DASHBOARD_DATA)
    assert not worker.stale(PREDICTED_ACTIONS)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_failure_makes_the_owners_dashboard_stale(worker: Worker, broken: str) -> None:
    """What failed is not on its way any more, so the page must not say so for an hour; whatever it failed of."""
    worker.compute(DASHBOARD_DATA)
    with suppress(ZeroDivisionError):
        worker.run(SCENES, replace(UPLOAD, data={"broken": broken}))
    assert worker.stale(DASHBOARD_DATA)


def test_a_worker_that_dies_after_storing_leaves_the_dashboard_to_the_next(worker: Worker) -> None:
    """The message comes again, finds the result stored, and does what follows."""
    worker.compute(SCENES, UPLOAD)
    worker.compute(DASHBOARD_DATA)
    assert not worker.stale(DASHBOARD_DATA)
    worker.run(SCENES, UPLOAD)
    assert worker.stale(DASHBOARD_DATA)
