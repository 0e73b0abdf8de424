"""Whether what the service needs is there."""

from collections.abc import Callable

from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.measures import running_workers
from precompute.precomputer import Precomputer


def checks(precomputer: Precomputer) -> dict[str, str]:
    """``ok`` for the cache and for the broker where they answer and take writes, or what is wrong."""
    return {"cache": _check(precomputer.cache.check_writes), "broker": _check(precomputer.dispatch.ping)}


def workers(precomputer: Precomputer) -> int | None:
    """How many workers report; None when the cache, where they do, cannot be asked.

    No part of being ready: without any the API still serves what is cached and takes triggers in, which wait. Taken out
    of the load balancer for it, all of the API would go when the workers do.
    """
    try:
        return len(running_workers(precomputer.cache))
    except StoreUnavailable:
        return None


def _check(ping: Callable[[], None]) -> str:
    try:
        ping()
    except (StoreUnavailable, BrokerUnavailable) as outage:
        return outage.message
    return "ok"
