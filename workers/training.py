"""The nightly training: every kind of model, one after the other."""

import logging
from functools import partial

from models.registry import ModelKind, registry_in
from precompute.errors import PrecomputeError
from workers.wiring import Engine

_log = logging.getLogger(__name__)


def train_all(engine: Engine) -> None:
    """Train what there are outcomes or actions for; a kind that cannot be now is told in the log, the others go on."""
    # With scikit-learn: a second and 90 MB that only a process that trains is to spend.
    from models.training import TRAINED, train  # noqa: PLC0415

    registry = registry_in(engine.settings.data_dir)
    for kind in TRAINED:
        try:
            at, report = engine.cache.clock(), partial(_report, kind)
            done = train(kind, facts=engine.facts, registry=registry, at=at, report=report)
        except PrecomputeError as problem:
            extra = {"action": "not_trained", "kind": kind, "code": problem.code, "reason": problem.message}
            _log.warning("Not trained", extra=extra)
        else:
            found = {"promoted": done.promoted, "loss": done.loss, "loss_before": done.loss_before, "cases": done.cases}
            _log.info("Trained", extra={"action": "trained", "kind": kind, "version": done.version.version, **found})


def _report(kind: ModelKind, step: str, share: float) -> None:
    _log.info("Training", extra={"action": "training_step", "kind": kind, "step": step, "share": share})
