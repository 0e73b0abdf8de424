"""Results go out: from what is kept near or from the cache, at once or when they come; what is due is refreshed."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from precompute.cache import Cache
from precompute.entry import Entry, Miss
from precompute.near import NearReads
from precompute.notifications import Notifications
from precompute.subjects import CacheKey

LOOK_AGAIN_S = 5.0
"""A waiting reader looks by itself this often, in case a notification was lost with its connection."""


class Reads:
    """Hands the results of one process out.

    Args:
        cache: Where they are.
        check: Raises what is to be raised for keys under which nothing is kept.
        refresh: Starts the refresh of an entry that is due.
        notifications: Wakes waiting readers.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        check: Callable[[CacheKey], Any],
        refresh: Callable[[Entry], None],
        notifications: Notifications,
    ) -> None:
        self._cache = cache
        self._check = check
        self._refresh = refresh
        self._notifications = notifications
        self._near: NearReads | None = None

    def keep_near(self, *, most_bytes: int) -> None:
        """Keep up to so much in this process of what is read again and again."""
        self._near = NearReads(self._cache, check=self._check, refresh=self._refresh, most_bytes=most_bytes)

    def flush_hits(self) -> None:
        """Add the reads of this process to everybody's counters.

        Raises:
            StoreUnavailable: They were not added, and are kept.
        """
        if self._near is not None:
            self._near.flush_hits()

    def look(self, name: str, *, patient: bool = False, anew: bool = False, part: str = "") -> Entry | Miss:
        """The result under a key, or why there is none; reading a stale one starts its refresh.

        Args:
            name: The key as its reader writes it.
            patient: Its reader waits for what is on its way, and reads again: such a miss is not counted.
            anew: The cache itself is asked, whatever is kept near.
            part: Read this of what is kept beside the result, instead of the result.

        Raises:
            BadParameters: It is no key.
            UnknownPrecomputation: No served task type has such keys, or this result no such part.
            StoreUnavailable: The cache cannot be reached.
        """
        if self._near is not None:
            return self._near.get(name, patient=patient, anew=anew, part=part)
        key = CacheKey.parse(name)
        self._check(key)
        found = self._cache.read(key, patient=patient, part=part)
        if isinstance(found, Entry) and found.due:
            self._refresh(found)
        return found

    def get(self, key: CacheKey, *, wait: timedelta, part: str = "") -> Entry | Miss:
        """The same of the cache itself; what is on its way is waited for so long."""
        patient = wait > timedelta(0)
        found = self.look(str(key), patient=patient, anew=True, part=part)
        if not patient or isinstance(found, Entry) or not found.state.on_its_way:
            return found
        return self.come(key, wait=wait, part=part)

    def come(self, key: CacheKey, *, wait: timedelta, part: str = "") -> Entry | Miss:
        """What was found to be on its way, as soon as it has come, or what there is when the wait is over."""
        if wait > timedelta(0):
            self._hold_on(key, wait)
        return self.look(str(key), anew=True, part=part)

    def _hold_on(self, key: CacheKey, wait: timedelta) -> None:
        deadline = time.monotonic() + wait.total_seconds()
        with self._notifications.listening(key) as sleep:
            while self._on_its_way(key) and (left := deadline - time.monotonic()) > 0:
                sleep(min(left, LOOK_AGAIN_S))

    def _on_its_way(self, key: CacheKey) -> bool:
        # A request that waits counts as the one read that answers it, not as each look.
        found = self._cache.read(key, counted=False)
        return isinstance(found, Miss) and found.state.on_its_way
