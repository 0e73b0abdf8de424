"""What a user does next: the probability of each action, learned from everybody's log and from this very user's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log
from models.chains import Floats
from models.next_action_features import rows_of
from models.next_action_judgement import Judgement
from models.population import EACH, MOST_ACTIONS, Population, Told, contexts, told_by
from models.windows import LONGEST, Windows, window_of_each, windows_of

Probabilities = NDArray[np.float32]

METHOD = "next-action-2"
"""Changes with what :class:`NextActionModel` consists of, so that no version of the service asks another's model."""

EVENTS = 2048
"""Worked on at a time in :meth:`NextActionModel.follow`; bounds its memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NextActionModel:
    """Tells what comes next; to be kept with joblib.

    Attributes:
        actions: Names known from training. Others are told from the user's own history.
        population: What all users did, up to the end of training.
        judgement: Learned; None where there was too little to learn from, then the chains alone tell.
    """

    actions: tuple[str, ...]
    population: Population
    judgement: Judgement | None

    def distribution(
        self,
        history: Sequence[tuple[str, datetime]],
        *,
        at: datetime,
        utc_offset: timedelta | None = None,
        population: Population | None = None,
    ) -> Mapping[str, float]:
        """The calibrated probability of each action to be this user's next.

        Args:
            history: The user's latest actions (200 are looked at) in the order accepted, oldest first; may be empty.
            at: Now.
            utc_offset: How far the user's clock is ahead of UTC, where known.
            population: What all users did up to now, where that is kept: :meth:`Population.grown` from the model's own,
                told of each action by :meth:`Population.learn`. Else the model's own, as of the training.

        Returns:
            By name, of all that are known and of all in ``history``; they add up to at most 1.
        """
        return self.distributions([history], at=at, utc_offsets=[utc_offset], population=population)[0]

    def distributions(
        self,
        histories: Sequence[Sequence[tuple[str, datetime]]],
        *,
        at: datetime,
        utc_offsets: Sequence[timedelta | None],
        population: Population | None = None,
    ) -> list[Mapping[str, float]]:
        """The same of several users at one moment, in their order; a tenth of the time of asking for each of many.

        Args:
            histories: As in :meth:`distribution`, of each.
            at: Now.
            utc_offsets: Of each.
            population: As there.
        """
        live = population is not None
        everybody = population if population is not None else self.population
        if live:
            everybody.settle(at.timestamp())
        own = [dict.fromkeys(name for name, _ in history[-LONGEST:]) for history in histories]
        names = tuple(dict.fromkeys((*everybody.actions, *(name for theirs in own for name in theirs))))
        numbers = {name: number for number, name in enumerate(names)}
        moments = [at] * len(histories)
        known = window_of_each(histories, at=moments, utc_offsets=utc_offsets, numbers=numbers)
        found = everybody.find(contexts(known, moment=known.now), kinds=len(names), live=live)
        shares = self._told(known, told_by(found, known, live=live)).tolist()
        return [
            {name: row[numbers[name]] for name in dict.fromkeys((*everybody.actions, *theirs))}
            for theirs, row in zip(own, shares, strict=True)
        ]

    def population_after(self, log: Log, *, start: int) -> Population:
        """What all users did, told of the events of a log from ``start`` on; those before are known of their users.

        The rarest contexts are dropped with each :data:`EACH` events, as where it is kept up.
        """
        counted = tuple(dict.fromkeys((*self.population.actions, *log.names)))
        everybody = self.population.grown(counted)
        numbered = log.renumbered(everybody.actions)
        for events, _, keys in asked(numbered, acts_now=True, start=start, rows=EACH):
            everybody.follow(keys, numbered.actions[events].tolist(), log.at[events].tolist())
            everybody = everybody.without_rare()
        return everybody

    def columns(self, log: Log) -> tuple[str, ...]:
        """The names that the columns of :meth:`follow` stand for: ``actions``, then those only in ``log``."""
        return tuple(dict.fromkeys((*self.actions, *log.names)))

    def follow(self, log: Log, *, acts_now: bool = False, learns: bool = True, start: int = 0) -> Probabilities:
        """What would have been told before each event of a log: of that user, only what came before it.

        Args:
            log: Of many users; each user's events in their own order.
            acts_now: Ask at the moment of the event. By default it is asked right after the user's action before, when
                nobody knows yet how long the pause will be; a user's first event is always asked for at its moment.
            learns: Whether what all users do is learned from each event before the next is told.
            start: The first event to be told. Those before are known of their users only; what all users did in them
                is part of the model if it was trained on them.

        Returns:
            (n_events - start, n_columns) float32; the columns are :meth:`columns`.
        """
        names = self.columns(log)
        told = np.zeros((len(log) - start, len(names)), np.float32)
        everybody = self.population.grown(names)
        numbered = log.renumbered(names)
        codes = numbered.actions
        for events, known, keys in asked(numbered, acts_now=acts_now, start=start):
            if learns:
                found = everybody.follow(keys, codes[events].tolist(), log.at[events].tolist())
            else:
                found = everybody.find(keys, kinds=len(names), live=False)
            told[events.start - start : events.stop - start] = self._told(known, told_by(found, known, live=learns))
        return told

    def _told(self, known: Windows, told: Told) -> Floats:
        rows = rows_of(known, told)
        if self.judgement is None:
            return rows.chains
        shares = np.empty_like(rows.chains)
        for acts_now in (False, True):
            here = np.flatnonzero(known.acts_now == acts_now)
            if len(here):
                shares[here] = self.judgement.shares(rows[here], mode=mode_of(acts_now=acts_now, live=told.live))
        return shares


def mode_of(*, acts_now: bool, live: bool) -> int:
    """Which of the pools is for a question asked at this moment or not, beside a population that is kept up or not."""
    return 2 * live + acts_now


def asked(
    log: Log, *, acts_now: bool, start: int = 0, rows: int = EVENTS
) -> Iterator[tuple[slice, Windows, NDArray[np.int64]]]:
    """What is known of the users before the events of a log, and the contexts of the events."""
    for events, known in windows_of(log, rows=rows, acts_now=acts_now, start=start):
        yield events, known, contexts(known, moment=log.at[events])


def countable(log: Log) -> NDArray[np.bool_]:
    """(n,) which events of a log are learned from, told and compared: those of its most common names.

    Who puts ids into names (``view_video_123``) has thousands. The others are left out as if they had not been done;
    where predictions are served they are names that never were.
    """
    return log.of_most_common(MOST_ACTIONS)


def published(model: NextActionModel, *, learned_until: int = 0) -> Mapping[str, Any]:
    """As it is kept in the registry; :func:`model_in` and :func:`learned_until_of` take it out.

    Args:
        model: To be kept.
        learned_until: The place in the order of acceptance of the last action that it learned from; 0 where it learned
            from none of this site.
    """
    return {"method": METHOD, "model": model, "learned_until": learned_until}


def model_in(found: Any) -> NextActionModel | None:
    """The model that was kept; None when another version of this service wrote it."""
    fits = isinstance(found, Mapping) and found.get("method") == METHOD and isinstance(found["model"], NextActionModel)
    return found["model"] if fits else None


def learned_until_of(found: Mapping[str, Any]) -> int:
    """The place of the last action of this site that it learned from; 0 where that is none."""
    return int(found.get("learned_until", 0))
