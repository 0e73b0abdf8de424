"""Predictions by the model in use, and by habits alone where none can be used."""

import logging
import threading
from datetime import datetime, timedelta

from models import habits
from models.registry import LoadedModel, ModelKind, Registry
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
        self._without_until: datetime | None = None
        self._lock = threading.Lock()

    def __call__(self, history: History, *, at: datetime) -> Prediction:
        """What a user does next, from what they did until ``at``."""
        loaded = self._model(at)
        if loaded is None:
            return habits.predict(history, at=at)
        chances = loaded.model.distribution(history.steps, at=at, utc_offset=history.utc_offset(at=at))
        likeliest = sorted(chances.items(), key=lambda guess: (-guess[1], guess[0]))[:MOST_TOLD]
        told = tuple(PredictedAction(action=name, probability=share) for name, share in likeliest if share >= NOISE)
        return Prediction(actions=told, model_version=loaded.version.version, trained_at=loaded.version.trained_at)

    def _model(self, at: datetime) -> LoadedModel | None:
        without = self._without_until
        if without is not None and without - LOOK_AGAIN <= at < without:
            return None
        try:
            return self._registry.current(ModelKind.ACTIONS)
        except ModelNotTrained as problem:
            with self._lock:
                self._without_until = at + LOOK_AGAIN
            extra = {"action": "model_refused", "kind": ModelKind.ACTIONS, "code": problem.code}
            _log.warning("Predicting by habits alone", extra=extra | {"reason": problem.message})
            return None
