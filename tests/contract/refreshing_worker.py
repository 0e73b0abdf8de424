"""A worker on the bench whose computations keep account of their runs and read a world that tests change."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bench import CATALOGUE, CUTS, LOOKS, RATE, RAW, SOLO, Bench, key
from known_facts import KnownFacts

from precompute.callbacks import Callbacks
from precompute.entry import Entry
from precompute.errors import SourceUnavailable
from precompute.job import Computed, Job
from precompute.revalidation import Revalidation
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.subjects import Subject, SubjectRef
from precompute.task_type import TaskType
from workers.binding import Binding
from workers.execution import Execution
from workers.refreshing import revalidate
from workers.wiring import Engine

V1 = SubjectRef(subject=Subject.VIDEO, id="v1")


class World:
    """What the computations read, and how often each ran."""

    def __init__(self) -> None:
        self.video = "first"
        self.outcomes = "0"
        self.runs: list[str] = []
        self.asked = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def look_at_video(self, job: Job) -> str:
        """The version of the video; something may happen while it is asked for."""
        self.asked += 1
        self.meanwhile()
        if self.video == "unreachable":
            raise SourceUnavailable("the server does not answer")
        return self.video

    def look_at_outcomes(self, job: Job) -> str:
        """How many there are."""
        return self.outcomes

    def bound(self, row: TaskType, *reads: Callable[[Job], str], tells: bool = False) -> Binding:
        """A function that keeps account of its runs."""

        def compute(*inputs: object) -> Computed:
            self.runs.append(row.name)
            return Computed(value={"run": len(self.runs)}, read=(self.video,) if tells else None)

        return Binding(row=row, function=compute, wants_job=False, opened_by=None, reads=reads, tells_read=tells)


class Worker:
    """The task bodies on the bench's server."""

    def __init__(self, bench: Bench, media_root: Path) -> None:
        self.bench = bench
        self.world = World()
        self.engine = Engine(
            settings=Settings(media_root=media_root),
            catalogue=CATALOGUE,
            cache=bench.cache,
            ledger=bench.ledger,
            dispatch=bench.dispatch,  # type: ignore[arg-type]
            facts=KnownFacts(),  # type: ignore[arg-type]
            stream=FactStream(bench.client),
            callbacks=Callbacks(bench.client, ledger=bench.ledger),
        )
        rows = (CUTS, LOOKS)
        self.bindings = {row.name: self.world.bound(row) for row in rows}
        self.bindings["raw"] = self.world.bound(RAW, self.world.look_at_video, tells=True)
        self.bindings["rate"] = self.world.bound(RATE, self.world.look_at_outcomes)
        self.bindings["solo"] = self.world.bound(SOLO, self.world.look_at_outcomes)

    def work(self) -> list[str]:
        """Run what is queued until nothing is; the names of what ran."""
        before = len(self.world.runs)
        execution = Execution(engine=self.engine, bindings=self.bindings)
        while self.bench.dispatch.sent:
            execution.run(self.bench.dispatch.sent.pop(0))
        return self.world.runs[before:]

    def have(self, *rows: TaskType, read: bool = True) -> None:
        """Results of video v1, read once."""
        self.bench.trigger(*rows)
        self.work()
        for row in rows:
            if read:
                self.bench.cache.read(key(row))

    def refresh(self, *rows: TaskType) -> None:
        """A worker takes up the refresh of results of video v1."""
        types = tuple(row.name for row in rows)
        ends = self.bench.clock() + timedelta(minutes=5)
        revalidate(self.engine, self.bindings, Revalidation(ref=V1, types=types, expires_at=ends))

    def entry(self, row: TaskType) -> Entry:
        """As it is served, without counting."""
        found = self.bench.cache.read(key(row), counted=False)
        assert isinstance(found, Entry)
        return found
