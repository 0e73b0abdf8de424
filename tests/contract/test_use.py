"""What becomes of results computed ahead: kept fresh while somebody reads or will read them, and then no longer."""

import uuid
from datetime import timedelta

import pytest
from bench import LEASE, Bench

from precompute.admission import REFRESHES_AT, Bounds, admit
from precompute.anticipation import WANTED_FOR, Anticipation
from precompute.catalogue import Catalogue
from precompute.errors import Backlogged
from precompute.events import UserLoggedIn
from precompute.load import Backlog, check_room
from precompute.planner import Cause, plan
from precompute.prediction import PredictedAction, Prediction
from precompute.queues import Queue
from precompute.refreshing import Refreshing
from precompute.settings import Settings
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType
from precompute.usefulness import experience, usefulness

BOARD = TaskType(
    name="board",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(minutes=30),
    refresh_lead=timedelta(minutes=10),
    time_limit=timedelta(seconds=10),
    needed_for=("look",),
)
ROWS = Catalogue.of((BOARD,))
BARELY = 0.6


class Service:
    """Predictions, workers and the sweep of refreshes on one bench."""

    def __init__(self, bench: Bench, *, settings: Settings | None = None) -> None:
        self.bench = bench
        self.settings = settings or Settings()
        parts = {"catalogue": ROWS, "ledger": bench.ledger, "dispatch": bench.dispatch}
        self.anticipation = Anticipation(bounds=Bounds.of(self.settings), **parts)  # type: ignore[arg-type]
        self.backlog = Backlog(bench.cache, ROWS)
        about = {"settings": self.settings, "cache": bench.cache, "backlog": self.backlog}
        self.refreshing = Refreshing(**about, **parts)  # type: ignore[arg-type]

    def expect(self, user: str, *, probability: float = 0.9) -> int:
        """The user will probably look; how many results that queues."""
        told = PredictedAction(action="look", probability=probability)
        return self.anticipation.prepare({user: Prediction(actions=(told,), model_version="test")})

    def ahead(self, user: str, *, probability: float = 0.9) -> None:
        """The user will probably look, and a worker has it ready a second later."""
        assert self.expect(user, probability=probability) == 1
        message = next(one for one in reversed(self.bench.dispatch.sent) if one.key == key(user))
        self.bench.ledger.begin(message, owner="w", lease=LEASE, fingerprint="")
        took = timedelta(seconds=2)
        self.bench.cache.store(BOARD, key(user), owner="w", body=b"{}", parts={}, cost=took, source="token")
        self.bench.clock.forward(timedelta(seconds=1))

    def fill(self, until: int) -> None:
        """Let so many logins of others wait, and a second go by."""
        while self.backlog.before(Queue.LOGIN).waiting < until:
            event = UserLoggedIn(subject_id=f"waits{uuid.uuid4()}", user_id="waits")
            planned = plan(event, catalogue=ROWS, rows=[BOARD])
            admit(planned, ledger=self.bench.ledger, dispatch=list)  # type: ignore[arg-type]
            self.bench.clock.forward(timedelta(seconds=1))

    def refreshed_when_due(self) -> bool:
        """Whether the sweep hands something out when it is time."""
        self.bench.clock.forward(BOARD.ttl)
        return bool(self.refreshing.sweep().queued)


def key(user: str) -> CacheKey:
    """Of the board."""
    return BOARD.key_for(SubjectRef(subject=Subject.USER, id=user))


@pytest.fixture
def service(bench: Bench) -> Service:
    """With an empty cache."""
    return Service(bench)


def test_what_was_computed_ahead_and_never_read_is_not_refreshed(service: Service, bench: Bench) -> None:
    """Not when it is due, and not later."""
    service.ahead("u1")
    assert not service.refreshed_when_due()
    assert bench.client.zcard("pc:due") == 0


def test_what_was_computed_ahead_and_read_is_refreshed(service: Service, bench: Bench) -> None:
    """Like everything that is read."""
    service.ahead("u1")
    bench.cache.read(key("u1"))
    assert service.refreshed_when_due()


def test_what_will_be_read_is_refreshed_though_it_was_not(service: Service) -> None:
    """As long as it is wanted."""
    service.ahead("u1")
    service.expect("u1")
    assert BOARD.ttl < WANTED_FOR
    assert service.refreshed_when_due()


def test_what_was_given_up_is_taken_up_again_when_it_will_be_read(service: Service, bench: Bench) -> None:
    """By the prediction itself, which has a worker look whether it holds still."""
    service.ahead("u1")
    service.refreshed_when_due()
    assert bench.dispatch.revalidations == []
    assert service.expect("u1") == 1
    assert [one.keys for one in bench.dispatch.revalidations] == [[key("u1")]]


def test_predicted_work_is_refused_first_then_refreshes_and_events_last(bench: Bench) -> None:
    """Each at its own bound, all from the same count of what waits."""
    service = Service(bench, settings=Settings(most_waiting=2, most_waiting_events=15))
    for user in ("u1", "u2"):
        service.ahead(user)
        bench.cache.read(key(user))
    bench.clock.forward(BOARD.ttl)
    # One is due now, the other when the next bound has been reached.
    bench.client.zadd("pc:due", {str(key("u2")): bench.cache.now_ms() + 10**9})
    service.fill(2)
    assert service.expect("u3") == 0
    assert service.refreshing.sweep().queued == 1
    service.fill(2 * REFRESHES_AT)
    bench.client.zadd("pc:due", {str(key("u2")): 0})
    swept = service.refreshing.sweep()
    assert (swept.queued, swept.refused) == (0, 1)
    check_room(service.backlog, Queue.LOGIN, bounds=Bounds.of(service.settings))
    service.fill(15)
    with pytest.raises(Backlogged):
        check_room(service.backlog, Queue.LOGIN, bounds=Bounds.of(service.settings))


def test_a_type_that_is_computed_ahead_in_vain_is_computed_ahead_less(service: Service, bench: Bench) -> None:
    """Until people come for it again: the share read falls with each that went unread, and rises with each read."""
    users = [f"u{number}" for number in range(40)]
    for user in users:
        service.ahead(user, probability=BARELY)
    assert service.expect("new", probability=BARELY) == 1
    bench.clock.forward(BOARD.ttl + BOARD.grace + BOARD.kept_for_errors)
    bench.cache.clean()
    wasted = usefulness(bench.cache, ROWS)[BOARD.name][Cause.PREDICTION]
    assert (wasted.unused, wasted.wasted_seconds) == (40, 80.0)
    assert experience(bench.cache, ROWS).read_share(BOARD) == pytest.approx(15 / 60)
    assert service.expect("newer", probability=BARELY) == 0
    for user in users:
        service.ahead(user, probability=0.95)
        bench.cache.read(key(user))
    bench.clock.forward(timedelta(seconds=5))
    assert experience(bench.cache, ROWS).read_share(BOARD) == pytest.approx(55 / 100)
    assert service.expect("newest", probability=BARELY) == 1
