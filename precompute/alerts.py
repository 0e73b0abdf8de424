"""The alerts: what is wrong now and for how long, kept with the cache so that all processes tell the same.

:func:`update` takes readings in. It writes how everything stands, and the messages about what started or ended, in one
step and only if nobody else wrote meanwhile: of several evaluators at once one counts, and each message is put into the
outbox exactly once.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import orjson

from precompute.cache import Cache
from precompute.clock import from_ms, to_ms
from precompute.hysteresis import Patience, Reading, Standing, Turn, turned
from precompute.outbox import put_arguments, target_of
from precompute.scripts import reaching_cache
from precompute.settings.watching import Watching

GAPS, SHORTEST_GAP = 4, timedelta(seconds=30)
"""Without a look for so many intervals, and so long, nobody knows whether what was wrong before was wrong all the time.
Longer than it takes until others look in beat's place (:mod:`workers.alerts`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that has been wrong for a while.

    Attributes:
        name: A word for programs, such as ``queue_backlog``.
        labels: What it is about, such as the task type; bounded.
        since: When it was found wrong.
        value: As it is.
        threshold: Beyond which it is wrong.
        summary: A sentence for people.
    """

    name: str
    labels: Mapping[str, str]
    since: datetime
    value: float
    threshold: float
    summary: str


def active_alerts(cache: Cache) -> tuple[Alert, ...]:
    """What is wrong now, by name; one look at the cache.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        stored = cache.client.hget("pc:alerts", "standing")
    told = (each for each in _standings(stored).values() if each.told)
    return tuple(
        Alert(
            name=each.name,
            labels=each.labels,
            since=each.since,
            value=each.value,
            threshold=each.threshold,
            summary=each.summary,
        )
        for each in told
    )


def looked_at(cache: Cache) -> datetime | None:
    """When readings were taken in last; None for never.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        at = cache.client.hget("pc:alerts", "at")
    return None if at is None else from_ms(int(at))


def update(cache: Cache, readings: Iterable[Reading], *, settings: Watching) -> Sequence[Turn]:
    """Take readings in; what started and what ended, where this was the evaluation that counted.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        version, at, stored = cache.client.hmget("pc:alerts", "version", "at", "standing")
    now = cache.clock()
    elapsed = None if at is None else now - from_ms(int(at))
    if elapsed is not None and timedelta(0) <= elapsed < settings.alert_interval / 2:
        return ()
    before = _standings(stored)
    if elapsed is not None and elapsed > max(GAPS * settings.alert_interval, SHORTEST_GAP):
        before = {name: each for name, each in before.items() if each.told}
    patience = Patience(wrong=settings.alert_after, well=settings.alert_over_after)
    after, turns = turned(before, readings, now=now, patience=patience)
    messages = [_message(turn, now=now) for turn in turns]
    standing = orjson.dumps([_stored(each) for each in after.values()])
    told = put_arguments((target_of(url) for url in settings.alert_urls), messages)
    won = cache.scripts.run("alerts", version or b"", uuid.uuid4().hex, to_ms(now), standing, *told)
    return turns if won else ()


def _message(turn: Turn, *, now: datetime) -> dict[str, Any]:
    standing = turn.standing
    return {
        "id": uuid.uuid4().hex,
        "at_ms": to_ms(now),
        "alert": standing.id,
        "ended": turn.ended,
        "since_ms": to_ms(standing.since),
        "text": "It cannot be told any more." if turn.ended and standing.unknown else standing.summary,
    }


_STANDING = frozenset(each.name for each in fields(Standing))


def _standings(stored: bytes | None) -> dict[str, Standing]:
    found = [] if stored is None else [_from_stored(each) for each in orjson.loads(stored)]
    return {each.id: each for each in found}


def _stored(standing: Standing) -> dict[str, Any]:
    turned_at = None if standing.turned is None else to_ms(standing.turned)
    return asdict(standing) | {"since": to_ms(standing.since), "turned": turned_at}


def _from_stored(stored: Mapping[str, Any]) -> Standing:
    turned_at = None if stored.get("turned") is None else from_ms(stored["turned"])
    # Another version may have kept more.
    known = {name: value for name, value in stored.items() if name in _STANDING}
    return Standing(**{**known, "since": from_ms(stored["since"]), "turned": turned_at})
