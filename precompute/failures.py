"""Tasks that have failed or were set aside: what they are, why, and how they are run again or forgotten."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import count, islice

import orjson

from precompute.admission import DEFAULT, Bounds, admit_all
from precompute.cache import Cache, in_batches
from precompute.catalogue import Catalogue
from precompute.clock import from_ms
from precompute.entry import STATES, State
from precompute.errors import BadParameters, PrecomputeError, UnknownPrecomputation
from precompute.events import event_if_known
from precompute.ledger import Ledger
from precompute.load import Backlog, check_room
from precompute.message import Dispatch
from precompute.planner import Plan, plan
from precompute.scripts import reaching_cache
from precompute.subjects import CacheKey
from precompute.task_type import TaskType

SET_ASIDE = "set_aside"
"""Code of what ended its workers (``lua/begin.lua``); nobody but an operator has it tried again."""

MOST_AT_ONCE = 1000
"""Keys that may be retried or dropped in one go."""

_FAILED = "pc:failed"
_ASIDE = "pc:aside"
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A task that has failed, and is neither on its way again nor forgotten.

    Attributes:
        key: What it was to compute.
        task_id: Its id.
        code: Why, for programs.
        message: Why, for people.
        failed_at: When.
        cause: Why it was wanted, a :class:`precompute.planner.Cause`.
        deliveries: How often a worker took it up and was not heard of again.
        set_aside: It ended its workers, or needs what did: no trigger has it tried again.
    """

    key: CacheKey
    task_id: str
    code: str
    message: str
    failed_at: datetime
    cause: str
    deliveries: int
    set_aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tasks of one type have failed, and how many of those are set aside."""

    failed: int = 0
    set_aside: int = 0


Refusal = UnknownPrecomputation | BadParameters
"""Why one key was not retried or dropped, while those beside it were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """What operators look at and see to.

    Attributes:
        ledger: The tasks.
        catalogue: The task types in force.
        dispatch: Puts messages on their queues.
        backlog: What waits already.
        bounds: How much may.
    """

    ledger: Ledger
    catalogue: Catalogue
    dispatch: Dispatch
    backlog: Backlog
    bounds: Bounds = DEFAULT

    def retry(self, keys: Sequence[CacheKey]) -> list[str | Refusal]:
        """Have what failed computed once more, now, for the event that it was wanted for.

        What it needs is computed anew too where that failed. Deliveries are counted from the beginning.

        Args:
            keys: At most :data:`MOST_AT_ONCE`.

        Returns:
            For each key the id of the task that is on its way, also where another has retried it a moment ago; or why
            there is none.

        Raises:
            Backlogged: So much waits that nothing was queued.
            BrokerUnavailable, StoreUnavailable: Nothing was queued.
        """
        found = [self._retried(key, *told) for key, told in zip(keys, self._told(keys), strict=True)]
        plans = [one for one in found if isinstance(one, Plan)]
        for queue in {task.queue for one in plans for task in one.tasks}:
            check_room(self.backlog, queue, bounds=self.bounds)
        receipts = iter(admit_all(plans, ledger=self.ledger, dispatch=self.dispatch))
        return [
            next(receipts).queued[key.task_type] if isinstance(one, Plan) else one
            for key, one in zip(keys, found, strict=True)
        ]

    def drop(self, keys: Sequence[CacheKey]) -> list[bool]:
        """Forget failures: their status says missing, and whoever asks next has it computed.

        Args:
            keys: At most :data:`MOST_AT_ONCE`.

        Returns:
            For each key whether anything had failed.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        rows = {row.name: row for row in self.catalogue}
        body = [[str(key), *_transient_inputs(rows.get(key.task_type), key)] for key in keys]
        return [bool(one) for one in self.ledger.cache.scripts.run("forget_failed", orjson.dumps(body))]

    def _told(self, keys: Sequence[CacheKey]) -> list[tuple[State, str, str]]:
        with reaching_cache(), self.ledger.cache.client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(f"pc:t:{key}", "state", "id", "event")
            answers = [[(text or b"").decode() for text in told] for told in pipe.execute()]
        return [(STATES.get(state, State.MISSING), task_id, event) for state, task_id, event in answers]

    def _retried(self, key: CacheKey, state: State, task_id: str, event: str) -> Plan | str | Refusal:
        if state.on_its_way:
            return task_id
        if state is not State.FAILED:
            return not_failed(key)
        try:
            row = self.catalogue.get(key.task_type)
        except UnknownPrecomputation as unknown:
            return unknown
        happened = event_if_known(event)
        if happened is None:
            return BadParameters(f"what {key} was wanted for cannot be read; trigger it anew")
        return plan(happened, catalogue=self.catalogue, rows=[row], force=True, insist=True)


def not_failed(key: CacheKey) -> UnknownPrecomputation:
    """What is said of a key under which nothing has failed."""
    return UnknownPrecomputation(f"nothing has failed under {key}")


def latest_failures(
    cache: Cache,
    catalogue: Catalogue,
    *,
    most: int = 100,
    task_type: str | None = None,
    set_aside: bool = False,
) -> list[Failure]:
    """What has failed lately, the latest first.

    What only feeds other task types is left out: what needs it has failed with it, and says so.

    Args:
        cache: Where the tasks are.
        catalogue: The task types in force.
        most: This many.
        task_type: Of this type only.
        set_aside: Only what is set aside.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    hidden = {row.name for row in catalogue if not row.served}
    # As many as fit into one index are set aside at most; merged, they are not lost behind what failed since.
    indexes = (_ASIDE,) if set_aside else (_FAILED, _ASIDE)
    names = (key for key in _newest(cache, *indexes) if key.task_type not in hidden)
    wanted = (key for key in names if task_type is None or key.task_type == task_type)
    return list(islice((one for batch in in_batches(wanted, most=_BATCH) for one in _looked_at(cache, batch)), most))


