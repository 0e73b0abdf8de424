"""What everybody does, up to now: the chains of the training, told of each action since, alike in all processes.

A process hears with each question what was done since its last one (:mod:`precompute.chronicle`). What it begins with
is the copy that processes share (:mod:`models.population_copy`). Where there is none, or the chronicle was cut off,
evicted or lost, one process makes it from the store's log since the training; the model does without meanwhile.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np

from models.behaviour import Log
from models.next_action import NextActionModel
from models.population import EACH, MOST_ACTIONS, Population
from models.population_copy import Copies, packed
from precompute.chronicle import START, Deed, News, Place
from precompute.errors import PrecomputeError
from precompute.recent import RecentActions
from precompute.store import ActionLog, Facts

_log = logging.getLogger(__name__)

MOST_CAUGHT_UP = 50_000
"""Latest actions of the store that are gone through: a second or two. Chains forget, so older ones hardly count."""

LOOK_AGAIN = timedelta(minutes=1)
"""After the store could not be asked."""

ANOTHER_DOES = timedelta(seconds=1)
"""While another process makes the copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What is gone on from.

    Attributes:
        version: Of the model.
        model: As it was trained.
        learned_until: The place in the order of acceptance of the last action that it was trained on; 0 for a model
            that was trained elsewhere.
    """

    version: str
    model: NextActionModel
    learned_until: int = 0


@dataclass(slots=True, eq=False)
class _Known:
    version: str
    population: Population
    place: Place


def in_a_thread(work: Callable[[], None]) -> None:
    """Do it while the caller goes on."""
    threading.Thread(target=work, name="everybody", daemon=True).start()


class Everybody:
    """What everybody did up to now, as far as this process has heard.

    Args:
        recent: Where it is heard.
        facts: The log since the training, for whoever has nothing to begin with.
        aside: Does what takes a while and nobody is to wait for.
    """

    def __init__(
        self, *, recent: RecentActions, facts: Facts, aside: Callable[[Callable[[], None]], object] = in_a_thread
    ) -> None:
        self._recent = recent
        self._facts = facts
        self._aside = aside
        self._copies = Copies(recent.client)
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._busy = False
        self._again: datetime | None = None

    @property
    def place(self) -> Place | None:
        """Up to where in the chronicle all was heard; None while there is nothing to add to."""
        known = self._known
        return None if known is None else known.place

    def hear(self, news: News) -> None:
        """Learn what was done since; what was heard already changes nothing.

        What leaves a gap makes this begin anew with the next question.
        """
        self._take(news)
        if news.more:
            self._aside(self._follow)

    def look(self) -> None:
        """Hear all that was done since.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        more = True
        while more and (place := self.place) is not None:
            _, news = self._recent.read([], since=place)
            more = news is not None and news.more
            if news is not None:
                self._take(news)

    def _follow(self) -> None:
        try:
            self.look()
        except PrecomputeError as problem:
            _told_why("not_followed", problem)

    def _take(self, news: News) -> None:
        with self._lock:
            known = self._known
            if known is None:
                return
            if not news.whole:
                if news.since == known.place:
                    self._known, self._again = None, None
                return
            crossed = _learn(known, news.deeds)
        if crossed:
            self._aside(self._copy)

    @contextmanager
    def until_now(self, basis: Basis, *, at: datetime) -> Iterator[Population | None]:
        """What everybody did, not to be changed meanwhile; None while that is not known for this model.

        Args:
            basis: The model in use.
            at: Now.
        """
        if (known := self._known) is None or known.version != basis.version:
            self._begin(basis, at=at)
        with self._lock:
            known = self._known
            yield known.population if known is not None and known.version == basis.version else None

    def _begin(self, basis: Basis, *, at: datetime) -> None:
        with self._lock:
            waits = self._again is not None and self._again - LOOK_AGAIN <= at < self._again
            if self._busy or waits:
                return
            self._busy, self._known = True, None
        self._aside(lambda: self._catch_up(basis, at=at))

    def _catch_up(self, basis: Basis, *, at: datetime) -> None:
        known, again = None, at + LOOK_AGAIN
        try:
            known = self._copied(basis.version)
            if known is None and self._copies.claim(basis.version):
                known = self._made(basis)
            elif known is None:
                again = at + ANOTHER_DOES
        except PrecomputeError as problem:
            _told_why("not_caught_up", problem)
        finally:
            with self._lock:
                self._known, self._again, self._busy = known, None if known else again, False

    def _copied(self, version: str) -> _Known | None:
        found = self._copies.get(version)
        if found is None:
            return None
        population, place = found
        known = _Known(version, population, place)
        more = True
        while more:
            _, news = self._recent.read([], since=known.place)
            if news is None or not news.whole:
                return None
            _learn(known, news.deeds)
            more = news.more
        return known

    def _made(self, basis: Basis) -> _Known:
        # In this order: whatever the store knows and the chronicle, too, is then found in both.
        stored = self._facts.action_log(most=MOST_CAUGHT_UP)
        deeds = self._recent.chronicle()
        log, start = _before(stored, basis, known={deed.fact_id for deed in deeds})
        population = basis.model.population_after(log, start=start)
        known = _Known(basis.version, population, (deeds[0].place[0], deeds[0].place[1] - 1) if deeds else START)
        _learn(known, deeds)
        extra = {"action": "caught_up", "version": basis.version, "stored": len(log) - start, "heard": len(deeds)}
        _log.info("What everybody did since the training was learned", extra=extra)
        self._copies.put(basis.version, packed(known.population, place=known.place))
        return known

    def _copy(self) -> None:
        """Bring the shared copy up to date with each :data:`EACH` actions, unless another process did."""
        known = self._known
        if known is None:
            return
        try:
            there = self._copies.place(known.version)
            if there is not None and there[0] == known.place[0] and there[1] // EACH >= known.place[1] // EACH:
                return
            with self._lock:
                content = packed(known.population, place=known.place)
            self._copies.put(known.version, content)
        except PrecomputeError as problem:
            _told_why("not_copied", problem)


