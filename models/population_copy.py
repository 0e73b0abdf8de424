"""The copy of everybody's chains that processes share, so that each need not learn anew what one of them knows.

It lies beside the results (``pc:everybody:VERSION``), where it may be evicted. It is read as numbers and names, and
never as a pickle: whoever can write to the cache must not be able to run something here.
"""

import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import orjson
import redis

from models.population import Population
from precompute.chronicle import Place
from precompute.durations import in_ms
from precompute.scripts import reaching_cache

KEPT = timedelta(days=7)
"""After the last change."""

BUILT_EVERY = timedelta(minutes=1)
"""Of several processes that find none, one makes it from the store, which takes a second or so."""

_PLACE_BYTES = 40
_LEVEL = 1


class Copies:
    """The copies, by version of the model that they go on from.

    Args:
        client: Of the cache's server, as :func:`precompute.scripts.connect` makes it.
    """

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def get(self, version: str) -> tuple[Population, Place] | None:
        """A copy, and the place in the chronicle up to which it knows; None when there is none to be used.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        with reaching_cache():
            found = self._client.get(_key(version))
        return None if found is None else unpacked(found)

    def place(self, version: str) -> Place | None:
        """How far the copy that is there goes.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        with reaching_cache():
            found = self._client.getrange(_key(version), 0, _PLACE_BYTES)
        born, _, number = found.partition(b"\n")[0].partition(b"-")
        return (int(born), int(number)) if born.isdigit() and number.isdigit() else None

    def put(self, version: str, content: bytes) -> None:
        """Keep what :func:`packed` made.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        with reaching_cache():
            self._client.set(_key(version), content, px=in_ms(KEPT))

    def claim(self, version: str) -> bool:
        """Whether the caller is the one who makes a copy now.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        with reaching_cache():
            return bool(self._client.set(f"{_key(version)}:made", 1, nx=True, px=in_ms(BUILT_EVERY)))


def packed(population: Population, *, place: Place) -> bytes:
    """A population, and the place in the chronicle up to which it was told, as bytes."""
    rows = np.fromiter(population.rows.values(), np.intp, len(population.rows))
    numbers = {int(row): number for number, row in enumerate(rows, start=1)}
    waiting = [([numbers.get(row, 0) for row in here.tolist()], action, at) for here, action, at in population.waiting]
    head = {"actions": population.actions, "contexts": len(rows), "waiting": waiting}
    keys = np.fromiter(population.rows, np.int64, len(rows))
    body = keys.astype("<i8").tobytes() + population.counts[rows].astype("<f4").tobytes()
    return b"%d-%d\n%s\n%s" % (*place, orjson.dumps(head), zlib.compress(body, _LEVEL))


def unpacked(content: bytes) -> tuple[Population, Place] | None:
    """What :func:`packed` made; None where another version of this service made it, or it is damaged."""
    try:
        line, told, body = content.split(b"\n", 2)
        born, number = line.split(b"-")
        return _population(orjson.loads(told), zlib.decompress(body)), (int(born), int(number))
    except (KeyError, TypeError, ValueError, IndexError, zlib.error):
        return None


def _population(head: Mapping[str, Any], body: bytes) -> Population:
    actions, contexts = tuple(head["actions"]), int(head["contexts"])
    if not all(isinstance(name, str) for name in actions):
        raise ValueError("actions are names")
    keys = np.frombuffer(body, "<i8", contexts)
    told = np.frombuffer(body, "<f4", offset=keys.nbytes).reshape(contexts, max(1, len(actions)))
    counts = np.concatenate([np.zeros((1, told.shape[1]), np.float32), told])
    waiting = [(_rows(here, contexts), _one_of(actions, action), float(at)) for here, action, at in head["waiting"]]
    return Population(actions, dict(zip(keys.tolist(), range(1, contexts + 1), strict=True)), counts, waiting)


def _rows(here: Any, contexts: int) -> Any:
    rows = np.array(here, np.intp)
    if rows.shape != (16,) or rows.min() < 0 or rows.max() > contexts:
        raise ValueError("rows of another population")
    return rows


def _one_of(actions: tuple[str, ...], action: Any) -> int:
    if not 0 <= action < len(actions):
        raise ValueError("an action without a name")
    return int(action)


def _key(version: str) -> str:
    return f"pc:everybody:{version}"
