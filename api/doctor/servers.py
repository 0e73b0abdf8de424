"""The cache and the broker: reachable, recent, with the right policies and the right time."""

from collections.abc import Iterator
from typing import Any

import redis

from api.amounts import duration
from api.doctor.finding import Finding, Health, broken, ok, warning
from precompute.clock import Clock
from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.message import Dispatch
from precompute.schedule import schedule_url
from precompute.scripts import connect, reaching_cache
from precompute.settings import Settings
from precompute.stream import stream_url

OLDEST = (6, 2)
"""The scripts and the stream use what came with Redis 6.2; Valkey began as 7.2."""

SKEW_TOLD_S = 1.0
SKEW_BROKEN_S = 10.0
"""Ages are reckoned with the clocks of all machines; a lease of twenty seconds must not look over when it is not."""

_START = "start it (`make run` starts embedded ones), or set {variable} to where it is"
_KEPT = "facts, callbacks and beat's schedule"
_FORGETTING = ("allkeys-lru", "allkeys-lfu", "allkeys-random")


def cache_findings(settings: Settings, *, clock: Clock) -> Iterator[Finding]:
    """The server of ``REDIS_URL``."""
    try:
        info, now = _asked(settings.redis_url)
    except (StoreUnavailable, redis.RedisError) as problem:
        yield broken("cache", f"cannot be used: {_said(problem)}", _START.format(variable="REDIS_URL"))
        return
    yield _version("cache", info)
    if settings.broker == settings.redis_url:
        yield _shared(info)
    elif kept := _kept_with_the_cache(settings):
        yield _forgets_results_alone(info, kept=kept)
        yield _lasts(info, of="cache", kept=kept)
    else:
        yield _forgets(info)
    yield skew("clock of the cache", now - clock().timestamp())


def broker_findings(settings: Settings, *, dispatch: Dispatch) -> Iterator[Finding]:
    """The server of ``BROKER_URL``, and that of ``PRECOMPUTE_FACTS_URL`` where it is in use."""
    if settings.broker == settings.redis_url:
        return
    if settings.broker.startswith(("redis://", "rediss://")):
        yield from _keeper("broker", settings.broker, variable="BROKER_URL", kept="what waits")
        return
    yield _answers(dispatch, kind=settings.broker.partition(":")[0])
    if settings.facts_url and stream_url(settings) == settings.facts_url:
        yield from _keeper("facts", settings.facts_url, variable="PRECOMPUTE_FACTS_URL", kept=_KEPT)


def _keeper(name: str, url: str, *, variable: str, kept: str) -> Iterator[Finding]:
    """A server that must not forget."""
    try:
        info, _ = _asked(url)
    except (StoreUnavailable, redis.RedisError) as problem:
        yield broken(name, f"cannot be used: {_said(problem)}", _START.format(variable=variable))
        return
    yield _version(name, info)
    yield _keeps(info, of=name, kept=kept)
    yield _lasts(info, of=name, kept=kept)


def skew(name: str, seconds: float) -> Finding:
    """How far a server's clock is ahead of this machine's, or behind."""
    way = "ahead of" if seconds > 0 else "behind"
    found = f"{duration(abs(seconds))} {way} this machine's"
    mend = "have all machines set their clocks by NTP (`timedatectl set-ntp true`)"
    if abs(seconds) <= SKEW_TOLD_S:
        return ok(name, found)
    return (warning if abs(seconds) <= SKEW_BROKEN_S else broken)(name, found, mend)


def _asked(url: str) -> tuple[dict[str, Any], float]:
    """What a server tells of itself, and its time; INFO is allowed where CONFIG often is not."""
    client: Any = connect(url)
    with reaching_cache():
        info = {**client.info("server"), **client.info("memory"), **client.info("persistence")}
        seconds, micros = client.time()
    client.close()
    return info, seconds + micros / 1e6


