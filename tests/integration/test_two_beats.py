"""Two beats at once, as during an upgrade or by mistake: each schedule is sent once, and no clock stops them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from redbeat.decoder import RedBeatJSONDecoder, RedBeatJSONEncoder
from servers import ValkeyServer

from celeryconfig import DRAIN, DRAIN_EVERY, SWEEP
from precompute.queues import Queue

PROJECT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
_PATIENCE_S = 60


class Beats:
    """Two ``celery beat`` processes and the queue that they send to, which nobody drains.

    Args:
        folder: For their logs.
        server: Broker and cache.
    """

    def __init__(self, folder: Path, server: ValkeyServer) -> None:
        self.server = server
        self.client: Any = server.client()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
        environ = {**kept, "REDIS_URL": server.url, "BROKER_URL": server.url, "PRECOMPUTE_SWEEP_INTERVAL": "1s"}
        command = [sys.executable, "-m", "celery", "-q", "-A", "workers.app", "beat", "-S", "workers.beat.Scheduler"]
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.logs = [folder / f"{name}.log" for name in ("one", "two")]
        for path in self.logs:
            with path.open("wb") as log:
                process = subprocess.Popen(
                    [*command, "-l", "WARNING"], cwd=PROJECT, env=environ, stdout=log, stderr=log
                )
            self.processes[process.pid] = process

    def end(self) -> None:
        """End both."""
        for process in self.processes.values():
            process.kill()
            process.wait()

    def sent(self, name: str) -> list[tuple[int, datetime]]:
        """The process that sent each message of a task, and when it expires, the first one first."""
        found = [json.loads(one)["headers"] for one in reversed(self.client.lrange(Queue.CRITICAL.label, 0, -1))]
        mine = [headers for headers in found if headers["task"] == name]
        return [(int(one["origin"].partition("@")[0][3:]), datetime.fromisoformat(one["expires"])) for one in mine]

    def until_sent(self, name: str, *, times: int) -> list[tuple[int, datetime]]:
        """Hold on until so many messages of a task are there."""
        until = time.monotonic() + _PATIENCE_S
        while len(found := self.sent(name)) < times:
            assert time.monotonic() < until, found
            self.client.blpop("test:never", timeout=1)
        return found

    def until_told(self, what: str) -> None:
        """Hold on until one of the two has logged this."""
        until = time.monotonic() + _PATIENCE_S
        while not any(what in log.read_text() for log in self.logs):
            assert time.monotonic() < until
            time.sleep(0.1)

    def forget(self) -> None:
        """Take all messages off the queue."""
        self.client.delete(Queue.CRITICAL.label)


@pytest.fixture
def beats(tmp_path: Path) -> Iterator[Beats]:
    """Both running."""
    with ValkeyServer(tmp_path / "valkey") as server:
        both = Beats(tmp_path, server)
        yield both
        both.end()


def test_each_schedule_is_sent_once_whatever_happens_to_a_beat_or_its_clock(beats: Beats) -> None:
    """By one; when it is killed by the other, which outlives a clock an hour ahead and a server that was away."""
    drains = beats.until_sent(DRAIN, times=4)
    senders = {pid for pid, _ in [*drains, *beats.sent(SWEEP)]}
    assert len(senders) == 1
    assert len(beats.processes) == 2
    # Were each sent by both, it would be half of that. One that was sent late is followed sooner by the next.
    assert drains[-1][1] - drains[0][1] > (len(drains) - 1) * DRAIN_EVERY / 2

    (sender,) = senders
    beats.processes[sender].send_signal(signal.SIGKILL)
    beats.forget()
    taken_over = beats.until_sent(DRAIN, times=2)
    assert {pid for pid, _ in taken_over} == set(beats.processes) - senders

    for name in ("sweep", "drain"):
        key = f"pc:beat:{name}"
        meta = json.loads(beats.client.hget(key, "meta"), cls=RedBeatJSONDecoder)
        ahead = {**meta, "last_run_at": meta["last_run_at"] + HOUR}
        beats.client.hset(key, "meta", json.dumps(ahead, cls=RedBeatJSONEncoder))
        beats.client.zincrby("pc:beat::schedule", HOUR.total_seconds(), key)
    beats.forget()
    assert beats.until_sent(DRAIN, times=2)
    assert beats.until_sent(SWEEP, times=2)

    (other,) = set(beats.processes) - senders
    beats.server.stop()
    with pytest.raises(redis.ConnectionError):
        beats.client.ping()
    beats.until_told("schedule_away")
    beats.server.start()
    beats.forget()
    assert {pid for pid, _ in beats.until_sent(DRAIN, times=2)} == {other}
    assert beats.processes[other].poll() is None
