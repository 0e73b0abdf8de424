"""Taking results back: what a pattern matches, and with it what was computed from it and what shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from precompute.cache import Cache, in_batches
from precompute.catalogue import Catalogue
from precompute.patterns import Pattern
from precompute.scripts import reaching_cache
from precompute.subjects import Subject
from precompute.task_type import TaskType
from precompute.tracking import await_followers

BATCH = 250
"""Keys handled by one call of the script: a few milliseconds of the server's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalidation:
    """Takes results back, down the inputs of the catalogue.

    A result goes with every result of its subject that it was computed from, directly or not: where the pattern names
    the hook, the CTR goes too, also when the hook is not stored any more. Results about a user that show videos or
    campaigns (:attr:`precompute.task_type.TaskType.shows`) go stale with those of the user.
    """

    cache: Cache
    catalogue: Catalogue

    def invalidate(self, pattern: Pattern, *, soft: bool = False) -> int:
        """Delete what ``pattern`` matches and what was computed from it, or mark it stale.

        Running computations of it will not write, and failures of it are forgotten, so that the next who asks has it
        tried again. When this returns, nothing that was computed from what was known before the call is fresh, in no
        process and by no clock.

        Returns:
            How many entries were deleted or marked, each counted once. Those that show them to their owner, which only
            go stale, are not among them.

        Raises:
            StoreUnavailable: The cache cannot be reached; part of it may have been done, and doing it again is right.
        """
        rules = orjson.dumps({"shown": self._shown(), "inputs": self._inputs(), "derived": self._derived()})
        # One instant for all batches: a result that is reached twice is counted once.
        now, count = self.cache.now_ms(), 0
        for keys in in_batches(self.matching(pattern), most=BATCH):
            count += self.cache.scripts.run("invalidate", now, int(soft), rules, *keys)
        await_followers(self.cache.client)
        return count

    def matching(self, pattern: Pattern) -> Iterator[str]:
        """Keys of what goes: of entries, of tasks that are on their way, and of failures; each once.

        The cost follows the narrowest index that the pattern allows: one key, one subject, or the types it can mean.
        """
        lines = {row.name: (row.name, *(other.name for other in lineage(row))) for row in self.catalogue}
        refs = pattern.subjects()
        if refs is None:
            yield from self._walked(pattern, lines)
            return
        # Few rows are about a subject, so all its keys are tried; also those that are just being computed.
        for row in self.catalogue:
            about = sorted(str(ref) for ref in refs if ref.subject is row.subject)
            yield from (f"{row.name}:{ref}" for ref in about if _hits(pattern, lines[row.name], ref))

    def _walked(self, pattern: Pattern, lines: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        possible = {
            row.name: lines[row.name]
            for row in self.catalogue
            if any(pattern.may_match_type(name, row.subject) for name in lines[row.name])
        }
        seen: set[str] = set()
        # In this order: a computation that ends during the walk leaves the tasks and enters the entries.
        for index in ("pc:watch", "pc:failed", *(f"pc:y:{name}" for name in possible)):
            for key in self._named_by(index):
                name, _, ref = key.partition(":")
                if key not in seen and _hits(pattern, possible.get(name, ()), ref):
                    seen.add(key)
                    yield key

    def _named_by(self, index: str) -> Iterator[str]:
        with reaching_cache():
            for raw, _score in self.cache.client.zscan_iter(index, count=BATCH):
                yield raw.decode()

    def _shown(self) -> Mapping[str, list[str]]:
        showing = {subject: self.catalogue.showing(subject) for subject in Subject}
        return {subject.value: [row.name for row in rows] for subject, rows in showing.items() if rows}

    def _inputs(self) -> Mapping[str, list[str]]:
        return {row.name: [other.name for other in lineage(row)] for row in self.catalogue if row.inputs}

    def _derived(self) -> Mapping[str, list[str]]:
        derived: dict[str, list[str]] = {}
        for row in self.catalogue:
            for other in lineage(row):
                derived.setdefault(other.name, []).append(row.name)
        return derived


def lineage(row: TaskType) -> tuple[TaskType, ...]:
    """The rows that ``row`` is computed from, directly or not; each once."""
    found: dict[str, TaskType] = {}
    for needed in row.inputs:
        found |= {other.name: other for other in (needed, *lineage(needed))}
    return tuple(found.values())


def _hits(pattern: Pattern, names: tuple[str, ...], ref: str) -> bool:
    return any(pattern.matches(f"{name}:{ref}") for name in names)
