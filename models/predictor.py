"""Predictions by the model in use, and by habits alone where none can be used."""

import logging
from datetime import datetime, timedelta

from models import habits
from models.actions_lesson import model_in
from models.manifest import ModelVersion
from models.next_action import NextActionModel
from models.registry import ModelKind, Registry
from precompute.errors import ModelNotTrained
from precompute.history import History
from precompute.prediction import PredictedAction, Prediction

_log = logging.getLogger(__name__)

MOST_TOLD = habits.MOST_TOLD

NOISE = 0.005
"""What is less probable is not told."""

LOOK_AGAIN = timedelta(minutes=1)
"""After this long a model that could not be used is tried again: reading a damaged file for each question is slow."""


class Predictor:
    """Predicts with the actions model that is in use; one for each process, which loads the model once.

    Another one that is promoted, by whichever process, is in use from the next prediction on.

    Args:
        registry: Of the models.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._without: datetime | None = None

    def __call__(self, history: History, *, at: datetime) -> Prediction:
        """What a user does next, from what they did until ``at``."""
        found = self._found(at)
        if found is None:
            return habits.predict(history, at=at)
        version, model = found
        chances = model.distribution(history.steps, at=at, utc_offset=history.utc_offset(at=at))
        likeliest = sorted(chances.items(), key=lambda guess: (-guess[1], guess[0]))[:MOST_TOLD]
        told = tuple(PredictedAction(action=name, probability=share) for name, share in likeliest if share >= NOISE)
        return Prediction(actions=told, model_version=version.version, trained_at=version.trained_at)

    def _found(self, at: datetime) -> tuple[ModelVersion, NextActionModel] | None:
        if self._without is not None and self._without - LOOK_AGAIN <= at < self._without:
            return None
        try:
            loaded = self._registry.current(ModelKind.ACTIONS)
        except ModelNotTrained as problem:
            self._do_without(at, code=problem.code, reason=problem.message)
            return None
        model = model_in(loaded.model)
        if model is None:
            reason = f"{loaded.version.version} was written by another version of this service"
            self._do_without(at, code="model_of_another_version", reason=reason)
            return None
        return loaded.version, model

    def _do_without(self, at: datetime, *, code: str, reason: str) -> None:
        self._without = at + LOOK_AGAIN
        extra = {"action": "model_refused", "kind": ModelKind.ACTIONS, "code": code, "reason": reason}
        _log.warning("Predicting by habits alone", extra=extra)
