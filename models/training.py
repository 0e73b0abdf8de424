"""Training of one kind of model: learn from the store, hold it against the latest time, use it only if it is better."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.actions_lesson import actions_lesson
from models.lesson import Lesson, Report
from models.manifest import ModelVersion
from models.next_action import learned_until_of, model_in
from models.rates_lesson import rates_lesson
from models.registry import ModelKind, Registry, usable
from models.text_lesson import text_lesson
from precompute.errors import SourceUnavailable
from precompute.store import Facts
from precompute.subjects import Subject

TRAINED = (ModelKind.CTR, ModelKind.ROAS, ModelKind.TEXT, ModelKind.ACTIONS)
"""The kinds that can be trained, in the order in which a night trains them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What came of one training.

    Attributes:
        kind: Of model.
        version: That was published.
        promoted: Whether it is in use now.
        loss: Mean of what it got wrong in the held-out time.
        loss_before: The same of what was in use.
        cases: How many were compared.
    """

    kind: ModelKind
    version: ModelVersion
    promoted: bool
    loss: float
    loss_before: float
    cases: int

    @property
    def told(self) -> str:
        """In a line for people."""
        verdict = "promoted" if self.promoted else "kept aside: not better than what is in use by more than chance"
        figures = f"loss {self.loss:.5f}, before {self.loss_before:.5f}, on {self.cases} held-out cases"
        return f"{self.kind} {self.version.version} {verdict} ({figures})"


def train(kind: ModelKind, *, facts: Facts, registry: Registry, at: datetime, report: Report) -> Training:
    """Train a model of ``kind``, publish it, and promote it if it is better than the one in use.

    Args:
        kind: What to learn.
        facts: What to learn from.
        registry: Where versions are kept.
        at: Now.
        report: Told of each step.

    Raises:
        ModelNotTrained: There is too little to learn from (``too_few_outcomes``, ``too_few_actions``).
        SourceUnavailable: The facts cannot be had now, or another process is training this kind (``being_trained``).
    """
    with alone(registry.folder / f"{kind}.training", kind=kind):
        lesson = _lesson(kind, facts=facts, registry=registry, report=report)
        version = registry.publish(kind, lesson.model, trained_at=at, lineage=lesson.lineage)
        if lesson.is_better:
            registry.promote(kind, version.version)
    report("done", 1.0)
    return Training(
        kind=kind,
        version=version,
        promoted=lesson.is_better,
        loss=float(lesson.new.mean()),
        loss_before=float(lesson.current.mean()),
        cases=len(lesson.new),
    )


def _lesson(kind: ModelKind, *, facts: Facts, registry: Registry, report: Report) -> Lesson:
    match kind:
        case ModelKind.CTR | ModelKind.ROAS:
            subject = Subject.VIDEO if kind is ModelKind.CTR else Subject.CAMPAIGN
            in_use = usable(registry, kind)
            return rates_lesson(facts, subject, in_use=in_use.model if in_use else None, report=report)
        case ModelKind.TEXT:
            loaded = registry.current(kind)
            return text_lesson(facts, in_use=loaded.model, features=loaded.version.lineage.features, report=report)
        case ModelKind.ACTIONS:
            in_use = usable(registry, kind)
            model = model_in(in_use.model) if in_use else None
            learned_until = learned_until_of(in_use.model) if in_use and model else 0
            return actions_lesson(facts, in_use=model, learned_until=learned_until, report=report)


@contextmanager
def alone(lock: Path, *, kind: str) -> Iterator[None]:
    """Keep other processes that share the folder from training ``kind`` meanwhile; a death gives it back.

    Raises:
        SourceUnavailable: One is training it (``being_trained``).
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    opened = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise SourceUnavailable(f"{kind}: another process is training it now", code="being_trained") from held
        yield
    finally:
        os.close(opened)
