"""What one training found, and when it is better than what is in use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.manifest import Lineage
from precompute.errors import ModelNotTrained

Losses = NDArray[np.float64]

Report = Callable[[str, float], None]
"""Told what is done next, and which share of all is done (0 to 1)."""

STANDARD_ERRORS = 1.0
"""By so many standard errors the new model must be better; with two that are alike, one in six passes by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A newly trained model beside the one in use, both held against a time that neither has seen.

    Attributes:
        model: To publish.
        lineage: Where it comes from.
        new: What the new model got wrong on each held-out case, (n_cases,); less is better.
        current: The same of what is in use, case by case.
    """

    model: Any
    lineage: Lineage
    new: Losses
    current: Losses

    @property
    def is_better(self) -> bool:
        """Whether it is to be used (:func:`beats`)."""
        return beats(self.new, self.current)


def beats(new: Losses, current: Losses) -> bool:
    """Whether ``new`` is less than ``current`` by more than chance among these cases would give.

    The gain of each case is taken on its own (a paired comparison), since some cases are hard for every model.
    """
    gain = current - new
    if len(gain) < 2:
        return False
    return bool(gain.mean() > STANDARD_ERRORS * gain.std(ddof=1) / len(gain) ** 0.5)


def too_few(kind: str, *, have: int, needed: int, what: str, code: str = "too_few_outcomes") -> ModelNotTrained:
    """Says what is missing, for the caller to raise.

    Args:
        kind: Of model.
        have: How many there are.
        needed: How many there must be.
        what: Is counted.
        code: Of the error.
    """
    return ModelNotTrained(f"{kind}: {have} of the {needed} {what} that are needed", code=code)
