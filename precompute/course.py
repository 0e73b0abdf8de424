"""The course of the service over time, from the counters that are kept anyway.

What happened in each ten seconds of the last hour and in each five minutes of the last week. Beat's sweep calls
:func:`take_sample`; of several sweeps at once one writes. The steps lie in two lists of bounded length,
``pc:course:fine`` and ``pc:course:coarse``, and what was seen last in the hash ``pc:course``. Where the cache evicts
one of them its steps are lost, and the course goes on from there.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson

from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.clock import from_ms, to_ms
from precompute.measures import Measures, TypeMeasures, measure
from precompute.sample import TOOK, Counts, Sample, as_json, from_json, happened, merged
from precompute.scripts import reaching_cache
from precompute.usefulness import usefulness

FINE, FINE_FOR = timedelta(seconds=10), timedelta(hours=1)
"""Length of the fine steps, and how long they are kept."""

COARSE, COARSE_FOR = timedelta(minutes=5), timedelta(weeks=1)
"""Length of the coarse steps, and how long they are kept."""

_EARLY = timedelta(seconds=1)
"""A step may be so much shorter: sweeps do not come to the millisecond, and every other one would come too early."""


def take_sample(cache: Cache, catalogue: Catalogue) -> Sample | None:
    """Take the next step of the course when it is time; None when it is not, or when this was the first look.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        known, coarse_at = cache.client.hmget("pc:course", "at", "coarse_at")
    now = cache.clock()
    before = None if known is None else from_ms(int(known))
    if before is not None and timedelta(0) <= now - before < FINE - _EARLY:
        return None
    measures = measure(cache, catalogue)
    counts = _counts(measures, cache, catalogue)
    step = _step(cache, measures, counts, catalogue=catalogue, before=before, now=now)
    coarse = _coarse(cache, step, since=None if coarse_at is None else from_ms(int(coarse_at)))
    won = cache.scripts.run(
        "sample", known or b"", to_ms(now), orjson.dumps(counts), _dumped(step), FINE_FOR // FINE, _dumped(coarse),
        COARSE_FOR // COARSE,
    )  # fmt: skip
    return step if won else None


def course(cache: Cache, *, since: timedelta) -> tuple[Sample, ...]:
    """The steps that ended within ``since``, oldest first: fine ones for up to an hour, else coarse ones.

    After the coarse ones comes what happened since the last of them, as one shorter step.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    after = cache.clock() - since
    if since <= FINE_FOR:
        return tuple(each for each in _kept(cache, "fine", most=FINE_FOR // FINE) if each.at > after)
    coarse = [each for each in _kept(cache, "coarse", most=COARSE_FOR // COARSE) if each.at > after]
    begun = coarse[-1].at if coarse else after
    rest = [each for each in _kept(cache, "fine", most=FINE_FOR // FINE) if each.at > begun]
    return (*coarse, merged(rest)) if rest else tuple(coarse)


def lately(cache: Cache, *, within: timedelta) -> Sample | None:
    """What happened within the last minutes, an hour at most, as one sample; None when nothing was taken down.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    steps = course(cache, since=min(within, FINE_FOR))
    return merged(steps) if steps else None


def _step(
    cache: Cache, measures: Measures, counts: Counts, *, catalogue: Catalogue, before: datetime | None, now: datetime
) -> Sample | None:
    with reaching_cache():
        seen = cache.client.hget("pc:course", "seen")
    # Without a look before there is nothing to compare with, nor where the clock was set back.
    if seen is None or before is None or now <= before:
        return None
    served = {row.name for row in catalogue.served()}
    waiting = {
        queue.label: sum(count for name, count in names.items() if name in served)
        for queue, names in measures.waiting.items()
    }
    return Sample(
        at=now,
        seconds=(now - before).total_seconds(),
        counts=happened(counts, before=orjson.loads(seen)),
        waiting={label: count for label, count in waiting.items() if count},
        oldest_waiting_seconds={
            queue.label: round(seconds, 1) for queue, seconds in measures.oldest_waiting_seconds.items()
        },
        busy=None if measures.utilisation is None else round(measures.utilisation, 4),
        workers=len(measures.workers),
        processes=sum(int(worker["processes"]) for worker in measures.workers),
    )


def _coarse(cache: Cache, step: Sample | None, *, since: datetime | None) -> Sample | None:
    """The coarse step that ends with this fine one, or None while it goes on."""
    if step is None or since is None or step.at - since < COARSE - _EARLY:
        return None
    earlier = _kept(cache, "fine", most=2 * COARSE // FINE)
    return merged([*(each for each in earlier if since < each.at < step.at), step])


def _kept(cache: Cache, name: str, *, most: int) -> list[Sample]:
    with reaching_cache():
        stored: Iterable[Any] = cache.client.lrange(f"pc:course:{name}", -most, -1)
    return [from_json(orjson.loads(each)) for each in stored]


def _counts(measures: Measures, cache: Cache, catalogue: Catalogue) -> Counts:
    counts = {name: _words(each) for name, each in measures.by_type.items()}
    for name, causes in usefulness(cache, catalogue).items():
        counts[name] |= {word: sum(getattr(seen, word) for seen in causes.values()) for word in ("used", "unused")}
    return {name: {word: count for word, count in words.items() if count} for name, words in counts.items()}


def _words(counts: TypeMeasures) -> dict[str, int]:
    plain = ("hits", "stale_hits", "misses", "computations", "failures", "rescued", "total_ms")
    return {
        **{word: getattr(counts, word) for word in plain},
        **{f"refresh:{word}": count for word, count in counts.refreshes.items()},
        **{f"{TOOK}{number}": count for number, count in counts.durations.items()},
    }


def _dumped(sample: Sample | None) -> bytes:
    return b"" if sample is None else orjson.dumps(as_json(sample))
