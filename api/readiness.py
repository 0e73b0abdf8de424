"""Whether what the service needs is there."""

from collections.abc import Callable

from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.precomputer import Precomputer


def checks(precomputer: Precomputer) -> dict[str, str]:
    """``ok`` for the cache and for the broker, or what is wrong."""
    return {"cache": _check(precomputer.cache.ping), "broker": _check(precomputer.dispatch.ping)}


def _check(ping: Callable[[], None]) -> str:
    try:
        ping()
    except (StoreUnavailable, BrokerUnavailable) as outage:
        return outage.message
    return "ok"