def failure_counts(cache: Cache, catalogue: Catalogue) -> Mapping[str, Counts]:
    """How many tasks have failed, by task type; the latest ten thousand are counted.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    served = {row.name for row in catalogue.served()}
    with reaching_cache():
        aside = Counter(_type_of(name) for name in cache.client.zrange(_ASIDE, 0, -1))
        failed = Counter(_type_of(name) for name in cache.client.zrange(_FAILED, 0, -1))
    return {name: Counts(failed=failed[name], set_aside=aside[name]) for name in sorted(served & {*failed, *aside})}


def failures_mark(cache: Cache) -> tuple[object, ...]:
    """Changes with what :func:`failure_counts` counts, and takes no reading of it: the sizes and the latest entries.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache(), cache.client.pipeline(transaction=False) as pipe:
        for index in (_FAILED, _ASIDE):
            pipe.zcard(index)
            pipe.zrange(index, -1, -1, withscores=True)
        told = pipe.execute()
    return tuple(one if isinstance(one, int) else tuple(map(tuple, one)) for one in told)


def _newest(cache: Cache, *indexes: str) -> Iterator[CacheKey]:
    in_order = merge(*(_read(cache, index) for index in indexes), key=lambda named: -named[1])
    seen: set[bytes] = set()
    for name, _ in in_order:
        if name not in seen:
            seen.add(name)
            yield CacheKey.parse(name.decode())


def _read(cache: Cache, index: str) -> Iterator[tuple[bytes, float]]:
    """An index from its latest entry on, piece by piece: it holds up to ten thousand, and a page lists twenty."""
    for start in count(0, _BATCH):
        with reaching_cache():
            piece = cache.client.zrange(index, start, start + _BATCH - 1, desc=True, withscores=True)
        yield from piece
        if len(piece) < _BATCH:
            return


def _looked_at(cache: Cache, keys: Sequence[CacheKey]) -> Iterator[Failure]:
    """Those of which the record is there and still says so; the server may have dropped it, or somebody retried it."""
    fields = ("state", "id", "error_code", "error", "finished_at", "cause", "deliveries")
    with reaching_cache(), cache.client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hmget(f"pc:t:{key}", *fields)
        answers = pipe.execute()
    for key, told in zip(keys, answers, strict=True):
        state, task_id, code, message, failed_at, cause, deliveries = ((text or b"").decode() for text in told)
        if state == State.FAILED:
            yield Failure(
                key=key,
                task_id=task_id,
                code=code or PrecomputeError.code,
                message=message,
                failed_at=from_ms(int(failed_at or 0)),
                cause=cause or "unknown",
                deliveries=int(deliveries or 0),
                set_aside=code == SET_ASIDE,
            )


def _type_of(name: bytes) -> str:
    return name.decode().partition(":")[0]


def _transient_inputs(row: TaskType | None, key: CacheKey) -> Iterator[str]:
    for needed in row.inputs if row is not None else ():
        if needed.transient:
            yield str(needed.key_for(key.ref))
            yield from _transient_inputs(needed, key)
