"""The sweep and the broker: what was lost is published again, what waits its turn is left alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from bench import CUTS, LEASE, LOOKS, RAW, SOLO, Bench, key
from known_facts import KnownFacts
from servers import ValkeyServer

from precompute.admission import admit
from precompute.callbacks import Callbacks
from precompute.catalogue import Catalogue
from precompute.errors import BrokerUnavailable
from precompute.events import VideoUploaded
from precompute.ledger import Ledger
from precompute.message import Message
from precompute.planner import plan
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.task_type import TaskType
from workers.dispatch import CeleryDispatch
from workers.rescue import rescue
from workers.wiring import Engine, publishing_app


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A broker without workers."""
    with ValkeyServer(tmp_path_factory.mktemp("broker")) as server:
        yield server


@pytest.fixture
def queues(broker: ValkeyServer) -> Iterator["redis.Redis"]:
    """The broker's lists, emptied."""
    broker.start()
    with broker.client() as client:
        client.flushall()
        yield client


@pytest.fixture
def engine(bench: Bench, broker: ValkeyServer, queues: "redis.Redis") -> Iterator[Engine]:
    """The bench's cache, with a dispatch that publishes to the broker."""
    settings = Settings(broker_url=broker.url)
    app = publishing_app(settings)
    yield Engine(
        settings=settings,
        catalogue=Catalogue.of((RAW, CUTS, SOLO)),
        cache=bench.cache,
        ledger=Ledger(bench.cache, watch=LEASE),
        dispatch=CeleryDispatch(app),
        facts=KnownFacts(),
        stream=FactStream(bench.client),
        callbacks=Callbacks(bench.client, ledger=Ledger(bench.cache, watch=LEASE)),
    )
    app.close()


def upload(engine: Engine, *rows: TaskType, video: str = "v1") -> None:
    """What a trigger does."""
    event = VideoUploaded(subject_id=video, user_id="u1", fingerprint="f1")
    admit(plan(event, catalogue=engine.catalogue, rows=rows), ledger=engine.ledger, dispatch=engine.dispatch)


def message_of(engine: Engine, row: TaskType) -> Message:
    """The message of the task of video v1, as a worker gets it."""
    event = VideoUploaded(subject_id="v1", user_id="u1", fingerprint="f1").to_json()
    task_id = engine.ledger.records([key(row)])[0].task_id or ""
    return Message(task_id=task_id, key=key(row), queue="video", event=event, cause="event")


def test_a_task_of_a_plug_in_that_is_gone_is_forgotten(engine: Engine, bench: Bench, queues: "redis.Redis") -> None:
    """An hour after it was last heard of: nothing is left of it on any list; others are rescued all the while."""
    upload(engine, SOLO)
    bench.trigger(LOOKS, video="theirs")
    queues.flushall()
    without = replace(engine, catalogue=Catalogue.of((RAW, SOLO)))
    bench.clock.forward(timedelta(minutes=59))
    assert rescue(without) == 2
    assert bench.client.exists("pc:t:looks:video:theirs")
    bench.clock.forward(timedelta(minutes=2))

    rescue(without)

    assert not bench.client.exists("pc:t:looks:video:theirs")
    named = [bench.client.zrange(name, 0, -1) for name in ("pc:watch", "pc:q:video:looks")]
    assert b"looks:video:theirs" not in [key for keys in named for key in keys]
    assert bench.client.exists("pc:t:solo:video:v1")


def test_messages_on_a_queue_are_counted(engine: Engine) -> None:
    """Also where there is none, and where there never was one."""
    assert engine.dispatch.waiting_on("video") == 0
    upload(engine, SOLO, CUTS)

    assert engine.dispatch.waiting_on("video") == 2
    assert engine.dispatch.waiting_on("critical") == 0


def test_a_lost_message_is_published_again(engine: Engine, bench: Bench, queues: "redis.Redis") -> None:
    """After the broker lost everything, a sweep brings back what was queued, once for each length of the watch."""
    upload(engine, SOLO)
    queues.flushall()
    assert rescue(engine) == 0

    bench.clock.forward(LEASE)

    assert rescue(engine) == 1
    assert engine.dispatch.waiting_on("video") == 1
    assert rescue(engine) == 0


