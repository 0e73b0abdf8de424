"""What the chaos run must end with: what every key must hold, and that nothing else is left on the servers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chaos_tasks import (
    AFTER_FAILING,
    FAILING,
    LAST,
    POISON,
    QUICK,
    RAW,
    SHAKY,
    SLOW,
    TOTAL,
    runs_key,
)

from precompute.entry import Entry, Miss, State
from precompute.ledger import MOST_DELIVERIES
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType
from workers.wiring import Engine

KINDS: Mapping[str, tuple[TaskType, ...]] = {
    "chain": (QUICK, TOTAL, LAST),
    "slow": (SLOW,),
    "shaky": (SHAKY,),
    "failing": (FAILING, AFTER_FAILING),
    "poison": (POISON,),
}
"""What one trigger asks for."""


@dataclass(slots=True, kw_only=True)
class Wanted:
    """One user's trigger, and what came of asking.

    Attributes:
        generation: Of the latest trigger that was accepted; each has another input. 0 before the first.
    """

    user: str
    kind: str
    number: int
    generation: int = 0

    @property
    def keys(self) -> Mapping[TaskType, CacheKey]:
        """What it computes."""
        ref = SubjectRef(subject=Subject.USER, id=self.user)
        return {row: row.key_for(ref) for row in KINDS[self.kind]}

    def value(self, row: TaskType) -> Mapping[str, Any]:
        """What must be stored."""
        number, now = self.number, self.generation
        known: Mapping[TaskType, Mapping[str, Any]] = {
            QUICK: {"twice": 2 * number, "generation": now},
            TOTAL: {"total": 3 * number, "of": [now] * 3},
            LAST: {"last": 3 * number + 1, "of": [now] * 4},
            SLOW: {"slow": number, "generation": now},
            SHAKY: {"shaky": number, "generation": now},
        }
        return known[row]

    def reason(self, row: TaskType) -> tuple[str, str] | None:
        """Code and beginning of the message with which it must fail; None when it must not."""
        told = f"there is no number {self.number}"
        known = {
            FAILING: ("no_such_number", told),
            AFTER_FAILING: ("no_such_number", f"{FAILING.name} failed: {told}"),
            POISON: ("set_aside", f"its worker died {MOST_DELIVERIES} times"),
        }
        return known.get(row)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was found: how many of each kind, and everything that is off."""

    counts: Counter[str] = field(default_factory=Counter)
    off: list[str] = field(default_factory=list)


def judge(engine: Engine, wanted: Sequence[Wanted]) -> Verdict:
    """Hold everything that was accepted against the truth."""
    verdict = Verdict()
    for one in wanted:
        for row, key in one.keys.items():
            _judge(engine, one, row, engine.cache.read(key, counted=False), verdict)
    return verdict


def _judge(engine: Engine, one: Wanted, row: TaskType, found: Entry | Miss, verdict: Verdict) -> None:
    told = f"{found.key}, generation {one.generation}"
    reason = one.reason(row)
    if isinstance(found, Entry):
        right = reason is None and found.value == one.value(row) and not found.stale
        verdict.counts["stored" if right else "wrong"] += 1
        if not right:
            verdict.off.append(f"{told}: holds {found.value}, stale: {found.stale}")
    elif found.state is not State.FAILED or found.failure is None:
        verdict.counts["lost"] += 1
        verdict.off.append(f"{told}: is {found.state}")
    elif reason == (found.failure.code, found.failure.message[: len(reason[1])] if reason else ""):
        verdict.counts["failed as it must"] += 1
    elif found.failure.code == "set_aside" and _deaths(engine, one) >= MOST_DELIVERIES:
        # A machine that is lost three times under the same task: nobody can tell that from a poisonous one.
        verdict.counts["set aside, lost with its worker three times"] += 1
    else:
        verdict.counts["failed, and should not have"] += 1
        verdict.off.append(f"{told}: {found.failure}")


def _deaths(engine: Engine, one: Wanted) -> int:
    """How often the most unlucky step of a trigger was begun."""
    rows = {*KINDS[one.kind], *((RAW,) if one.kind == "chain" else ())}
    names = [runs_key(row, user=one.user, generation=one.generation) for row in rows]
    client: Any = engine.cache.client
    return max(int(client.get(name) or 0) for name in names)


def left_over(engine: Engine) -> Iterator[str]:
    """Everything under ``pc:`` that should be gone, or that contradicts the rest."""
    client: Any = engine.cache.client
    names = [name.decode() for name in client.scan_iter("pc:*", count=1000)]
    for name in names:
        if name.startswith(("pc:l:", "pc:d:", "pc:q:")):
            yield f"{name} is left over"
        elif name.startswith(("pc:t:", "pc:e:", "pc:i:")) and client.ttl(name) < 0:
            yield f"{name} would stay for ever"
    entries = {name[5:] for name in names if name.startswith("pc:e:")}
    tasks = {name[5:]: client.hget(name, "state").decode() for name in names if name.startswith("pc:t:")}
    yield from (f"task {key} is {state}" for key, state in tasks.items() if state not in ("ready", "failed"))
    yield from (f"task {key} is ready without an entry" for key in _ready_without(tasks, entries))
    for index in ("pc:watch", "pc:checks"):
        yield from (f"{index} names {key.decode()}" for key in client.zrange(index, 0, -1))
    by_type = {f"pc:y:{row.name}" for row in engine.catalogue}
    named = {index: {key.decode() for key in client.zrange(index, 0, -1)} for index in (*by_type, "pc:gone", "pc:due")}
    of_types = set().union(*(named[index] for index in by_type))
    yield from (f"the index by type and the entries differ by {key}" for key in of_types ^ entries)
    yield from (f"pc:gone and the entries differ by {key}" for key in named["pc:gone"] ^ entries)
    yield from (f"pc:due names {key}, which is not stored" for key in named["pc:due"] - entries)
    unread = {key.decode() for key in client.hkeys("pc:unread")}
    yield from (f"pc:unread names {key}, which is not stored" for key in unread - entries)
    failed = {key.decode() for key in client.zrange("pc:failed", 0, -1)}
    truly = {key for key, state in tasks.items() if state == "failed"}
    yield from (f"pc:failed and the failed tasks differ by {key}" for key in failed ^ truly)


def _ready_without(tasks: Mapping[str, str], entries: set[str]) -> Iterator[str]:
    # What only others read is dropped once it has been read.
    return (
        key for key, state in tasks.items() if state == "ready" and key not in entries and not key.startswith(RAW.name)
    )


def facts_off(engine: Engine, accepted: Mapping[str, int]) -> Iterator[str]:
    """Facts that are not in the database as often as they were accepted: once each."""
    if waiting := engine.stream.waiting():
        yield f"{waiting} facts have not reached the database"
    for user, times in accepted.items():
        if (found := len(engine.facts.actions_of(user, most=1000))) != times:
            yield f"{found} facts of {user} are in the database, {times} were accepted"
