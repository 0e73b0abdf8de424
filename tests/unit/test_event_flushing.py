"""What Flower is told of tasks goes out in parcels, and none of it is lost."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from workers.app import app
from workers.event_flushing import FLUSH_S, MOST_EVENTS, FlushTogether, connect


class Consumer:
    """As much of a worker's consumer as it takes: a loop that keeps what is to be done later, and what was sent."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[[], Any]]] = []
        self.flushed = 0
        self.hub: Any = SimpleNamespace(
            call_later=lambda after, work, *args: self.later.append((after, lambda: work(*args)))
        )
        self.event_dispatcher: Any = SimpleNamespace(on_send_buffered=None, flush=self._flush)

    def _flush(self) -> None:
        self.flushed += 1

    def events(self, count: int) -> None:
        """Take events in, as Celery's dispatcher does."""
        for _ in range(count):
            self.event_dispatcher.on_send_buffered()


def started(consumer: Consumer) -> FlushTogether:
    """The step, once its consumer has begun."""
    step = FlushTogether(consumer)
    step.start(consumer)
    return step


def test_events_of_a_moment_go_out_together() -> None:
    """The first of them sets the time, and the next one after that another."""
    consumer = Consumer()
    started(consumer)

    consumer.events(3)
    assert [after for after, _ in consumer.later] == [FLUSH_S]
    assert consumer.flushed == 0
    consumer.later.pop()[1]()
    assert consumer.flushed == 1
    consumer.events(2)
    assert len(consumer.later) == 1
    # Celery's dispatcher sends so many at once, whenever.
    assert consumer.event_dispatcher.buffer_limit == MOST_EVENTS


def test_the_last_events_are_sent_when_the_worker_ends() -> None:
    """Nobody comes later to do it."""
    consumer = Consumer()
    step = started(consumer)

    consumer.events(1)
    step.stop(consumer)

    assert consumer.flushed == 1


def test_a_connection_that_comes_back_has_its_events_sent() -> None:
    """What waited for the old one must not keep later ones from being sent."""
    consumer = Consumer()
    step = started(consumer)
    consumer.events(1)
    step.stop(consumer)
    consumer.later.clear()

    step.start(consumer)
    consumer.events(1)

    assert len(consumer.later) == 1


def test_a_worker_without_a_loop_is_left_as_it_is() -> None:
    """Pools of threads send each event at once."""
    consumer = Consumer()
    consumer.hub = None

    started(consumer)

    assert consumer.event_dispatcher.on_send_buffered is None


def test_workers_do_so() -> None:
    """Not only where somebody thinks of it."""
    connect(app)

    assert FlushTogether in app.steps["consumer"]
