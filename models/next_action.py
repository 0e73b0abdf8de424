"""What a user does next: the probability of each action, learned from everybody's log and from this very user's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log
from models.lesson import Report
from models.windows import NONE, Windows, window_of, windows_of

Probabilities = NDArray[np.float32]

ROWS = 2048
"""Events worked on at a time in :meth:`NextActionModel.follow`; bounds its memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NextActionModel:
    """Tells what comes next; plain arrays, to be kept with joblib.

    Attributes:
        actions: Names known from training. Others are told from the user's own history.
        shares: (n_actions,) how often each occurred.
    """

    actions: tuple[str, ...]
    shares: NDArray[np.float64]

    def distribution(
        self, history: Sequence[tuple[str, datetime]], *, at: datetime, utc_offset: timedelta | None = None
    ) -> Mapping[str, float]:
        """The calibrated probability of each action to be this user's next.

        Args:
            history: The user's latest actions (200 are looked at) in the order accepted, oldest first; may be empty.
            at: Now.
            utc_offset: How far the user's clock is ahead of UTC, where known.

        Returns:
            By name, of all ``actions`` and of all in ``history``; they add up to at most 1.
        """
        names = self._with(dict.fromkeys(name for name, _ in history))
        numbers = {name: number for number, name in enumerate(names)}
        known = window_of(history, at=at, utc_offset=utc_offset, numbers=numbers)
        return dict(zip(names, self._told(known, kinds=len(names))[0].tolist(), strict=True))

    def columns(self, log: Log) -> tuple[str, ...]:
        """The names that the columns of :meth:`follow` stand for: ``actions``, then those only in ``log``."""
        return self._with(log.names)

    def follow(self, log: Log) -> Probabilities:
        """What would have been told before each event of a log: of that user, only what came before it.

        Args:
            log: Of many users; each user's events in their own order.

        Returns:
            (n_events, n_columns) float32; the columns are :meth:`columns`.
        """
        names = self.columns(log)
        numbers = np.array([names.index(name) for name in log.names], np.int32)
        told = np.zeros((len(log), len(names)), np.float32)
        for events, known in windows_of(log, actions=numbers[log.actions], rows=ROWS):
            told[events] = self._told(known, kinds=len(names))
        return told

    def _with(self, names: Sequence[str] | Mapping[str, None]) -> tuple[str, ...]:
        known = set(self.actions)
        return self.actions + tuple(name for name in names if name not in known)

    def _told(self, known: Windows, *, kinds: int) -> NDArray[np.float64]:
        shares = np.zeros((len(known), kinds))
        shares[:, : len(self.shares)] = self.shares
        length = np.where(known.actions != NONE, 0, -9)
        for order in range(4):
            # Witten and Bell's smoothing of the user's own chain, on top of the shorter context's
            weight = (length >= order) * 0.98 ** np.arange(known.actions.shape[1])
            cell = np.arange(len(known))[:, None] * (kinds + 1) + known.actions + 1
            counts = np.bincount(cell.ravel(), weight.ravel(), minlength=len(known) * (kinds + 1))
            counts = counts.reshape(len(known), kinds + 1)[:, 1:]
            times, different = counts.sum(axis=1, keepdims=True), (counts > 0).sum(axis=1, keepdims=True)
            shares = np.where(times > 0, (counts + different * shares) / np.maximum(times + different, 1e-9), shares)
            before = np.roll(known.actions, -1 - order, axis=1)
            before[:, -1 - order :] = NONE
            same = (before == known.actions[:, order : order + 1]) & (before != NONE)
            length = length + (same & (length == order))
        return shares


def fit(log: Log, *, seed: int = 0, report: Report) -> NextActionModel:
    """Learn from a log.

    Args:
        log: Of many users, in the order in which it became known.
        seed: Of everything drawn at random.
        report: Told of each step.
    """
    report("counting", 0.0)
    counts = np.bincount(log.actions, minlength=len(log.names)) + 0.5
    report("done", 1.0)
    return NextActionModel(actions=log.names, shares=counts / (counts.sum() + 1))
