"""The cache and the broker: reachable, recent, with the right policies and the right time."""

from collections.abc import Iterator
from typing import Any

import redis

from api.amounts import duration
from api.doctor.finding import Finding, Health, broken, ok, warning
from precompute.clock import Clock
from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.message import Dispatch
from precompute.scripts import connect, reaching_cache
from precompute.settings import Settings

OLDEST = (6, 2)
"""The scripts and the stream use what came with Redis 6.2; Valkey began as 7.2."""

SKEW_TOLD_S = 1.0
SKEW_BROKEN_S = 10.0
"""Ages are reckoned with the clocks of all machines; a lease of twenty seconds must not look over when it is not."""

_START = "start it (`make run` starts embedded ones), or set {variable} to where it is"
_FORGETTING = ("allkeys-lru", "allkeys-lfu", "allkeys-random")


def cache_findings(settings: Settings, *, clock: Clock) -> Iterator[Finding]:
    """The server of ``REDIS_URL``."""
    try:
        info, now = _asked(settings.redis_url)
    except (StoreUnavailable, redis.RedisError) as problem:
        yield broken("cache", f"cannot be used: {_said(problem)}", _START.format(variable="REDIS_URL"))
        return
    yield _version("cache", info)
    yield _shared(info) if settings.broker == settings.redis_url else _forgets(info)
    yield skew("clock of the cache", now - clock().timestamp())


def broker_findings(settings: Settings, *, dispatch: Dispatch) -> Iterator[Finding]:
    """The server of ``BROKER_URL``."""
    if settings.broker == settings.redis_url:
        return
    if not settings.broker.startswith(("redis://", "rediss://")):
        yield _answers(dispatch, kind=settings.broker.partition(":")[0])
        return
    try:
        info, _ = _asked(settings.broker)
    except (StoreUnavailable, redis.RedisError) as problem:
        yield broken("broker", f"cannot be used: {_said(problem)}", _START.format(variable="BROKER_URL"))
        return
    yield _version("broker", info)
    yield _keeps(info)
    yield _lasts(info)


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
    name, policy, most = "memory of the cache", info["maxmemory_policy"], int(info["maxmemory"])
    if policy not in _FORGETTING:
        return broken(
            name,
            f"maxmemory-policy is {policy}: when it is full, nothing can be stored",
            "CONFIG SET maxmemory-policy allkeys-lru, and the same in its configuration",
        )
    if not most:
        return warning(
            name,
            f"{policy}, but without maxmemory it never evicts",
            "CONFIG SET maxmemory 1gb, or what the machine has",
        )
    return ok(name, f"{policy}, {info['used_memory_human']} of {info['maxmemory_human']} used")


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


def _keeps(info: dict[str, Any]) -> Finding:
    policy = info["maxmemory_policy"]
    if policy != "noeviction":
        return broken(
            "memory of the broker",
            f"maxmemory-policy is {policy}: when it is full, messages are lost",
            "CONFIG SET maxmemory-policy noeviction, and the same in its configuration",
        )
    return ok("memory of the broker", f"noeviction, {info['used_memory_human']} used")


def _lasts(info: dict[str, Any]) -> Finding:
    if not int(info.get("aof_enabled", 0)):
        return warning(
            "file of the broker",
            "no append-only file: what waits is lost when it restarts",
            "CONFIG SET appendonly yes, and the same in its configuration",
        )
    if info.get("aof_last_write_status", "ok") != "ok":
        return broken("file of the broker", "the last write to its append-only file failed", "make room on its disk")
    return ok("file of the broker", "append-only file is written")


def _answers(dispatch: Dispatch, *, kind: str) -> Finding:
    try:
        dispatch.ping()
    except BrokerUnavailable as problem:
        return broken("broker", problem.message, _START.format(variable="BROKER_URL"))
    return Finding(name="broker", health=Health.OK, found=f"answers ({kind})")


def _said(problem: Exception) -> str:
    return " ".join(str(problem.__cause__ or problem).split()) or type(problem).__name__
