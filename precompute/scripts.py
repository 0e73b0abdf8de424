"""The server-side scripts: each change of an entry or a task is one of them, so it happens whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.retry import Retry

from precompute.breaker import watch
from precompute.errors import PrecomputeError, StoreUnavailable
from precompute.lane import Lanes

CONNECT_TIMEOUT_S = 0.5
"""A cache on the same network that takes longer than this to connect to is down; readers must not wait for it."""

ANSWER_TIMEOUT_S = 5.0
"""Longest silence of the cache within one answer. Covers its pauses (fork, fsync)."""


CALLERS_WAIT_S = 0.8
"""The same where somebody waits for an answer of ours: 503 comes within a second."""


def connect(
    url: str,
    *,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
    impatient: bool = False,
) -> "redis.Redis":
    """A client with bounded waits; connects when first used. It waits for an answer twice, as it tries twice.

    Args:
        url: Of the server.
        connect_timeout_s: Longest wait for a connection.
        answer_timeout_s: Longest wait for an answer.
        impatient: Callers wait for what comes of it: it waits for :data:`CALLERS_WAIT_S` and only once, and leaves a
            server that was silent alone for a moment (:mod:`precompute.breaker`).
    """
    if impatient:
        answer_timeout_s = CALLERS_WAIT_S
    # A socket file has nothing to keep alive, and its connections refuse to be told so.
    keepalive = {} if url.startswith("unix:") else {"socket_keepalive": True}
    client = redis.Redis.from_url(
        url,
        socket_connect_timeout=connect_timeout_s,
        socket_timeout=answer_timeout_s,
        **keepalive,
        # One more try covers a connection that the server closed meanwhile; more would only add to the wait.
        retry=Retry(NoBackoff(), 1),
        health_check_interval=30,
        driver_info=_driver(),
    )
    if impatient:
        watch(client, patience_s=answer_timeout_s)
    return client


_REFUSALS = {
    "OOM": "it is out of memory",
    "READONLY": "it takes no writes: it is a replica",
    "MISCONF": "it takes no writes: it cannot save to its disk",
    "NOREPLICAS": "it takes no writes: it has too few replicas",
    "LOADING": "it is loading its data",
    "BUSY": "it is busy with a script",
    "CLUSTERDOWN": "its cluster is down",
    "MASTERDOWN": "its primary is down",
    "TRYAGAIN": "its cluster is being changed",
    "UNBLOCKED": "it has become a replica",
}
"""By the word that a server's error begins with, what keeps it from being used now. Every other error that a server
answers is a mistake of who asked: of a script, say, which must come to light."""


def _refusal(problem: redis.RedisError) -> str | None:
    """Why a server cannot be used now; nothing when it can, and ``problem`` is something else."""
    # A pipeline's error tells the command in front of what the server answered.
    words = str(problem).rpartition(" of pipeline caused error: ")[2].split(maxsplit=1)
    code = getattr(problem, "status_code", None) or (words[0] if words else "")
    if code in _REFUSALS:
        return _REFUSALS[code]
    away = isinstance(problem, redis.ConnectionError | redis.TimeoutError)
    return type(problem).__name__ if away else None


@cache
def _driver() -> DriverInfo:
    """Who we say we are, found out once.

    The client library reads it from its package's files for each connection, which is more than half of what connecting
    costs (0.8 of 1.2 ms of the processor), and many connect at once when many start to ask.
    """
    return DriverInfo()


@contextmanager
def reaching(server: str, *, unavailable: type[PrecomputeError]) -> Iterator[None]:
    """Raises ``unavailable`` where ``server`` cannot be reached, or refuses what it would do at another time.

    Args:
        server: How a message names it.
        unavailable: What callers expect.
    """
    try:
        yield
    except redis.RedisError as problem:
        why = _refusal(problem)
        if why is None:
            raise
        raise unavailable(f"{server} cannot be used now ({why})") from problem


@contextmanager
def reaching_cache() -> Iterator[None]:
    """Turns the client library's errors about the cache's server into ours.

    Raises:
        StoreUnavailable: The cache cannot be reached, is loading, is out of memory, or takes no writes.
    """
    with reaching("the cache", unavailable=StoreUnavailable):
        yield


def check_writes(client: Any) -> None:
    """Do nothing, if the server of ``client`` takes writes; else it raises what the client library does."""
    client.set(_PROBE, 1, px=_PROBE_LASTS_MS)


_PROBE, _PROBE_LASTS_MS = "pc:probe", 60_000


_SHARED_HERE = "-- shared.lua\n"
"""Where a script wants the shared steps if not in front of it: the server makes them anew with each run, which costs a
read that never gets there half of its time."""


class Scripts:
    """Runs the scripts of ``precompute/lua`` by name; their own comments give arguments and answers."""

    def __init__(self, client: "redis.Redis") -> None:
        folder = resources.files("precompute") / "lua"
        shared = (folder / "shared.lua").read_text()
        self._lanes = Lanes(client)
        self._scripts = {
            file.name.removesuffix(".lua"): client.register_script(_whole(file.read_text(), shared))
            for file in folder.iterdir()
            if file.name.endswith(".lua") and file.name != "shared.lua"
        }

    def run(self, name: str, *args: Any, before: Sequence[Sequence[Any]] = ()) -> Any:
        """What the script ``name`` answers to ``args``.

        Args:
            name: Of its file.
            *args: Its ARGV.
            before: Commands that come first, on the same way; they may be repeated.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        with reaching_cache():
            return run_script(self._lanes, self._scripts[name], args=args, before=before)


def run_script(
    lanes: Lanes,
    script: Any,
    *,
    keys: Sequence[str] = (),
    args: Sequence[Any] = (),
    before: Sequence[Sequence[Any]] = (),
) -> Any:
    """What a script answers that was registered with a client.

    Args:
        lanes: To the server of that client.
        script: As ``register_script`` gives it.
        keys: Its KEYS.
        args: Its ARGV.
        before: Commands that come first, on the same way; they may be repeated.

    Raises:
        redis.RedisError: As the client library does.
    """
    question = ("EVALSHA", script.sha, len(keys), *keys, *args)
    try:
        return lanes.ask_each([*before, question])[-1] if before else lanes.ask(*question)
    except (redis.ConnectionError, redis.exceptions.NoScriptError):
        # The server was restarted since, or closed what stood idle: the library's own way connects anew, and brings the
        # script along. Over a broken connection what comes before it went nowhere either.
        lanes.close()
        for command in before:
            script.registered_client.execute_command(*command)
        return script(keys=keys, args=args)


def _whole(script: str, shared: str) -> str:
    return script.replace(_SHARED_HERE, shared) if _SHARED_HERE in script else shared + script
