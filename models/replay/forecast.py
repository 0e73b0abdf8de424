"""What a model would have expected after each event of a log, told by what was known then and no more."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log
from models.lesson import Report
from models.next_action import NextActionModel, countable
from models.next_action_fit import fit
from models.windows import LONGEST

MOST_TAUGHT = 20_000
"""A model is trained on so many of the latest events, which takes it half a minute; what each user did before is still
looked back at when it predicts."""

_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """Actions expected next, after each event of a log; only those worth keeping.

    Attributes:
        starts: (n + 1,) where the expectations of each event begin in the two others.
        actions: Index into the log's names; of one event likeliest first.
        probabilities: Of each.
    """

    starts: list[int]
    actions: list[int]
    probabilities: list[float]


def walk_forward(log: Log, *, least: float, warm_up: float, retrains: int, seed: int = 0, report: Report) -> Forecast:
    """By models trained ``retrains`` times along the log, each on what came before it and used until the next.

    After events that are not :func:`models.next_action.countable` nothing is expected.

    Args:
        log: In the order of time.
        least: Expectations less probable than this are left out.
        warm_up: Share of the log before the first training; nothing is expected there.
        retrains: How often a model is trained from there on, evenly over the events.
        seed: Of everything drawn at random.
        report: Told of each step.
    """
    first = round(len(log) * warm_up)
    cuts = np.linspace(first, len(log), retrains + 1).round().astype(int)
    asked, places = _countable(log)
    cuts = np.searchsorted(places, cuts)
    spans = [(start, end) for start, end in pairwise(cuts.tolist()) if 0 < start < end]

    def told() -> Iterator[tuple[slice, NDArray[np.float32]]]:
        for place, (start, end) in enumerate(spans):
            report(f"training {place + 1} of {len(spans)}", place / len(spans))
            model = fit(asked[max(0, start - MOST_TAUGHT) : start], seed=seed, report=_silent)
            report(f"predicting {place + 1} of {len(spans)}", (place + 0.5) / len(spans))
            yield from _expected(model, asked, start=start, end=end)

    return _collected(told(), log, least=least)


def by_one(model: NextActionModel, log: Log, *, least: float, report: Report) -> Forecast:
    """By one model throughout, as the service would with the one in use and no retraining."""
    report("predicting", 0.0)
    asked, places = _countable(log)
    return _collected(_expected(model, asked, start=0, end=len(places)), log, least=least)


def _countable(log: Log) -> tuple[Log, NDArray[np.intp]]:
    """What models are taught and asked of a log, and where it stands there."""
    places = np.flatnonzero(countable(log))
    return log[places].with_names_that_occur(), places


def _silent(step: str, share: float) -> None:
    return None


def _expected(model: NextActionModel, log: Log, *, start: int, end: int) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """(n, n_names) after each event of a span, some at a time."""
    columns = {name: place for place, name in enumerate(model.columns(log))}
    picked = [columns[name] for name in log.names]
    for begin in range(start, end, _AT_ONCE):
        until = min(begin + _AT_ONCE, end)
        rows = _with_history(log, begin, until)
        asked = _asked_after(log[rows])
        first = len(rows) - (until - begin)
        told = model.follow(asked, learns=False, start=first)[:, picked]
        after = _next_of_user(asked)[first : len(rows)]
        yield slice(begin, until), told[after - first]


def _with_history(log: Log, begin: int, until: int) -> NDArray[np.intp]:
    """Rows of a span, after the rows before it that its users' predictions look back at."""
    present = np.zeros(int(log.users.max()) + 1, bool)
    present[log.users[begin:until]] = True
    earlier = np.nonzero(present[log.users[:begin]])[0]
    order = np.argsort(log.users[earlier], kind="stable")
    users = log.users[earlier][order]
    ends = np.searchsorted(users, users, side="right")
    latest = earlier[order[ends - np.arange(len(users)) <= LONGEST]]
    return np.concatenate([np.sort(latest), np.arange(begin, until)])


def _asked_after(log: Log) -> Log:
    """The log and one event more of each user, so that it is asked what comes after their last one, too."""
    _, last = np.unique(log.users[::-1], return_index=True)
    last = len(log) - 1 - last
    rows = np.concatenate([np.arange(len(log)), last])
    return log[rows]


def _next_of_user(log: Log) -> NDArray[np.intp]:
    """(n,) where each event's successor of the same user stands; of the last ones 0."""
    order = np.argsort(log.users, kind="stable")
    after = np.zeros(len(log), np.intp)
    same = log.users[order][1:] == log.users[order][:-1]
    after[order[:-1][same]] = order[1:][same]
    return after


def _collected(told: Iterator[tuple[slice, NDArray[np.float32]]], log: Log, *, least: float) -> Forecast:
    asked, places = _countable(log)
    numbers = np.array([log.names.index(name) for name in asked.names], np.intp)
    counts = np.zeros(len(log), np.intp)
    actions: list[int] = []
    probabilities: list[float] = []
    for span, shares in told:
        order = np.argsort(-shares, axis=1, kind="stable")
        sorted_shares = np.take_along_axis(shares, order, axis=1)
        kept = sorted_shares > least
        counts[places[span]] = kept.sum(axis=1)
        actions += numbers[order[kept]].tolist()
        probabilities += sorted_shares[kept].tolist()
    starts = np.concatenate([[0], np.cumsum(counts)]).tolist()
    return Forecast(starts=starts, actions=actions, probabilities=probabilities)
