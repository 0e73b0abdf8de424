"""How a worker takes messages from a Redis broker: in few steps, in order of urgency, and none is lost on the way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
from celery.worker import state
from kombu import Connection, Consumer, Producer, Queue
from kombu.transport.redis import Transport
from servers import ValkeyServer

from workers.redis_transport import ShortTransport

URGENT, LATER = Queue("urgent", routing_key="urgent"), Queue("later", routing_key="later")

WAIT_S = 60


class Worker:
    """As much of one as takes messages: it keeps what it was given.

    Args:
        url: Of the broker.
        prefetch: So many messages are held at once.
        transport: How it talks with the broker.
        no_ack: It acknowledges nothing.
    """

    def __init__(
        self, url: str, *, prefetch: int = 1, transport: type[Transport] = ShortTransport, no_ack: bool = False
    ) -> None:
        options = {"queue_order_strategy": "priority"}
        self.connection = Connection(url, transport=transport, transport_options=options)
        self.channel: Any = self.connection.channel()
        self.given: list[Any] = []
        keep: Callable[[Any, Any], None] = lambda body, message: self.given.append(message)  # noqa: E731
        self.consumer = Consumer(self.channel, [URGENT, LATER], callbacks=[keep], accept=["json"], no_ack=no_ack)
        self.consumer.qos(prefetch_count=prefetch)
        self.consumer.consume()

    def take(self) -> Any:
        """The body of the next message."""
        before = len(self.given)
        while len(self.given) == before:
            self.connection.drain_events(timeout=WAIT_S)
        return self.given[-1].payload

    def done(self) -> None:
        """Acknowledge the last message."""
        self.given[-1].ack()

    def close(self) -> None:
        """As a worker in good order does."""
        self.channel.close()
        self.connection.close()


@pytest.fixture
def worker(cache_server: ValkeyServer, cache_client: "redis.Redis") -> Iterator[Worker]:
    """One that holds a message at a time, on an empty broker."""
    one = Worker(cache_server.url)
    yield one
    one.close()


def publish(url: str, *bodies: object, to: Queue = LATER) -> None:
    """As a trigger does."""
    with Connection(url) as connection:
        producer = Producer(connection.channel())
        for body in bodies:
            producer.publish(body, routing_key=to.routing_key, declare=[to], serializer="json")


def calls(client: Any, command: str) -> int:
    """How often the broker has run a command."""
    return int(client.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"])


def held(client: Any) -> tuple[int, int]:
    """How many messages the broker knows to be held, by both its notes."""
    return client.hlen("unacked"), client.zcard("unacked_index")


def test_messages_come_in_their_order_and_are_held_one_at_a_time(worker: Worker, cache_server: ValkeyServer) -> None:
    """Each is noted while it is held, and forgotten when it is done with."""
    publish(cache_server.url, 1, 2, 3)
    with cache_server.client() as client:
        for body in (1, 2, 3):
            assert worker.take() == body
            assert held(client) == (1, 1)
            assert client.llen("later") == 3 - body
            worker.done()
    publish(cache_server.url, 4)
    assert worker.take() == 4


def test_the_end_of_a_message_and_the_next_one_are_one_question(worker: Worker, cache_server: ValkeyServer) -> None:
    """While messages wait, nobody waits for a message."""
    publish(cache_server.url, 1, 2, 3, 4)
    with cache_server.client() as client:
        before = {name: calls(client, name) for name in ("brpop", "eval")}
        for _ in range(4):
            worker.take()
            worker.done()
        publish(cache_server.url, 5)
        assert worker.take() == 5
        asked = {name: calls(client, name) - before[name] for name in before}
    # The first one, and the last, for which it may have had to wait.
    assert asked["eval"] == 4
    assert asked["brpop"] <= 2


def test_what_is_urgent_is_taken_first(worker: Worker, cache_server: ValkeyServer) -> None:
    """However long the other messages have waited."""
    publish(cache_server.url, 1, 2)
    assert worker.take() == 1
    publish(cache_server.url, "now", to=URGENT)
    worker.done()
    assert worker.take() == "now"
    worker.done()
    assert worker.take() == 2


def test_several_are_held_where_several_processes_compute(cache_server: ValkeyServer, worker: Worker) -> None:
    """As many as there are processes, and no more."""
    worker.close()
    three = Worker(cache_server.url, prefetch=3)
    publish(cache_server.url, *range(5))
    with cache_server.client() as client:
        assert [three.take() for _ in range(3)] == [0, 1, 2]
        assert held(client) == (3, 3)
        three.given[1].ack()
        assert three.take() == 3
        assert held(client) == (3, 3)
    three.close()


def test_what_was_asked_for_when_a_worker_closes_is_given_back(worker: Worker, cache_server: ValkeyServer) -> None:
    """The answer may be on its way."""
    publish(cache_server.url, 1, 2)
    worker.take()
    worker.done()
    worker.close()
    with cache_server.client() as client:
        assert held(client) == (0, 0)
        assert client.llen("later") == 1


def test_another_worker_gives_back_what_one_held_that_died(worker: Worker, cache_server: ValkeyServer) -> None:
    """Also one that knows kombu's own transport alone, as an older version of this service does."""
    publish(cache_server.url, {"n": 1}, {"n": 2})
    worker.take()
    worker.done()
    assert worker.take() == {"n": 2}
    older = Worker(cache_server.url, transport=Transport)
    older.channel.qos.restore_by_tag(worker.given[-1].delivery_tag)
    assert older.take() == {"n": 2}
    assert older.given[-1].headers["redelivered"]
    older.done()
    with cache_server.client() as client:
        assert held(client) == (0, 0)
    older.close()