def _version(name: str, info: dict[str, Any]) -> Finding:
    told = str(info["redis_version"])
    product = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {told}"
    numbers = tuple(int(part) for part in told.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        return broken(name, f"{product} is too old", "use Valkey, or Redis 6.2 or later")
    return ok(name, f"{product} answers")


def _forgets(info: dict[str, Any]) -> Finding:
    name, policy = "memory of the cache", info["maxmemory_policy"]
    if policy not in _FORGETTING:
        return broken(
            name,
            f"maxmemory-policy is {policy}: when it is full, nothing can be stored",
            "CONFIG SET maxmemory-policy allkeys-lru, and the same in its configuration",
        )
    return _bounded(info)


def _bounded(info: dict[str, Any]) -> Finding:
    name, policy = "memory of the cache", info["maxmemory_policy"]
    if not int(info["maxmemory"]):
        return warning(
            name,
            f"{policy}, but without maxmemory it never evicts",
            "CONFIG SET maxmemory 1gb, or what the machine has",
        )
    return ok(name, f"{policy}, {info['used_memory_human']} of {info['maxmemory_human']} used")


def _kept_with_the_cache(settings: Settings) -> str:
    """What is not to be forgotten and lies there all the same, as the broker is none that could keep it."""
    if stream_url(settings) == settings.redis_url:
        return _KEPT
    return "beat's schedule" if schedule_url(settings) == settings.redis_url else ""


def _forgets_results_alone(info: dict[str, Any], *, kept: str) -> Finding:
    """Results have an end and may be evicted; facts and schedule have none and stay. Callbacks do have one."""
    name, policy = "memory of the cache", info["maxmemory_policy"]
    mend = "CONFIG SET maxmemory-policy volatile-lru, or set PRECOMPUTE_FACTS_URL to a server with noeviction"
    if policy in _FORGETTING:
        found = f"maxmemory-policy is {policy}, which when it is full loses {kept}: with this broker they lie here"
        return broken(name, found, mend)
    if policy == "noeviction":
        return broken(name, f"maxmemory-policy is {policy}: when it is full, nothing can be stored", mend)
    return _bounded(info)


def _shared(info: dict[str, Any]) -> Finding:
    name, policy = "one server for both", info["maxmemory_policy"]
    if policy != "noeviction":
        return broken(
            name,
            f"cache and broker share a server with {policy}: when it is full, messages are lost",
            "set BROKER_URL to a server of its own with noeviction; or CONFIG SET maxmemory-policy noeviction",
        )
    return warning(
        name, "cache and broker share a server: when it is full, nothing works", "set BROKER_URL to a server of its own"
    )


def _keeps(info: dict[str, Any], *, of: str, kept: str) -> Finding:
    name, policy = f"memory of the {of}", info["maxmemory_policy"]
    if policy != "noeviction":
        return broken(
            name,
            f"maxmemory-policy is {policy}: when it is full, it loses {kept}",
            "CONFIG SET maxmemory-policy noeviction, and the same in its configuration",
        )
    return ok(name, f"noeviction, {info['used_memory_human']} used")


def _lasts(info: dict[str, Any], *, of: str, kept: str) -> Finding:
    name = f"file of the {of}"
    if not int(info.get("aof_enabled", 0)):
        return warning(
            name,
            f"no append-only file: a restart loses {kept}",
            "CONFIG SET appendonly yes, and the same in its configuration",
        )
    if info.get("aof_last_write_status", "ok") != "ok":
        return broken(name, "the last write to its append-only file failed", "make room on its disk")
    return ok(name, "append-only file is written")


def _answers(dispatch: Dispatch, *, kind: str) -> Finding:
    try:
        dispatch.ping()
    except BrokerUnavailable as problem:
        return broken("broker", problem.message, _START.format(variable="BROKER_URL"))
    return Finding(name="broker", health=Health.OK, found=f"answers ({kind})")


def _said(problem: Exception) -> str:
    return " ".join(str(problem.__cause__ or problem).split()) or type(problem).__name__
