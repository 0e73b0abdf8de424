"""Predictions by the model in use, and by habits alone where none can be used."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

from models import habits
from models.everybody import Basis, Everybody
from models.manifest import ModelVersion
from models.next_action import learned_until_of, model_in
from models.population import Population
from models.registry import ModelKind, Registry
from precompute.errors import ModelNotTrained
from precompute.history import History
from precompute.prediction import PredictedAction, Prediction

_log = logging.getLogger(__name__)

MOST_TOLD = habits.MOST_TOLD

NOISE = 0.005
"""What is less probable is not told."""

AT_ONCE = 100
"""Users who are told of together: a hundredth of a second, during which nobody else learns."""

LOOK_AGAIN = timedelta(minutes=1)
"""After this long a model that could not be used is tried again: reading a damaged file for each question is slow."""


class Predictor:
    """Predicts with the actions model that is in use; one for each process, which loads the model once.

    Another one that is promoted, by whichever process, is in use from the next prediction on.

    Args:
        registry: Of the models.
        everybody: What all users did up to now; without it, they are known as of the training.
    """

    def __init__(self, registry: Registry, *, everybody: Everybody | None = None) -> None:
        self._registry = registry
        self._everybody = everybody
        self._without: datetime | None = None

    def __call__(self, histories: Sequence[History], *, at: datetime) -> list[Prediction]:
        """What each of some users does next, from what they did until ``at``."""
        found = self._found(at)
        if found is None:
            return habits.predict_each(histories, at=at)
        version, basis = found
        told: list[Prediction] = []
        for place in range(0, len(histories), AT_ONCE):
            few = histories[place : place + AT_ONCE]
            with self._everybody_until_now(basis, at=at) as population:
                shares = basis.model.distributions(
                    [history.steps for history in few],
                    at=at,
                    utc_offsets=[history.utc_offset(at=at) for history in few],
                    population=population,
                )
            told += [_prediction(chances, version) for chances in shares]
        return told

    def _everybody_until_now(self, basis: Basis, *, at: datetime) -> AbstractContextManager[Population | None]:
        return nullcontext() if self._everybody is None else self._everybody.until_now(basis, at=at)

    def _found(self, at: datetime) -> tuple[ModelVersion, Basis] | None:
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
        learned_until = learned_until_of(loaded.model)
        return loaded.version, Basis(version=loaded.version.version, model=model, learned_until=learned_until)

    def _do_without(self, at: datetime, *, code: str, reason: str) -> None:
        self._without = at + LOOK_AGAIN
        extra = {"action": "model_refused", "kind": ModelKind.ACTIONS, "code": code, "reason": reason}
        _log.warning("Predicting by habits alone", extra=extra)


def _prediction(chances: Mapping[str, float], version: ModelVersion) -> Prediction:
    likeliest = sorted(chances.items(), key=lambda guess: (-guess[1], guess[0]))[:MOST_TOLD]
    told = tuple(PredictedAction(action=name, probability=share) for name, share in likeliest if share >= NOISE)
    return Prediction(actions=told, model_version=version.version, trained_at=version.trained_at)
