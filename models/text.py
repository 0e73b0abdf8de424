"""How much better than its rivals a headline is expected to do, told from its words alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.sentences import sentence_model

INTERVAL = 1.2816
"""Standard deviations to either side that hold 80 % of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextScore:
    """What is expected of one text among its rivals.

    Attributes:
        log_ratio: Natural logarithm of its CTR over the (geometric) mean CTR of the group it was scored with.
        deviation: Standard deviation of the true log ratio around that; what outcomes are weighed against.
    """

    log_ratio: float
    deviation: float

    @property
    def ratio(self) -> float:
        """Expected CTR as a multiple of the group's mean."""
        return float(np.exp(self.log_ratio))

    @property
    def low(self) -> float:
        """Lower end of the 80 % interval of the ratio."""
        return float(np.exp(self.log_ratio - INTERVAL * self.deviation))

    @property
    def high(self) -> float:
        """Upper end of the 80 % interval of the ratio."""
        return float(np.exp(self.log_ratio + INTERVAL * self.deviation))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextModel:
    """A linear reading of the sentence model's middle layers.

    Attributes:
        weights: (3 * 384,) log CTR for each unit of the style vector.
        scale: (3 * 384,) by which the style vector is divided before the ridge penalty is applied; kept for retraining.
        deviation: Of a headline's true log CTR within its group from what the words say, measured on tests that were
            left out of training.
    """

    weights: NDArray[np.float64]
    scale: NDArray[np.float64]
    deviation: float

    def raw(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log CTR up to a constant, (n_texts,); only differences mean something."""
        return np.asarray(sentence_model().read(texts).style.astype(np.float64) @ self.weights, np.float64)

    def score(self, texts: Sequence[str]) -> tuple[TextScore, ...]:
        """Each text's expected CTR relative to the mean of ``texts``, in their order.

        It was learned from English headlines of one publisher. Elsewhere it hardly beats chance (on political ads it
        picked .526 of the winners), so outcomes must overrule it: the log ratio is the mean, ``deviation`` the standard
        deviation of the prior that they are weighed against.
        """
        if not texts:
            return ()
        raw = self.raw(texts)
        return tuple(TextScore(log_ratio=float(log), deviation=self.deviation) for log in raw - raw.mean())
