"""What everybody does: Markov chains of all users' actions, the latest weighing most, kept up with each action."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from models.chains import Floats, runs, smoothed
from models.windows import LONGEST, NONE, Windows, window_of_each
from precompute.history import Step

PAUSES_S = (60.0, 180.0, 600.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0, 259_200.0, 604_800.0)
"""Edges between short and long pauses, in seconds: from the same minute to more than a week."""

_BARE, _RUNS, _PAUSED, _EARLIER, _LATELY = slice(0, 4), slice(4, 5), slice(5, 8), slice(8, 11), slice(11, 16)
"""Columns of :func:`contexts`."""

DECAY = np.array([0.999, 0.995, 0.995] + [0.98] * 8 + [0.95] + [0.8] * 4, np.float32)[:, None]
"""What each time in a context leaves of the weight of the times before, by column: the last five forget fast."""

MOST_CONTEXTS = 20_000
"""Kept in a model; the rarest are left out."""

MOST_ACTIONS = 256
"""Names that are counted at most, in a training the most common ones, and with those since: whoever reports a name that
never was each time must not fill the memory. What is left out is still known of its user."""

EACH = 2_000
"""With as many actions the rarest contexts are dropped. At fixed numbers of what is gone through, so that all processes
keep the same."""


def contexts(known: Windows, *, moment: Floats) -> NDArray[np.int64]:
    """The contexts in which something is done, as numbers.

    They are: nothing; the last one, two, three actions; the last three runs of one action; the last one, two, three
    actions with the pause before this moment; the same with the pause before the last action; then what is to be
    forgotten fast: nothing, the last one, the last two, the last one with either pause.

    Args:
        known: Of each user.
        moment: (n,) seconds since 1970 when it is done.

    Returns:
        (n, 16) int64
    """
    one, two, three = (_joined(known.actions[:, :length]) for length in (1, 2, 3))
    nothing, after = np.zeros_like(one), np.stack([one, two, three], axis=1)
    here, nowhere = known.known, len(PAUSES_S) + 1
    pause = np.where(here[:, 0], np.digitize(moment - known.at[:, 0], PAUSES_S), nowhere).astype(np.int64) << 48
    between = known.at[:, 0] - known.at[:, 1]
    earlier = np.where(here[:, 1], np.digitize(between, PAUSES_S), nowhere).astype(np.int64) << 48
    steady = np.column_stack([nothing, after, _joined(runs(known, longest=3))])
    paused = np.column_stack([after | pause[:, None], after | earlier[:, None]])
    keys = np.column_stack([steady, paused, nothing, one, two, one | pause, one | earlier])
    return np.asarray(keys | np.arange(keys.shape[1]) << 56, np.int64)


def _joined(actions: NDArray[np.int32]) -> NDArray[np.int64]:
    joined = np.zeros(len(actions), np.int64)
    for column in actions.T:
        joined = joined << 16 | (column.astype(np.int64) - NONE)
    return joined


@dataclass(slots=True, eq=False)
class Population:
    """What followed each context among all users.

    Attributes:
        actions: Names of what is counted.
        rows: Where each context stands in ``counts``; row 0 is nobody's, and empty.
        counts: (n_contexts, kinds) float32, weights of what followed.
        waiting: Contexts, action and instant of what is not counted yet (:meth:`follow`).
    """

    actions: tuple[str, ...] = ()
    rows: dict[int, int] = field(default_factory=dict)
    counts: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    waiting: list[tuple[NDArray[np.intp], int, float]] = field(default_factory=list)

    def grown(self, names: Iterable[str]) -> "Population":
        """A copy that counts actions of ``names``, too; they come after those that are counted already."""
        actions = tuple(dict.fromkeys((*self.actions, *names)))
        counts = np.zeros((len(self.counts), max(1, len(actions))), np.float32)
        counts[:, : len(self.actions)] = self.counts[:, : len(self.actions)]
        return Population(actions, dict(self.rows), counts, list(self.waiting))

    def learn(self, history: Sequence[Step], *, action: str, at: datetime) -> None:
        """Count one action more: :meth:`learn_each` for one."""
        self.learn_each([(history, action, at)])

    def learn_each(self, done: Sequence[tuple[Sequence[Step], str, datetime]]) -> None:
        """Count some actions more, by whom they may be, in their order.

        Of names that are not counted yet only so many are taken in that there are no more than :data:`MOST_ACTIONS`;
        an action that has to do with others is left out.

        Args:
            done: What the user did before, in the order accepted, oldest first; what was done; and when.
        """
        numbers = {name: number for number, name in enumerate(self.actions)}
        kept = [one for one in done if _taken_in(one, numbers)]
        if not kept:
            return
        if len(numbers) > len(self.actions):
            grown = self.grown(numbers)
            self.actions, self.counts = grown.actions, grown.counts
        known = window_of_each(
            [history for history, _, _ in kept],
            at=[at for _, _, at in kept],
            utc_offsets=[None] * len(kept),
            numbers=numbers,
            width=max(3, *(min(len(history), LONGEST) for history, _, _ in kept)),
        )
        moments = np.array([at.timestamp() for _, _, at in kept])
        self.follow(contexts(known, moment=moments), [numbers[action] for _, action, _ in kept], moments.tolist())

    def settle(self, moment: float) -> None:
        """Count what waits for its instant to be over, as it is at another one, in seconds since 1970."""
        if self.waiting and self.waiting[-1][2] != moment:
            self._count()

    def without_rare(self) -> "Population":
        """A copy with the contexts met most often and all counted, to be kept."""
        self._count()
        keys = np.fromiter(self.rows, np.int64, len(self.rows))
        places = np.fromiter(self.rows.values(), np.intp, len(self.rows))
        # Of contexts met as often those with the lesser numbers, so that all processes keep the same.
        most = np.lexsort((keys, -self.counts.sum(axis=1)[places]))[:MOST_CONTEXTS]
        counts = np.concatenate([self.counts[:1], self.counts[places[most]]])
        return Population(self.actions, dict(zip(keys[most].tolist(), range(1, len(most) + 1), strict=True)), counts)

    def find(self, keys: NDArray[np.int64], *, kinds: int, live: bool) -> NDArray[np.float32]:
        """What has followed each of some contexts.

        Args:
            keys: (n, 16), from :func:`contexts`.
            kinds: Of actions; those that are not counted here have none.
            live: Whether this is kept up with what everybody does; else what was done "lately" is long ago, and is
                left out.

        Returns:
            (n, 16, kinds), zeros for contexts not met.
        """
        rows = np.array([self.rows.get(key, 0) for key in keys.ravel().tolist()], np.intp).reshape(keys.shape)
        if not live:
            rows[:, _LATELY] = 0
        found = np.zeros((*keys.shape, kinds), np.float32)
        found[:, :, : self.counts.shape[1]] = self.counts[rows, :kinds]
        return found

    def follow(self, keys: NDArray[np.int64], actions: Sequence[int], at: Sequence[float]) -> NDArray[np.float32]:
        """As :meth:`find`, but each event is learned from before the next is asked.

        Events of one instant are learned from when it is over: logs that know only minutes do not say which of them
        came first.

        Args:
            keys: (n, 16) of the events, in their order.
            actions: (n,) what was done.
            at: (n,) seconds since 1970.
        """
        found = np.empty((*keys.shape, self.counts.shape[1]), np.float32)
        for event, (here, action, moment) in enumerate(zip(self._rows(keys), actions, at, strict=True)):
            self.settle(moment)
            found[event] = self.counts[here]
            self.waiting.append((here, action, moment))
        return found

    def _count(self) -> None:
        for here, action, _ in self.waiting:
            after = self.counts[here] * DECAY
            after[:, action] += 1
            self.counts[here] = after
        self.waiting.clear()

    def _rows(self, keys: NDArray[np.int64]) -> NDArray[np.intp]:
        unique, inverse = np.unique(keys, return_inverse=True)
        rows = np.array([self.rows.setdefault(key, len(self.rows) + 1) for key in unique.tolist()], np.intp)
        if len(self.rows) + 1 > len(self.counts):
            larger = np.zeros((2 * len(self.rows) + 2, self.counts.shape[1]), np.float32)
            larger[: len(self.counts)] = self.counts
            self.counts = larger
        return rows[inverse].reshape(keys.shape)


def _taken_in(done: tuple[Sequence[Step], str, datetime], numbers: dict[str, int]) -> bool:
    """Whether all names have a number, which new ones get as long as there is room."""
    # In the order in which they were done, so that all processes number them alike.
    names = dict.fromkeys((*(name for name, _ in done[0][-LONGEST:]), done[1]))
    new = [name for name in names if name not in numbers]
    if new and len(numbers) + len(new) > MOST_ACTIONS:
        return False
    for name in new:
        numbers[name] = len(numbers)
    return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What the population says at some moments.

    Attributes:
        shares: By name of the chain, (n, kinds).
        times: (n, 8) how much was seen of the contexts: nothing, one to three actions, runs, one to three and a pause.
        live: Whether the population was kept up.
    """

    shares: dict[str, Floats]
    times: Floats
    live: bool


