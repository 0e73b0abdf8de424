"""What a user will probably do next, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from precompute.chronicle import News, Place
from precompute.clock import iso
from precompute.history import History

HIGH = 0.7
"""From this probability on, a prediction is told with high confidence."""

MEDIUM = 0.5
"""From this probability on with medium confidence, below it with low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedAction:
    """Something a user may do next; ``probability`` is 0 to 1."""

    action: str
    probability: float

    @property
    def confidence(self) -> str:
        """``high``, ``medium`` or ``low``."""
        return "high" if self.probability >= HIGH else "medium" if self.probability >= MEDIUM else "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A user's probable next actions, and who says so.

    Attributes:
        actions: Likeliest first; their probabilities add up to at most 1.
        model_version: Of the model.
        trained_at: None for a model that learns from each user's own actions as they come.
        at_login: The user has just logged in, and has been told of these.
    """

    actions: tuple[PredictedAction, ...]
    model_version: str
    trained_at: datetime | None = None
    at_login: bool = False

    def told(self) -> Mapping[str, Any]:
        """As it is served: the actions, and the model beside them."""
        trained_at = None if self.trained_at is None else iso(self.trained_at)
        return {
            "predicted_actions": self.actions,
            "model": {"version": self.model_version, "trained_at": trained_at},
        }


class Predict(Protocol):
    """A model of behaviour."""

    def __call__(self, histories: Sequence[History], *, at: datetime) -> Sequence[Prediction]:
        """What each of some users does next, in their order, from what they did until ``at``, which is now."""


class Listener(Protocol):
    """Whoever wants to know what everybody does."""

    @property
    def place(self) -> Place | None:
        """Up to where in the chronicle all was heard; None: nothing is wanted now."""

    def hear(self, news: News) -> None:
        """Take what was done since a place; several threads may tell the same."""
