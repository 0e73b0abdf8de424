"""What a trigger publishes: as plain Celery reads it, together with what the trigger says, once or not at all."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from bench import Bench
from celery import signals
from kombu import Connection
from servers import ValkeyServer
from watched_precomputer import precomputer_with

from precompute.catalogue import ROWS, Catalogue
from precompute.clock import system_clock
from precompute.correlation import CARRIED, REQUEST_ID
from precompute.errors import BrokerUnavailable
from precompute.message import Message
from precompute.notifications import Notifications
from precompute.queues import Queue
from precompute.settings import Settings
from precompute.stream import STREAM
from precompute.subjects import CacheKey
from workers import correlation, redis_transport
from workers.dispatch import CeleryDispatch
from workers.wiring import publishing_app

FACTS = [b'{"kind":"one"}', b'{"kind":"other"}']


def message(name: str = "video_samples", **more: Any) -> Message:
    """For some video."""
    key = CacheKey.parse(f"{name}:video:v1")
    told = {"task_id": str(uuid.uuid4()), "event": "{}", "cause": "event"} | more
    return Message(key=key, queue=Queue.VIDEO.label, **told)


@pytest.fixture
def settings(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Settings:
    """Of a service whose broker is a Redis."""
    return Settings(redis_url=cache_server.url, broker_url=cache_server.url, data_dir=tmp_path)


@pytest.fixture
def dispatch(settings: Settings) -> Iterator[CeleryDispatch]:
    """To it, as the API has it."""
    correlation.connect()
    app = publishing_app(settings)
    yield CeleryDispatch(app, keeps_facts=True)
    app.close()


def facts_in(client: Any) -> list[bytes]:
    """Those that were accepted."""
    return [fields[b"f"] for _, fields in client.xrange(STREAM)]


def published(url: str, many: int) -> list[Any]:
    """The next messages on the video queue, as any of kombu's consumers gets them."""
    with Connection(url) as connection:
        queue = connection.SimpleQueue(Queue.VIDEO.label)
        return [queue.get(block=False) for _ in range(many)]


def test_any_worker_reads_what_is_published(dispatch: CeleryDispatch, settings: Settings) -> None:
    """Name, id, arguments, end and request's id stand where Celery looks for them."""
    REQUEST_ID.set("r-1")
    until = system_clock() + timedelta(hours=1)
    sent = message(expires_at=until)
    dispatch([sent])
    REQUEST_ID.set("")

    [found] = published(settings.broker, 1)

    assert found.payload[:2] == [[], {"key": str(sent.key), "event": "{}", "cause": "event"}]
    told = {name: found.headers[name] for name in ("task", "id", "root_id", "expires", "argsrepr", CARRIED)}
    assert told == {
        "task": "precompute.video_samples",
        "id": sent.task_id,
        "root_id": sent.task_id,
        "expires": until.isoformat(),
        "argsrepr": str(sent.key),
        CARRIED: "r-1",
    }


def test_whoever_listens_to_celery_hears_of_each_message(dispatch: CeleryDispatch) -> None:
    """Celery's own signals, before and after; tracing hangs on them."""
    before, after = [], []

    def note_before(sender: str, **_: Any) -> None:
        before.append(sender)

    def note_after(sender: str, **_: Any) -> None:
        after.append(sender)

    signals.before_task_publish.connect(note_before)
    signals.after_task_publish.connect(note_after)
    dispatch([message(), message("video_sound")])
    assert before == after == ["precompute.video_samples", "precompute.video_sound"]


def test_flower_is_told_of_each_message(
    dispatch: CeleryDispatch, settings: Settings, cache_client: "redis.Redis"
) -> None:
    """In one parcel, as Celery's own event receiver takes it apart."""
    sent = [message(), message("video_sound")]
    heard: list[dict[str, Any]] = []
    with Connection(settings.broker) as connection:
        receiver = dispatch.app.events.Receiver(connection, handlers={"task-sent": heard.append})
        with receiver.consumer_context() as (own, _, _):
            while not cache_client.pubsub_numpat():
                # It subscribes as it reads first.
                with suppress(TimeoutError):
                    own.drain_events(timeout=0.1)
            dispatch(sent)
            while len(heard) < 2:
                own.drain_events(timeout=60)
    assert [(each["uuid"], each["name"], each["args"]) for each in heard] == [
        (each.task_id, f"precompute.{each.key.task_type}", str(each.key)) for each in sent
    ]


