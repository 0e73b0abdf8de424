"""What else tells the next action: the rivals of ``benchmarks/next_action.py``, under one interface."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from models.behaviour import Log
from models.chains import agreement, followers, smoothed
from models.next_action_features import DAY_S, NEVER_S, in_session
from models.next_action_fit import fit
from models.windows import LONGEST, Windows, windows_of

Shares = NDArray[np.float64]

Rival = Callable[..., Shares]
"""``rival(log, cut, acts_now=...)``: (len(log) - cut, n_names) told of the events from ``cut`` on, after training on
those before; of a user, what they did before each event is known as well."""

EVENTS = 4096


def windows(log: Log, *, start: int, acts_now: bool) -> Windows:
    """What is known before each event from ``start`` on, in one piece."""
    parts = [known for _, known in windows_of(log, rows=EVENTS, acts_now=acts_now, start=start)]
    names = ("actions", "at", "now", "acts_now", "utc_offset")
    return Windows(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def ours(log: Log, cut: int, *, acts_now: bool, learns: bool = True) -> Shares:
    """The model of the project; ``learns`` as in ``NextActionModel.follow``."""
    return ours_both(log, cut, moments=(acts_now,), learns=(learns,))[acts_now, learns]


def ours_both(
    log: Log, cut: int, *, moments: Sequence[bool], learns: Sequence[bool]
) -> Mapping[tuple[bool, bool], Shares]:
    """The same for several ways of asking, by one training."""
    model = fit(log[:cut], report=lambda step, share: None)
    columns = {name: number for number, name in enumerate(model.columns(log))}
    picked = [columns[name] for name in log.names]
    return {
        (acts_now, kept_up): model.follow(log, start=cut, acts_now=acts_now, learns=kept_up)[:, picked].astype(float)
        for acts_now in moments
        for kept_up in learns
    }


def most_frequent(log: Log, cut: int, *, acts_now: bool) -> Shares:
    """How often each action came in training."""
    counts = np.bincount(log.actions[:cut], minlength=len(log.names))
    return np.tile(counts / cut, (len(log) - cut, 1))


def markov(order: int) -> Rival:
    """A chain of all users as of the training; after a context never met, the next shorter one."""

    def told(log: Log, cut: int, *, acts_now: bool) -> Shares:
        known = windows(log, start=0, acts_now=acts_now).actions[:, :order]
        return _backed_off(known, log, cut)

    return told


def _backed_off(known: NDArray[np.int32], log: Log, cut: int) -> Shares:
    shares = np.tile(np.bincount(log.actions[:cut], minlength=len(log.names)) / cut, (len(log) - cut, 1))
    for order in range(1, known.shape[1] + 1):
        _, context = np.unique(known[:, :order], axis=0, return_inverse=True)
        table = np.zeros((context.max() + 1, len(log.names)))
        np.add.at(table, (context[:cut], log.actions[:cut]), 1)
        counts = table[context[cut:]]
        total = counts.sum(axis=1, keepdims=True)
        shares = np.where(total > 0, counts / np.maximum(total, 1), shares)
    return shares


def user_markov(log: Log, cut: int, *, acts_now: bool) -> Shares:
    """The user's own chains of orders 1 to 3, updated with each action, on top of Markov 3 of all users."""
    known = windows(log, start=cut, acts_now=acts_now)
    shares = markov(3)(log, cut, acts_now=acts_now)
    length = agreement(known, longest=3)
    for order in (1, 2, 3):
        shares = smoothed(followers(known, (length >= order) * 1.0, kinds=len(log.names)), shares)
    return shares


def _five(known: Windows) -> NDArray[np.float64]:
    local = known.now + known.utc_offset
    session = in_session(known)
    count = session.sum(axis=1)
    start = np.take_along_axis(known.at, np.maximum(count - 1, 0)[:, None], axis=1)[:, 0]
    today = known.known & (known.at // DAY_S == known.now[:, None] // DAY_S)
    duration = np.where(count > 0, known.now - start, 0.0)
    columns = (local % DAY_S // 3600, local // DAY_S % 7, known.actions[:, 0], today.sum(axis=1), duration)
    return np.stack(columns, axis=1).astype(np.float64)


def _extended(known: Windows, *, kinds: int) -> NDArray[np.float64]:
    gaps = np.where(
        known.known[:, :3], np.concatenate([known.now[:, None], known.at[:, :2]], axis=1) - known.at[:, :3], NEVER_S
    )
    counts = followers(known, np.ones((len(known), LONGEST)), kinds=kinds)
    often = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.concatenate([_five(known), known.actions[:, 1:3], gaps, counts.sum(axis=1, keepdims=True), often], axis=1)


def _by_classifier(
    make: Callable[[], RandomForestClassifier | HistGradientBoostingClassifier], *, extended: bool
) -> Rival:
    def told(log: Log, cut: int, *, acts_now: bool) -> Shares:
        known = windows(log, start=0, acts_now=acts_now)
        seen = _extended(known, kinds=len(log.names)) if extended else _five(known)
        classifier = make().fit(seen[:cut], log.actions[:cut])
        shares = np.zeros((len(log) - cut, len(log.names)))
        shares[:, classifier.classes_] = classifier.predict_proba(seen[cut:])
        return shares

    return told


def _forest() -> RandomForestClassifier:
    return RandomForestClassifier(100, min_samples_leaf=5, random_state=0, n_jobs=1)


def _boosting() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(learning_rate=0.06, max_iter=100, early_stopping=True, random_state=0)


RIVALS: Mapping[str, Rival] = {
    "most frequent": most_frequent,
    "Markov 1": markov(1),
    "Markov 2, back-off": markov(2),
    "Markov 3, back-off": markov(3),
    "user's own Markov, online, on Markov 3": user_markov,
    "forest, five features": _by_classifier(_forest, extended=False),
    "forest, extended features": _by_classifier(_forest, extended=True),
    "HistGradientBoosting, extended features": _by_classifier(_boosting, extended=True),
}
