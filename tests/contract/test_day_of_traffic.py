"""A day of simulated traffic: beat, workers and readers of a whole platform, minute by minute, on a real server."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bench import CATALOGUE, RATE, RAW, SOLO, TTL, Bench, key
from refreshing_worker import Worker

from precompute.entry import Entry
from precompute.job import Job
from precompute.mending import mend
from precompute.precomputer import Precomputer
from precompute.subjects import CacheKey
from precompute.task_type import TaskType
from workers.binding import Binding
from workers.execution import Execution
from workers.refreshing import refreshed

MINUTE = timedelta(minutes=1)
DAY = timedelta(hours=24)
READ = (SOLO, RATE)
"""What readers ask for: one by itself, one at the end of a chain."""


@dataclass
class Visit:
    """A reader of one key, who comes back before its time of being fresh is over."""

    key: CacheKey
    row: TaskType
    at: datetime
    known: bool = False
    waits: list[datetime] = field(default_factory=list)


class Town:
    """Videos whose sources change now and then, a worker who is a minute behind, and readers.

    Args:
        bench: The server, the clock and the queues.
        precomputer: What readers ask.
        worker: What computes.
        changing: Whether the source of a video changes at all.
    """

    def __init__(
        self, bench: Bench, precomputer: Precomputer, worker: Worker, *, changing: Callable[[str], bool]
    ) -> None:
        self.bench = bench
        self.precomputer = precomputer
        self.worker = worker
        self.changing = changing
        self.chance = random.Random(7)  # noqa: S311 - no secret
        self.versions: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self.reads = self.stale = 0
        self.bindings = {row.name: self._binding(row) for row in CATALOGUE}
        self.visits: list[Visit] = []

    def open(self, *, videos: int) -> None:
        """Every video is uploaded at some time of the first two hours, and read by somebody from then on."""
        for number in range(videos):
            began = self.bench.clock() + self.chance.random() * TTL
            self.visits += [Visit(key=key(row, f"v{number}"), row=row, at=began) for row in READ]

    def live(self, until: datetime) -> None:
        """Minute by minute: what was queued the minute before is done, what is due is swept, who comes reads."""
        while self.bench.clock() < until:
            self._work()
            self._sweep()
            self._change()
            for visit in self.visits:
                if visit.at <= self.bench.clock():
                    self._read(visit)
            self.bench.clock.forward(MINUTE)

    def _work(self) -> None:
        told, self.bench.dispatch.revalidations = self.bench.dispatch.revalidations, []
        for each in told:
            refreshed(self.worker.engine, self.bindings, each)
        execution = Execution(engine=self.worker.engine, bindings=self.bindings)
        while self.bench.dispatch.sent:
            execution.run(self.bench.dispatch.sent.pop(0))

    def _sweep(self) -> None:
        self.precomputer.refreshing.sweep()
        self.bench.cache.clean()
        mend(self.bench.ledger, CATALOGUE)

    def _change(self) -> None:
        for video in {visit.key.ref.id for visit in self.visits}:
            if self.changing(video) and self.chance.random() < MINUTE / timedelta(hours=3):
                self.versions[video] += 1

    def _read(self, visit: Visit) -> None:
        found = self.precomputer.get(visit.key)
        if isinstance(found, Entry):
            self.reads += 1
            self.stale += found.stale
            visit.known = True
            # At least once in each time of being fresh, and often just in time.
            visit.at += self.chance.choice((0.1, 0.5, 0.9, 0.999)) * TTL
        else:
            if visit.known:
                visit.waits.append(visit.at)
            self.bench.trigger(visit.row, video=visit.key.ref.id)
            visit.at += MINUTE

    def _binding(self, row: TaskType) -> Binding:
        def compute(*inputs: object, job: Job) -> dict[str, int]:
            self.runs[f"{row.name}:{job.event.subject_id}"] += 1
            return {"version": self.versions[job.event.subject_id]}

        reads = (lambda job: str(self.versions[job.event.subject_id]),) if row in (RAW, SOLO) else ()
        return Binding(row=row, function=compute, wants_job=True, opened_by=None, reads=reads)


@pytest.fixture
def worker(bench: Bench, tmp_path: Path) -> Worker:
    """One."""
    return Worker(bench, tmp_path)


def test_nobody_waits_twice_for_what_is_read_once_in_its_time(
    bench: Bench, precomputer: Precomputer, worker: Worker
) -> None:
    """Of thousands of reads in a day and a bit, each key's first one found nothing, and none after it."""
    town = Town(bench, precomputer, worker, changing=lambda video: int(video[1:]) % 2 == 0)
    town.open(videos=30)

    town.live(until=bench.clock() + DAY + TTL)

    assert [visit for visit in town.visits if visit.waits] == []
    assert all(visit.known for visit in town.visits)
    assert town.reads > 1200
    # A change is noticed when the refresh is due, not when it happens; hardly anybody sees the moment between.
    assert town.stale < 0.05 * town.reads
    # What never changed was looked at all day long and computed once.
    same = [count for name, count in town.runs.items() if int(name.split(":v")[1]) % 2 and name.startswith("solo")]
    assert same == [1] * 15
    # What changes is computed about once in its time of being fresh, however often it is read.
    often = [count for name, count in town.runs.items() if name.startswith("solo") and count > 1]
    assert len(often) == 15
    assert max(often) <= (DAY + TTL) / (0.8 * TTL)


def test_what_nobody_reads_any_more_is_let_go(bench: Bench, precomputer: Precomputer, worker: Worker) -> None:
    """Its source changes all day: it is computed once more after its last reader went, as that one may come back."""
    town = Town(bench, precomputer, worker, changing=lambda video: True)
    town.open(videos=10)
    town.live(until=bench.clock() + 3 * TTL)
    for visit in town.visits:
        visit.at += 2 * DAY
    before = Counter(town.runs)

    town.live(until=bench.clock() + DAY)

    more = town.runs - before
    assert max(more.values()) == 1
    assert sum(town.versions.values()) > 50
