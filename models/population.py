"""What everybody does: Markov chains of all users' actions, the latest weighing most, kept up with each action."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.chains import Floats, smoothed
from models.windows import NONE, Windows

PAUSES_S = (60.0, 180.0, 600.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0, 259_200.0, 604_800.0)
"""Edges between short and long pauses, in seconds: from the same minute to more than a week."""

DECAY = np.array([0.999, 0.995, 0.995, 0.98] + [0.98] * 6, np.float32)[:, None]
"""What each time in a context leaves of the weight of the times before, by kind of context."""

MOST_CONTEXTS = 20_000
"""Kept in a model; the rarest are left out."""

_WITH_PAUSE, _WITH_EARLIER_PAUSE = [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 7, 8, 9]


def contexts(known: Windows, *, moment: Floats) -> NDArray[np.int64]:
    """The contexts in which something is done, as numbers.

    They are: nothing; the last one, two, three actions; these with the pause before this moment; these with the pause
    before the last action.

    Args:
        known: Of each user.
        moment: (n,) seconds since 1970 when it is done.

    Returns:
        (n, 10) int64
    """
    codes = known.actions[:, :3].astype(np.int64) - NONE
    one = codes[:, 0]
    two = one << 16 | codes[:, 1]
    three = two << 16 | codes[:, 2]
    after = np.stack([one, two, three], axis=1)
    here, nowhere = known.known, len(PAUSES_S) + 1
    pause = np.where(here[:, 0], np.digitize(moment - known.at[:, 0], PAUSES_S), nowhere)
    earlier = np.where(here[:, 1], np.digitize(known.at[:, 0] - known.at[:, 1], PAUSES_S), nowhere)
    paused = [after | (steps.astype(np.int64) << 48)[:, None] for steps in (pause, earlier)]
    keys = np.concatenate([np.zeros_like(after[:, :1]), after, *paused], axis=1)
    return np.asarray(keys | np.arange(keys.shape[1]) << 56, np.int64)


@dataclass(slots=True, eq=False)
class Population:
    """What followed each context among all users.

    Attributes:
        rows: Where each context stands in ``counts``.
        counts: (n_contexts, kinds) float32, weights of what followed.
    """

    rows: dict[int, int] = field(default_factory=dict)
    counts: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1), np.float32))

    def without_rare(self) -> "Population":
        """A copy with the contexts met most often, to be kept."""
        weights = self.counts.sum(axis=1)
        most = sorted(self.rows.items(), key=lambda item: -weights[item[1]])[:MOST_CONTEXTS]
        counts = np.concatenate([self.counts[:1], self.counts[[row for _, row in most]]])
        return Population({key: number for number, (key, _) in enumerate(most, start=1)}, counts)

    def grown(self, kinds: int) -> "Population":
        """A copy that can count ``kinds`` actions."""
        counts = np.zeros((len(self.counts), kinds), np.float32)
        counts[:, : self.counts.shape[1]] = self.counts
        return Population(dict(self.rows), counts)

    def find(self, keys: NDArray[np.int64], *, kinds: int) -> NDArray[np.float32]:
        """What has followed each of some contexts.

        Args:
            keys: (n, 10), from :func:`contexts`.
            kinds: Of actions; those that are not counted here have none.

        Returns:
            (n, 10, kinds), zeros for contexts not met.
        """
        rows = np.array([self.rows.get(key, 0) for key in keys.ravel().tolist()], np.intp).reshape(keys.shape)
        found = np.zeros((*keys.shape, kinds), np.float32)
        found[:, :, : self.counts.shape[1]] = self.counts[rows, :kinds]
        return found

    def follow(self, keys: NDArray[np.int64], actions: Sequence[int]) -> NDArray[np.float32]:
        """As :meth:`find`, but each event is learned from before the next is asked.

        Args:
            keys: (n, 10) contexts of the events, in their order.
            actions: (n,) what was done.
        """
        found = np.empty((*keys.shape, self.counts.shape[1]), np.float32)
        rows = self._rows(keys)
        counts = self.counts
        for event, (here, action) in enumerate(zip(rows, actions, strict=True)):
            before = counts[here]
            found[event] = before
            before *= DECAY
            before[:, action] += 1
            counts[here] = before
        return found

    def _rows(self, keys: NDArray[np.int64]) -> NDArray[np.intp]:
        unique, inverse = np.unique(keys, return_inverse=True)
        # Row 0 stands for all contexts not met, and stays empty.
        rows = np.array([self.rows.setdefault(key, len(self.rows) + 1) for key in unique.tolist()], np.intp)
        if len(self.rows) + 1 > len(self.counts):
            larger = np.zeros((2 * len(self.rows) + 2, self.counts.shape[1]), np.float32)
            larger[: len(self.counts)] = self.counts
            self.counts = larger
        return rows[inverse].reshape(keys.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What the population says, each (n, kinds): by nothing, by one to three actions, by these and the pause."""

    anything: Floats
    after: tuple[Floats, Floats, Floats]
    after_pause: tuple[Floats, Floats, Floats]
    times: Floats


def told_by(found: NDArray[np.float32], known: Windows) -> Told:
    """Smoothed probabilities by what was found.

    Args:
        found: (n, 10, kinds)
        known: Says which pause may be used: before this moment, or only before the last action.
    """
    columns = np.where(known.acts_now[:, None], _WITH_PAUSE, _WITH_EARLIER_PAUSE)
    counts = np.take_along_axis(found, columns[:, :, None], axis=1).astype(np.float64)
    seen = counts[:, 0] > 0
    total = counts[:, 0].sum(axis=1, keepdims=True)
    different = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    anything = (counts[:, 0] + 0.1 * seen) / np.maximum(total + 0.1 * different, 0.1)
    one = smoothed(counts[:, 1], anything)
    two = smoothed(counts[:, 2], one)
    three = smoothed(counts[:, 3], two)
    one_paused = smoothed(counts[:, 4], one)
    two_paused = smoothed(counts[:, 5], one_paused)
    three_paused = smoothed(counts[:, 6], two_paused)
    return Told(
        anything=anything,
        after=(one, two, three),
        after_pause=(one_paused, two_paused, three_paused),
        times=counts.sum(axis=2),
    )