def test_facts_go_along_with_messages(dispatch: CeleryDispatch, cache_client: "redis.Redis") -> None:
    """In their order, and nothing else has to accept them; without a message nothing takes them along."""
    assert dispatch([message()], facts=FACTS)
    assert facts_in(cache_client) == FACTS

    assert not dispatch([], facts=FACTS)
    assert facts_in(cache_client) == FACTS


def test_facts_that_wait_elsewhere_are_left_to_who_brings_them(settings: Settings, cache_client: "redis.Redis") -> None:
    """A dispatch that does not know of their stream puts none there."""
    assert not CeleryDispatch(publishing_app(settings))([message()], facts=FACTS)
    assert not cache_client.exists(STREAM)


def test_a_refused_broker_takes_neither_messages_nor_facts(
    dispatch: CeleryDispatch, cache_client: "redis.Redis"
) -> None:
    """Not half of it: the trigger comes again whole."""
    dispatch([message()])
    cache_client.delete(Queue.VIDEO.label)
    cache_client.config_set("maxmemory", 1)
    try:
        with pytest.raises(BrokerUnavailable, match="out of memory"):
            dispatch([message()], facts=FACTS)
    finally:
        cache_client.config_set("maxmemory", 0)
    assert not cache_client.exists(STREAM, Queue.VIDEO.label)

    assert dispatch([message()], facts=FACTS)
    assert (cache_client.llen(Queue.VIDEO.label), facts_in(cache_client)) == (1, FACTS)


def test_a_fact_that_cannot_be_kept_is_told(dispatch: CeleryDispatch, cache_client: "redis.Redis") -> None:
    """What the server finds out only as it does it is raised too."""
    cache_client.set(STREAM, "no stream")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        dispatch([message()], facts=FACTS)


def test_publishing_goes_on_after_the_broker_was_started_again(
    dispatch: CeleryDispatch, cache_server: ValkeyServer, cache_client: "redis.Redis"
) -> None:
    """A connection that was closed meanwhile is noticed before anything is sent on it: nobody is refused."""
    dispatch([message()])
    cache_client.client_kill_filter(_type="normal", skipme=True)
    assert dispatch([message()], facts=FACTS)
    assert facts_in(cache_client) == FACTS


@pytest.mark.parametrize(
    ("broker", "short"),
    [("redis://h:1/0", True), ("rediss://h:1/0", False), ("sentinel://h:1", False), ("amqp://h", False)],
)
def test_only_plain_redis_brokers_are_talked_to_in_short(broker: str, short: bool, tmp_path: Path) -> None:
    """Others keep kombu's own way, with what it sees to there."""
    master = {"broker_master": "m"} if broker.startswith("sentinel") else {}
    app = publishing_app(Settings(broker_url=broker, data_dir=tmp_path, **master))
    assert (app.conf.broker_transport == redis_transport.NAME) is short


def test_a_trigger_goes_to_the_broker_once(
    dispatch: CeleryDispatch, settings: Settings, cache_client: "redis.Redis", tmp_path: Path
) -> None:
    """Its messages and what it says are one transaction; what starts nothing anew is recorded all the same."""
    # Predicts nothing by itself: that would go on when this test is over.
    catalogue, notifications = Catalogue.of(ROWS), Notifications(settings.redis_url)
    engine = precomputer_with(catalogue, Bench(cache_client), notifications, tmp_path)
    engine.dispatch = dispatch

    for facts in (2, 4):
        engine.on_video_upload("v1", "u1", video_data={"url": "https://videos.example.com/v1.mp4"})
        assert cache_client.info("commandstats")["cmdstat_exec"]["calls"] == 1
        assert len(facts_in(cache_client)) == facts