def test_a_task_that_waits_its_turn_is_left_alone(engine: Engine, bench: Bench) -> None:
    """As long as its queue holds messages, its own may be among them; a backlog brings no copies."""
    for number in range(5):
        upload(engine, SOLO, video=f"v{number}")
    for _ in range(3):
        bench.clock.forward(LEASE)
        assert rescue(engine) == 0

    assert engine.dispatch.waiting_on("video") == 5


def test_a_lost_message_is_published_again_behind_a_backlog(
    engine: Engine, bench: Bench, queues: "redis.Redis"
) -> None:
    """A broker that lost a message while others kept coming: after five minutes it goes out again."""
    upload(engine, SOLO, video="lost")
    queues.flushall()
    sent: list[timedelta] = []
    for second in range(0, 2400, 20):
        # Others come and are computed all the time, so the queue is never empty.
        upload(engine, SOLO, video=f"other{second}")
        bench.client.zrem("pc:watch", f"solo:video:other{second}")
        if rescue(engine):
            sent.append(timedelta(seconds=second))
        bench.clock.forward(timedelta(seconds=20))

    # Once within five minutes, and then ever more seldom: each copy may be waiting its turn.
    assert sent == [timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=35)]


def test_a_task_that_waited_for_its_inputs_is_given_its_time_from_then_on(engine: Engine, bench: Bench) -> None:
    """Its message went out when its inputs were there, however long ago it was asked for."""
    dependants = engine.dependants
    upload(engine, CUTS)
    bench.take(message_of(engine, RAW))
    for _ in range(20):
        bench.clock.forward(LEASE)
        engine.ledger.extend(key(RAW), owner="w1", lease=LEASE, progress=None)
        rescue(engine)
    bench.store(RAW)
    dependants.release(RAW, key(RAW))
    bench.clock.forward(LEASE)

    assert rescue(engine) == 0


def test_a_dead_workers_task_is_published_though_its_queue_is_full(engine: Engine, bench: Bench) -> None:
    """It was running, so its message is not among those that wait."""
    upload(engine, SOLO, video="v1")
    upload(engine, SOLO, video="v2")
    bench.take(message_of(engine, SOLO))
    bench.die(SOLO, "v1")

    assert rescue(engine) == 1
    assert engine.dispatch.waiting_on("video") == 3


def test_a_dead_workers_task_is_found_behind_all_those_that_wait(engine: Engine, bench: Bench) -> None:
    """One sweep looks after more than one batch of tasks, and what just waits for its inputs is not called rescued."""
    for number in range(250):
        bench.trigger(CUTS, video=f"v{number}")
        bench.begin(RAW, video=f"v{number}")
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.clock.forward(LEASE)
    bench.client.delete(f"pc:l:{key(SOLO)}")

    assert rescue(engine) == 1
    assert engine.dispatch.waiting_on("video") == 1


def test_a_task_of_a_plug_in_that_is_gone_stops_no_sweep(engine: Engine, bench: Bench, queues: "redis.Redis") -> None:
    """The others are looked after."""
    bench.trigger(*(row for row in engine.catalogue if row.name == "cuts"))
    upload(engine, SOLO)
    queues.flushall()
    bench.clock.forward(LEASE)
    smaller = replace(engine, catalogue=Catalogue.of((SOLO,)))

    assert rescue(smaller) == 1
    assert engine.dispatch.waiting_on("video") == 1


def test_a_broker_that_is_away_is_named_as_such(engine: Engine, broker: ValkeyServer, bench: Bench) -> None:
    """Publishing, counting and asking alike; nothing of the trigger is recorded."""
    broker.kill()
    for use in (lambda: upload(engine, SOLO), lambda: engine.dispatch.waiting_on("video"), engine.dispatch.ping):
        with pytest.raises(BrokerUnavailable):
            use()

    assert bench.everything() == {}
