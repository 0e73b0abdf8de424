"""Anticipation on the bench: rows that actions read, and users who will probably do one of them."""

from collections.abc import Mapping
from datetime import timedelta

from bench import LEASE, Bench

from precompute.admission import Bounds, admit
from precompute.anticipation import Anticipation
from precompute.catalogue import Catalogue
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.ledger import Beginning, TaskRecord
from precompute.planner import plan
from precompute.prediction import PredictedAction, Prediction
from precompute.queues import Queue
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType

HOUR = timedelta(hours=1)


def a_row(name: str, on: type[Event], *needed_for: str, inputs: tuple[TaskType, ...] = ()) -> TaskType:
    """One that those actions read."""
    queues = {Subject.USER: Queue.LOGIN, Subject.CAMPAIGN: Queue.CAMPAIGN, Subject.VIDEO: Queue.BACKGROUND}
    return TaskType(
        name=name,
        subject=on.subject,
        on=on,
        queue=queues[on.subject],
        ttl=HOUR,
        time_limit=timedelta(seconds=10),
        inputs=inputs,
        needed_for=needed_for,
    )


BOARD = a_row("board", UserLoggedIn, "look")
BILLS = a_row("bills", UserLoggedIn, "look", "pay")
TEXTS = a_row("texts", CampaignCreated)
RANKS = a_row("ranks", CampaignCreated, "write", inputs=(TEXTS,))
CLIP = a_row("clip", VideoUploaded, "watch")

ROWS = Catalogue.of((BOARD, BILLS, TEXTS, RANKS, CLIP))


class Ahead:
    """Anticipation on the bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def of(self, **bounds: float) -> Anticipation:
        """As one process has it, with those bounds."""
        ledger, dispatch = self.bench.ledger, self.bench.dispatch
        return Anticipation(catalogue=ROWS, ledger=ledger, dispatch=dispatch, bounds=Bounds(**bounds))  # type: ignore[arg-type]

    def prepare(self, *users: str, will: Mapping[str, float], **bounds: float) -> list[str]:
        """What is queued when all those users will do that next, as ``row:id``."""
        before = len(self.bench.dispatch.sent)
        self.of(**bounds).prepare({user: predicted(will) for user in users or ("u1",)})
        return [f"{sent.key.task_type}:{sent.key.ref.id}" for sent in self.bench.dispatch.sent[before:]]

    def begin(self, row: TaskType) -> Beginning:
        """A worker takes the latest task of u1 up."""
        message = next(one for one in reversed(self.bench.dispatch.sent) if one.key == key(row))
        return self.bench.ledger.begin(message, owner="w", lease=LEASE, fingerprint="")[0]

    def compute(self, row: TaskType, *, source: str = "") -> None:
        """The same, and it stores its result."""
        assert self.begin(row) is Beginning.RUN
        took = timedelta(seconds=2)
        self.bench.cache.store(row, key(row), owner="w", body=b"{}", parts={}, cost=took, source=source)

    def record(self, row: TaskType, subject_id: str = "u1") -> TaskRecord:
        """Its task."""
        return self.bench.ledger.records([key(row, subject_id)])[0]

    def fill(self, count: int, queue: Queue = Queue.LOGIN) -> None:
        """Let tasks of other users wait."""
        for number in range(count):
            event = UserLoggedIn(subject_id=f"waits{number}", user_id="waits")
            planned = plan(event, catalogue=ROWS, rows=[BOARD], priority=queue.value)
            admit(planned, ledger=self.bench.ledger, dispatch=list)  # type: ignore[arg-type]


def predicted(will: Mapping[str, float]) -> Prediction:
    """A prediction with those probabilities."""
    actions = tuple(PredictedAction(action=action, probability=share) for action, share in will.items())
    return Prediction(actions=actions, model_version="test")


def key(row: TaskType, subject_id: str = "u1") -> CacheKey:
    """Of a result."""
    return row.key_for(SubjectRef(subject=row.subject, id=subject_id))
