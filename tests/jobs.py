"""The computation at hand, for tests that call an analysis directly."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from known_facts import KnownFacts

from models.predictor import Predictor
from models.registry import registry_in
from precompute.entry import State
from precompute.events import Event
from precompute.facts import Action, Fact
from precompute.history import History
from precompute.job import Job
from precompute.ledger import TaskRecord
from precompute.settings import Settings
from precompute.subjects import CacheKey

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def job_for(
    event: Event,
    *,
    settings: Settings | None = None,
    facts: Sequence[Fact] = (),
    recent: Sequence[Action] = (),
    results: Mapping[str, Mapping[str, Any]] | None = None,
    on_its_way: Mapping[str, float | None] | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> Job:
    """A job at noon of 1 March 2026.

    Args:
        event: What started it.
        settings: The defaults unless said.
        facts: All that is in the store.
        recent: All recent actions, of whichever user.
        results: All that is in the cache, by cache key.
        on_its_way: Progress of what is running, by cache key.
        report: Gets the progress.
    """
    stored, running = results or {}, on_its_way or {}

    def state(key: CacheKey) -> TaskRecord:
        if str(key) in running:
            return TaskRecord(key=key, task_id="t", state=State.RUNNING, progress=running[str(key)])
        known = State.READY if str(key) in stored else State.MISSING
        return TaskRecord(key=key, task_id=None, state=known)

    return Job(
        event=event,
        settings=settings or Settings(),
        at=NOON,
        facts=KnownFacts(*facts),
        recent=lambda user_id: History.of(action for action in recent if action.user_id == user_id),
        predict=Predictor(registry_in((settings or Settings()).data_dir)),
        peek=lambda key: stored.get(str(key)),
        states=lambda keys: [state(key) for key in keys],
        report=report,
    )
