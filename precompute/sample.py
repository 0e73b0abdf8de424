"""What happened within one step of time: differences of the counters, and how much waited and worked at its end."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from precompute.clock import from_ms, to_ms
from precompute.measures import percentile_seconds

_Number = TypeVar("_Number", int, float)

Counts = Mapping[str, Mapping[str, int]]
"""By task type: how often each thing happened, only what did. The words are those of :class:`Sample`."""

TOOK = "took:"
"""Begins the words that count computations by class of duration (:mod:`precompute.measures`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One step of the course of the service.

    Attributes:
        at: Its end.
        seconds: That it covers; more than the step where nobody looked for a while.
        counts: By task type, inputs of others among them: ``hits``, ``stale_hits``, ``misses``, ``computations``,
            ``failures``, ``rescued``, ``total_ms`` (of the computations), ``used`` and ``unused`` (results whose fate
            was settled), ``refresh:`` and a word of :data:`precompute.measures.REFRESHES`, ``took:`` and a class of
            duration.
        waiting: Tasks that had not begun, by label of the queue, where any; of several steps the most.
        oldest_waiting_seconds: By label of the queue; of several steps the most.
        busy: Share of the workers' time that went to tasks; of several steps the mean, None when no worker told.
        workers: That reported; of several steps the most.
        processes: Of those workers.
    """

    at: datetime
    seconds: float
    counts: Counts = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    oldest_waiting_seconds: Mapping[str, float] = field(default_factory=dict)
    busy: float | None = None
    workers: int = 0
    processes: int = 0

    def total(self, *words: str) -> int:
        """How often these things happened, over all types."""
        return sum(counts.get(word, 0) for counts in self.counts.values() for word in words)

    @property
    def hits(self) -> int:
        """Reads answered fresh."""
        return self.total("hits")

    @property
    def stale_hits(self) -> int:
        """Reads answered stale."""
        return self.total("stale_hits")

    @property
    def misses(self) -> int:
        """Reads that found nothing."""
        return self.total("misses")

    @property
    def reads(self) -> int:
        """All reads."""
        return self.total("hits", "stale_hits", "misses")

    @property
    def computations(self) -> int:
        """Results stored."""
        return self.total("computations")

    @property
    def failures(self) -> int:
        """Tasks that failed for good."""
        return self.total("failures")

    @property
    def hit_rate(self) -> float | None:
        """Share of reads answered from the cache, fresh or stale, 0 to 1; None without reads."""
        return (self.hits + self.stale_hits) / self.reads if self.reads else None

    @property
    def share_read(self) -> float | None:
        """Of the results whose fate was settled, the share that was read; None without any."""
        settled = self.total("used", "unused")
        return self.total("used") / settled if settled else None

    @property
    def queue_size(self) -> int:
        """Tasks that had not begun."""
        return sum(self.waiting.values())

    def percentile_seconds(self, name: str, *, share: float) -> float | None:
        """The time that ``share`` of the type's computations took at most, or None without any."""
        counts = self.counts.get(name, {})
        return percentile_seconds(
            {int(word.removeprefix(TOOK)): count for word, count in counts.items() if word.startswith(TOOK)},
            share=share,
        )


def merged(samples: Sequence[Sample]) -> Sample:
    """Several steps as one, the last one's end; there must be at least one."""
    told = [each for each in samples if each.busy is not None]
    seconds = sum(each.seconds for each in told)
    return Sample(
        at=samples[-1].at,
        seconds=sum(each.seconds for each in samples),
        counts=_summed(each.counts for each in samples),
        waiting=_most(each.waiting for each in samples),
        oldest_waiting_seconds=_most(each.oldest_waiting_seconds for each in samples),
        busy=sum((each.busy or 0.0) * each.seconds for each in told) / seconds if seconds else None,
        workers=max(each.workers for each in samples),
        processes=max(each.processes for each in samples),
    )


def happened(now: Counts, *, before: Counts) -> Counts:
    """What was counted between two looks. A counter that fell was lost and has begun anew: all it shows is new."""
    steps = {name: _steps(counts, before.get(name, {})) for name, counts in now.items()}
    return {name: counts for name, counts in steps.items() if counts}


def as_json(sample: Sample) -> dict[str, Any]:
    """For the cache, short."""
    return {
        "at": to_ms(sample.at),
        "s": round(sample.seconds, 3),
        "c": sample.counts,
        "w": sample.waiting,
        "o": sample.oldest_waiting_seconds,
        "b": sample.busy,
        "n": sample.workers,
        "p": sample.processes,
    }


def from_json(stored: Mapping[str, Any]) -> Sample:
    """What :func:`as_json` made short, in this version or another: what it did not tell stands at nothing."""
    return Sample(
        at=from_ms(stored["at"]),
        seconds=stored["s"],
        counts=stored.get("c", {}),
        waiting=stored.get("w", {}),
        oldest_waiting_seconds=stored.get("o", {}),
        busy=stored.get("b"),
        workers=stored.get("n", 0),
        processes=stored.get("p", 0),
    )


def _steps(now: Mapping[str, int], before: Mapping[str, int]) -> Mapping[str, int]:
    pairs = ((word, count, before.get(word, 0)) for word, count in now.items())
    return {word: count - old if count >= old else count for word, count, old in pairs if count != old}


def _summed(all_counts: Iterable[Counts]) -> Counts:
    sums: dict[str, Counter[str]] = {}
    for counts in all_counts:
        for name, words in counts.items():
            sums.setdefault(name, Counter()).update(words)
    return sums


def _most(levels: Iterable[Mapping[str, _Number]]) -> dict[str, _Number]:
    most: dict[str, _Number] = {}
    for level in levels:
        for label, value in level.items():
            most[label] = max(value, most.get(label, value))
    return most
