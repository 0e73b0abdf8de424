"""Users who just did something, until a worker has looked at what they will do next."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from precompute.cache import Cache
from precompute.durations import in_ms
from precompute.errors import BrokerUnavailable, StoreUnavailable

_log = logging.getLogger(__name__)

MOST = 1000
"""Users who wait to be looked at; of more the latest. Whoever is left out is looked at when they do something again."""

LASTS = timedelta(seconds=30)
"""What somebody did longer ago says little about what they do next: they have done it. Messages expire with it."""

AT_ONCE = 100
"""Users that one message has looked at: about a third of a second of a worker's time."""


class Attention:
    """Has somebody look at users who just did something: one message for all who come until it is taken up.

    Args:
        cache: Where they wait.
        ask: Publishes the message, which expires after :data:`LASTS`.
    """

    def __init__(self, cache: Cache, *, ask: Callable[[], None]) -> None:
        self._cache = cache
        self._ask = ask

    def draw(self, user_ids: Sequence[str]) -> None:
        """Have these users looked at soon. What cannot be now is not: nothing is lost but a head start."""
        if not user_ids:
            return
        try:
            now = self._cache.now_ms()
            if self._cache.scripts.run("acted", now, MOST, in_ms(LASTS), *dict.fromkeys(user_ids)):
                self._ask()
        except (StoreUnavailable, BrokerUnavailable) as problem:
            extra = {"action": "not_anticipated", "code": problem.code, "count": len(user_ids)}
            _log.warning("Users not looked at", extra=extra)

    def next(self) -> list[str]:
        """Users to look at now, whoever did something last first; when there may be more, another message is sent.

        Raises:
            StoreUnavailable: The cache cannot be reached.
            BrokerUnavailable: The other message could not be sent.
        """
        found = self._cache.scripts.run("attend", self._cache.now_ms(), AT_ONCE, in_ms(LASTS))
        if len(found) == AT_ONCE:
            self._ask()
        return [user_id.decode() for user_id in found]
