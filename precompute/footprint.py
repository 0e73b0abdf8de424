"""How much memory the results of each type take, at a cost that does not grow with how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import sqrt
from statistics import fmean, stdev

import orjson

from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.scripts import reaching_cache
from precompute.task_type import TaskType

SAMPLE = 32
"""Entries of each type that are weighed."""

HOLDS_MS = 15_000
"""All processes tell the same figures for this long; then one of them weighs anew."""

_KEPT = "pc:footprint"
_INDEX_FIELDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """The memory of one type's results on the cache's server.

    Attributes:
        entries: How many are stored, counted; of those that the server evicted unnoticed, as many as the sample tells.
        bytes: What they take, with their parts, their keys and their places in the type's index; estimated.
        bytes_error: Twice the standard error of ``bytes``; the truth is within it 19 times of 20. 0: all were weighed.
    """

    entries: int
    bytes: int
    bytes_error: int


def footprints(cache: Cache, catalogue: Catalogue) -> Mapping[str, Footprint]:
    """The memory by task type, at most some seconds old.

    Of each type :data:`SAMPLE` random entries are weighed by the server (``MEMORY USAGE``), so the cost depends on the
    catalogue and not on what is stored; counting at each write instead would go wrong with every entry that the server
    evicts. Types whose entries are of one kind come out within a few percent; the error of each is told.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        told = cache.client.get(_KEPT)
    found = {} if told is None else orjson.loads(told)
    # As another version may have kept it.
    known = {each.name for each in fields(Footprint)}
    if any(row.name not in found or not known.issubset(found[row.name]) for row in catalogue):
        found = {name: asdict(weighed) for name, weighed in _weighed(cache, tuple(catalogue)).items()}
        with reaching_cache():
            cache.client.set(_KEPT, orjson.dumps(found), px=HOLDS_MS)
    return {row.name: Footprint(**{name: found[row.name][name] for name in known}) for row in catalogue}


def _weighed(cache: Cache, rows: Sequence[TaskType]) -> Mapping[str, Footprint]:
    # In the server: to send five hundred commands and read their answers took 5.5 ms of this process, this 1.5.
    found = cache.scripts.run("weigh", SAMPLE, _INDEX_FIELDS, *(row.name for row in rows))
    return {row.name: _footprint(*one) for row, one in zip(rows, found, strict=True)}


def _footprint(indexed: int, index_bytes: int, weights: Sequence[int]) -> Footprint:
    if not weights:
        return Footprint(entries=0, bytes=0, bytes_error=0)
    # An entry that was evicted weighs nothing, and counts as nothing.
    heavy = [float(max(weight, 0)) for weight in weights]
    there = round(indexed * sum(weight >= 0 for weight in weights) / len(weights))
    everything = len(weights) >= indexed
    spread = 0.0 if everything or len(heavy) < 2 else stdev(heavy) * sqrt(1 - len(heavy) / indexed)
    return Footprint(
        entries=there,
        bytes=round(fmean(heavy) * indexed) + index_bytes,
        bytes_error=round(2 * spread / sqrt(len(heavy)) * indexed),
    )
