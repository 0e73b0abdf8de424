"""Looking ahead where many users did something at once: the API leaves that to the workers."""

import logging

from precompute.attention import Attention
from precompute.errors import BrokerUnavailable, StoreUnavailable

_log = logging.getLogger(__name__)


def look_ahead(attention: Attention) -> int:
    """Predict for users who wait for it, and queue what is worth it; how many users that were.

    While the cache or the broker is away nothing is done: users are looked at when they do something again.
    """
    try:
        return attention.attend()
    except (StoreUnavailable, BrokerUnavailable) as problem:
        extra = {"action": "not_anticipated", "code": problem.code, "reason": problem.message}
        _log.warning("Users not looked at", extra=extra)
        return 0
