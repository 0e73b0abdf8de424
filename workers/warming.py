"""The warm-up that begins by itself when the cache is found empty, a slice at a time."""

import functools
import logging
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from kombu.exceptions import OperationalError

import celeryconfig
from precompute.admission import Bounds
from precompute.candidates import Candidate, candidates
from precompute.errors import BrokerUnavailable, SourceUnavailable, StoreUnavailable
from precompute.load import Backlog
from precompute.store.database import Database
from precompute.warming import WarmUp, taken
from precompute.warmth import PATIENCE, Slice, Warmth
from workers.wiring import Engine

_log = logging.getLogger(__name__)

SLICE = timedelta(seconds=5)
"""What one slice queues keeps the workers' share busy for about as long; the sweep then looks again."""

HOLD = timedelta(seconds=10)
"""A warm-up that found no room looks again after this."""


def look_after_warmth(engine: Engine) -> bool:
    """Publish the next slice when the cache was lost or its warm-up has to go on; whether that was so.

    Raises:
        StoreUnavailable: The cache cannot be asked.
        BrokerUnavailable: The slice could not be published; it is tried again a minute later.
    """
    token = Warmth(engine.cache).due()
    if token is None:
        return False
    try:
        engine.dispatch.app.send_task(
            celeryconfig.WARM,
            kwargs={"token": token},
            expires=PATIENCE.total_seconds(),
            retry=False,
            ignore_result=True,
        )
    except (OperationalError, OSError) as problem:
        raise BrokerUnavailable("the broker cannot be reached; the warm-up waits") from problem
    return True


def warm_slice(engine: Engine, *, token: int) -> None:
    """Queue the next results of a warm-up, unless the cache was lost again or another slice took over.

    While the database, the cache or the broker is away the slice does nothing; another follows within a minute.
    """
    warmth = Warmth(engine.cache)
    try:
        found = warmth.slice(token)
        if found is not None:
            _warm(engine, warmth, found)
    except (SourceUnavailable, StoreUnavailable, BrokerUnavailable) as problem:
        extra = {"action": "warm_up_waits", "code": problem.code, "reason": problem.message}
        _log.warning("Warm-up waits", extra=extra)


def warm_up_of(engine: Engine) -> WarmUp:
    """What asks for results in this process."""
    return WarmUp(
        catalogue=engine.catalogue,
        cache=engine.cache,
        ledger=engine.ledger,
        dispatch=engine.dispatch,
        backlog=Backlog(engine.cache, engine.catalogue),
        media_root=engine.settings.media_root,
        bounds=Bounds.of(engine.settings),
    )


def _warm(engine: Engine, warmth: Warmth, found: Slice) -> None:
    warm_up = warm_up_of(engine)
    todo = _todo(engine, at=found.began)
    handled, rest_s, tally = taken(warm_up, todo[found.place :], pace=warm_up.pace(), within=SLICE)
    place = found.place + handled
    rest = timedelta(seconds=rest_s) if handled else HOLD
    if warmth.went(found, place=place, of=len(todo), rest=rest, tally=tally):
        text = "Warming up" if todo else "Nothing to warm up: the store knows nobody and nothing recent"
        counts = {"place": place, "of": len(todo), "queued": tally.queued, "refused": tally.refused}
        _log.info(text, extra={"action": "warmed_up" if place >= len(todo) else "warming_up", **counts})


def _todo(engine: Engine, *, at: datetime) -> list[Candidate]:
    """The candidates of one warm-up, kept in the process: every slice needs the same ones, and the store is large."""
    kept = _kept().get(engine.facts)
    if kept is None or kept[0] != at:
        kept = (at, candidates(engine.facts, at=at))
        _kept()[engine.facts] = kept
    return kept[1]


@functools.cache
def _kept() -> WeakKeyDictionary[Database, tuple[datetime, list[Candidate]]]:
    return WeakKeyDictionary()
