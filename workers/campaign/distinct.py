"""Fifty texts out of many, no two of which say the same."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.sentences import WIDTH, sentence_model
from workers.campaign.writing import Draft

VARIANTS = 50
"""How many texts a campaign gets."""

TOO_CLOSE = 0.92
"""Two headlines whose sentence vectors have a higher cosine say the same. The promise is 0.95; the rest is for the
rounding of the model that runs here (int8)."""

_LOOKED_AT_FIRST = 5


def chosen(given: Sequence[Draft], *, more: Mapping[str, Sequence[Draft]], wanted: int = VARIANTS) -> list[Draft]:
    """``given`` without repetitions, filled up to ``wanted`` so that every angle is used.

    Args:
        given: Taken first, in their order; but angles that they leave out get a place before they fill all.
        more: Drafts by angle, best first; the angles take turns, those that have least first.
        wanted: How many there shall be.
    """
    likely = [draft.headline for drafts in more.values() for draft in drafts[:_LOOKED_AT_FIRST]]
    crowd = _Crowd([draft.headline for draft in given] + likely)
    room = wanted - len(set(more) - {draft.angle for draft in given})
    kept: list[Draft] = []
    for draft in given:
        if len(kept) < room and crowd.takes(draft.headline):
            kept.append(draft)
    queues = {angle: list(drafts) for angle, drafts in more.items()}
    used = {angle: sum(draft.angle == angle for draft in kept) for angle in more}
    while len(kept) < wanted and any(queues.values()):
        angle = min((angle for angle in more if queues[angle]), key=lambda one: used[one])
        draft = queues[angle].pop(0)
        if crowd.takes(draft.headline):
            kept.append(draft)
            used[angle] += 1
    return kept


class _Crowd:
    """Headlines that were taken.

    Args:
        soon: Will be asked about; read together, as that is faster.
    """

    def __init__(self, soon: Sequence[str]) -> None:
        sentence_model().read(soon)
        self._words: set[str] = set()
        self._vectors: NDArray[np.float32] = np.empty((0, WIDTH), np.float32)

    def takes(self, headline: str) -> bool:
        """Whether ``headline`` is unlike all that were taken; then it is one of them."""
        vector = sentence_model().read([headline]).meaning
        if headline.casefold() in self._words or (self._vectors @ vector[0] > TOO_CLOSE).any():
            return False
        self._words.add(headline.casefold())
        self._vectors = np.concatenate([self._vectors, vector])
        return True
