"""Users who just did something, until somebody has looked at what they will do next: this process, or a worker."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from precompute.cache import Cache
from precompute.durations import in_ms
from precompute.errors import BrokerUnavailable, StoreUnavailable

_log = logging.getLogger(__name__)

HERE = 10
"""So many users at once are looked at in the process in which they did something: tens of milliseconds of its time. Of
more, which is a batch of actions or a rush, all are left to the workers."""

MOST = 1000
"""Users who wait for a worker; of more the latest. Whoever is left out is looked at when they do something again."""

LASTS = timedelta(seconds=30)
"""What somebody did longer ago says little about what they do next: they have done it. Messages expire with it."""

AT_ONCE = 100
"""Users that one message has looked at: tenths of a second of a worker's time."""


class Attention:
    """Has users looked at who just did something.

    Args:
        cache: Where they wait for a worker.
        look: Predicts what users do next, and gets it ready.
        ask: Publishes a message that has a worker call :meth:`attend`; it expires after :data:`LASTS`. One serves all
            who come until it is taken up.
    """

    def __init__(self, cache: Cache, *, look: Callable[[Sequence[str]], object], ask: Callable[[], None]) -> None:
        self._cache = cache
        self._look = look
        self._ask = ask

    def on_actions(self, requests: Sequence[Sequence[str]]) -> None:
        """Users did something, as some requests told. What cannot be now is not: nothing is lost but a head start.

        Args:
            requests: The users of each, in the order in which they did it; a user may be named often.
        """
        users = list(dict.fromkeys(user_id for request in reversed(requests) for user_id in reversed(request)))
        try:
            if len(users) <= HERE:
                self._look(users)
            elif self._cache.scripts.run("acted", self._cache.now_ms(), MOST, in_ms(LASTS), *reversed(users)):
                self._ask()
        except (StoreUnavailable, BrokerUnavailable) as problem:
            extra = {"action": "not_anticipated", "code": problem.code, "count": len(users)}
            _log.warning("Users not looked at", extra=extra)

    def attend(self) -> int:
        """Look at users who wait, whoever did something last first; when there are more, another message is sent.

        Returns:
            How many users that were.

        Raises:
            StoreUnavailable: The cache cannot be reached.
            BrokerUnavailable: The other message could not be sent, or what was predicted could not be queued.
        """
        found = self._cache.scripts.run("attend", self._cache.now_ms(), AT_ONCE, in_ms(LASTS))
        if len(found) == AT_ONCE:
            self._ask()
        self._look([user_id.decode() for user_id in found])
        return len(found)