def told_by(found: NDArray[np.float32], known: Windows, *, live: bool) -> Told:
    """Smoothed probabilities by what was found.

    Args:
        found: (n, 16, kinds)
        known: Says which pause may be used: before this moment, or only before the last action.
        live: As in :meth:`Population.find`.
    """
    now = known.acts_now[:, None, None]
    counts = found.astype(np.float64)
    paused = np.where(now, counts[:, _PAUSED], counts[:, _EARLIER])
    lately = counts[:, _LATELY]
    shares = {"all": _anything(counts[:, 0])}
    shares["all_1"] = smoothed(counts[:, 1], shares["all"])
    shares["all_2"] = smoothed(counts[:, 2], shares["all_1"])
    shares["all_3"] = smoothed(counts[:, 3], shares["all_2"])
    shares["all_runs"] = smoothed(counts[:, 4], shares["all_1"])
    shares["all_paused_1"] = smoothed(paused[:, 0], shares["all_1"])
    shares["all_paused_2"] = smoothed(paused[:, 1], shares["all_paused_1"])
    shares["all_paused_3"] = smoothed(paused[:, 2], shares["all_paused_2"])
    shares["lately"] = smoothed(lately[:, 0], shares["all"])
    shares["lately_1"] = smoothed(lately[:, 1], shares["all_3"])
    shares["lately_2"] = smoothed(lately[:, 2], shares["lately_1"])
    shares["lately_paused"] = smoothed(np.where(now[:, 0], lately[:, 3], lately[:, 4]), shares["all_paused_2"])
    times = np.concatenate([counts[:, :5], paused], axis=1).sum(axis=2)
    return Told(shares=shares, times=times, live=live)


def _anything(counts: Floats) -> Floats:
    """Each action's share of all; a tenth of a time more for each, which is left to what was never seen."""
    seen = counts > 0
    different = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    return np.asarray((counts + 0.1 * seen) / (counts.sum(axis=1, keepdims=True) + 0.1 * different + 0.1))
