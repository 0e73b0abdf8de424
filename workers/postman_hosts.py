"""Receivers of callbacks, and how many each is sent at once: one that says nothing must not hold up the others."""

import threading
from collections import Counter

MOST_EACH = 4
"""Callbacks that one worker sends to one host at a time."""

PATIENCE_S = 0.2
"""A host that takes what it is sent has room again within this time; one that does not is slow, and not waited for."""

QUICK_S = 1.0
"""A host that has taken a callback within this time is slow no more."""


class Hosts:
    """Who is being sent to; safe for threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sending: Counter[str] = Counter()
        self._slow: set[str] = set()

    def enter(self, host: str) -> bool:
        """Whether one more may be sent to ``host`` now; then :meth:`leave` must follow."""
        with self._changed:
            if host not in self._slow and not self._changed.wait_for(lambda: self._has_room(host), PATIENCE_S):
                self._slow.add(host)
            if not self._has_room(host):
                return False
            self._sending[host] += 1
            return True

    def leave(self, host: str, *, seconds: float) -> None:
        """One was sent, or not, in so many seconds."""
        with self._changed:
            self._sending[host] -= 1
            if not self._sending[host]:
                del self._sending[host]
            if seconds < QUICK_S or host not in self._sending:
                self._slow.discard(host)
            self._changed.notify_all()

    def _has_room(self, host: str) -> bool:
        return self._sending[host] < MOST_EACH