def _told_why(action: str, problem: PrecomputeError) -> None:
    extra = {"action": action, "code": problem.code, "reason": problem.message}
    _log.warning("What everybody does is not followed now", extra=extra)


def _learn(known: _Known, deeds: Sequence[Deed]) -> bool:
    """Learn what comes right after what is known; whether a multiple of :data:`EACH` was passed."""
    crossed = False
    for part, few in groupby(deeds, key=lambda deed: deed.place[1] // EACH):
        new = [deed for deed in few if _follows(known.place, deed.place)]
        if not new:
            continue
        if part != known.place[1] // EACH:
            known.population, crossed = known.population.without_rare(), True
        known.population.learn_each([(deed.before, deed.action, deed.at) for deed in new])
        known.place = new[-1].place
    return crossed


def _follows(known: Place, place: Place) -> bool:
    return place[1] > known[1] and (known == START or place[0] == known[0])


def _before(stored: ActionLog, basis: Basis, *, known: set[str]) -> tuple[Log, int]:
    """What the store knows and the chronicle does not, and where what was done since the training begins."""
    names = dict.fromkeys(basis.model.population.actions)
    for name, _ in Counter(stored.actions).most_common():
        if len(names) < MOST_ACTIONS:
            names.setdefault(name)
    rows = [
        row
        for row, (fact_id, name) in enumerate(zip(stored.fact_ids, stored.actions, strict=True))
        if fact_id not in known and name in names
    ]
    log = Log.from_columns(
        users=[stored.users[row] for row in rows],
        actions=[stored.actions[row] for row in rows],
        at=np.array([stored.at_seconds[row] for row in rows], np.float64),
    )
    return log, sum(stored.accepted[row] <= basis.learned_until for row in rows)