def test_a_worker_that_is_to_end_takes_no_more(worker: Worker, cache_server: ValkeyServer) -> None:
    """What it has done is forgotten all the same."""
    publish(cache_server.url, 1, 2)
    worker.take()
    state.should_stop = 0
    try:
        worker.done()
    finally:
        state.should_stop = None
    with cache_server.client() as client:
        assert held(client) == (0, 0)
        assert client.llen("later") == 1


def test_another_thread_only_says_that_a_message_is_done(worker: Worker, cache_server: ValkeyServer) -> None:
    """The connection on which messages come belongs to one."""
    publish(cache_server.url, 1, 2)
    worker.take()
    thread = threading.Thread(target=worker.done)
    thread.start()
    thread.join()
    with cache_server.client() as client:
        assert held(client) == (0, 0)
        assert client.llen("later") == 1
    assert worker.take() == 2


def test_connections_that_the_broker_closed_are_opened_anew(worker: Worker, cache_server: ValkeyServer) -> None:
    """A task may take longer than a server keeps idle connections."""
    publish(cache_server.url, 1, 2)
    worker.take()
    with cache_server.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)
        worker.done()
        # It may find out as it says so, or as it takes the next one; Celery connects anew then.
        with suppress(redis.ConnectionError):
            worker.take()
        worker.close()
        again = Worker(cache_server.url)
        assert again.take() == 2
        again.close()


def test_what_nobody_acknowledges_is_not_noted(cache_server: ValkeyServer, worker: Worker) -> None:
    """Answers of workers to ``celery inspect`` would be held for ever, and come again."""
    worker.close()
    reader = Worker(cache_server.url, prefetch=0, no_ack=True)
    publish(cache_server.url, 1, 2, 3)
    with cache_server.client() as client:
        assert [reader.take() for _ in range(3)] == [1, 2, 3]
        assert held(client) == (0, 0)
        reader.consumer.cancel()
        assert not reader.channel._unacknowledged
    reader.close()


def test_what_is_no_message_does_not_pass_for_one(worker: Worker, cache_server: ValkeyServer) -> None:
    """It is told as kombu tells it, and what comes after it is there still."""
    publish(cache_server.url, 1)
    worker.take()
    with cache_server.client() as client:
        client.lpush("later", "no message", "[1]", "{}")
        worker.done()
        for problem in (ValueError, TypeError, KeyError):
            with pytest.raises(problem):
                worker.take()
        assert held(client) == (0, 0)
    publish(cache_server.url, 2)
    assert worker.take() == 2
