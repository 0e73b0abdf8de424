"""Machines whose clocks are wrong, or jump: all processes go by the clock of the cache's server."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from bench import SOLO, Bench, key
from servers import ValkeyServer

from precompute.cache import Cache
from precompute.entry import Entry
from precompute.ledger import Beginning, Ledger
from precompute.measures import report_worker, running_workers
from precompute.scripts import connect
from precompute.shared_clock import AGREED_FOR_S, SharedClock

HOUR = timedelta(hours=1)
CLOSE = timedelta(seconds=30)


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """How many have."""
        return self.seconds


def wrong_by(by: timedelta) -> Callable[[], datetime]:
    """The clock of a machine that is not right."""
    return lambda: datetime.now(UTC) + by


@pytest.fixture(params=[HOUR, -HOUR], ids=["ahead", "behind"])
def skewed(request: pytest.FixtureRequest, cache_client: "redis.Redis") -> SharedClock:
    """Of a process on a machine that is an hour off."""
    return SharedClock(cache_client, own=wrong_by(request.param))


def test_a_machine_that_is_an_hour_off_agrees_with_the_others(skewed: SharedClock, cache_client: "redis.Redis") -> None:
    """With the server, and so with whoever asks it."""
    seconds, microseconds = cache_client.time()
    server = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
    assert abs(skewed() - server) < CLOSE
    assert skewed().tzinfo is UTC


def test_what_a_skewed_worker_does_is_right_for_everybody_else(skewed: SharedClock, bench: Bench) -> None:
    """Its result is as fresh as any, it is watched over as any, and it counts as alive."""
    right = Cache(bench.client, clock=SharedClock(bench.client))
    bench.cache = Cache(bench.client, clock=skewed)
    bench.ledger = Ledger(bench.cache, watch=timedelta(seconds=20))
    bench.trigger(SOLO)
    assert bench.begin(SOLO) is Beginning.RUN
    watched = bench.client.zscore("pc:watch", str(key(SOLO)))
    assert abs(watched - right.now_ms() - 20_000) < CLOSE.total_seconds() * 1000
    bench.store(SOLO, value={"n": 1})
    report_worker(bench.cache, name="skewed@h", processes=1, queues=["video"])

    found = right.read(key(SOLO))
    assert isinstance(found, Entry)
    assert not found.stale
    assert abs(found.stale_at - found.read_at - SOLO.ttl) < CLOSE
    assert running_workers(right)
    due = bench.client.zscore("pc:due", str(key(SOLO)))
    assert due is not None
    assert right.now_ms() < due <= right.now_ms() + SOLO.ttl.total_seconds() * 1000


def test_a_clock_that_jumps_in_the_middle_is_not_noticed(cache_client: "redis.Redis") -> None:
    """Between two questions the monotonic clock tells; that is never set back."""
    jumps, passed = iter([timedelta(0), HOUR, -HOUR]), Watch()
    clock = SharedClock(cache_client, own=lambda: datetime.now(UTC) + next(jumps), passed=passed)
    first = clock()
    passed.seconds += 5
    assert clock() == first + timedelta(seconds=5)
    passed.seconds += AGREED_FOR_S
    assert abs(clock() - first) < CLOSE


def test_one_question_serves_for_a_while(cache_client: "redis.Redis") -> None:
    """Reads take no second round trip."""
    passed = Watch()
    clock = SharedClock(cache_client, passed=passed)
    for _ in range(100):
        clock()
    assert cache_client.info("commandstats")["cmdstat_time"]["calls"] == 1
    passed.seconds += AGREED_FOR_S
    clock()
    assert cache_client.info("commandstats")["cmdstat_time"]["calls"] == 2


def test_time_goes_on_while_the_server_is_away(cache_server: ValkeyServer) -> None:
    """By what was agreed before; and by the machine's own before anything was."""
    passed = Watch()
    away = SharedClock(connect("redis://127.0.0.1:1/0"), own=wrong_by(HOUR), passed=passed)
    assert abs(away() - datetime.now(UTC) - HOUR) < CLOSE
    with connect(cache_server.url) as client:
        clock = SharedClock(client, own=wrong_by(HOUR), passed=passed)
        before = clock()
        cache_server.kill()
        passed.seconds += 60
        assert clock() == before + timedelta(seconds=60)
        cache_server.start()
        passed.seconds += AGREED_FOR_S
        assert abs(clock() - datetime.now(UTC)) < CLOSE
