"""The nightly training: every kind of model, one after the other."""

import logging

from models.registry import ModelKind, registry_in
from models.training import TRAINED, train
from precompute.errors import PrecomputeError
from workers.wiring import Engine

_log = logging.getLogger(__name__)


def train_all(engine: Engine) -> None:
    """Train what there are outcomes or actions for; a kind that cannot be now is told in the log, the others go on."""
    for kind in TRAINED:
        try:
            _train(kind, engine=engine)
        except PrecomputeError as problem:
            extra = {"action": "not_trained", "kind": kind, "code": problem.code, "reason": problem.message}
            _log.warning("Not trained", extra=extra)


def _train(kind: ModelKind, *, engine: Engine) -> None:
    def report(step: str, share: float) -> None:
        _log.info("Training", extra={"action": "training_step", "kind": kind, "step": step, "share": share})

    registry = registry_in(engine.settings.data_dir)
    done = train(kind, facts=engine.facts, registry=registry, at=engine.cache.clock(), report=report)
    extra = {"action": "trained", "kind": kind, "version": done.version.version, "promoted": done.promoted}
    _log.info("Trained", extra=extra | {"loss": done.loss, "loss_before": done.loss_before, "cases": done.cases})
