"""A process that reads as the API does, for tests of what it keeps near."""

import time
from collections.abc import Callable
from typing import Any

from bench import SOLO, Bench, key

from precompute.cache import Cache
from precompute.entry import Entry, Miss
from precompute.near import NearReads
from precompute.scripts import connect

NAME = str(key(SOLO))
"""Whose result is read."""


class Process:
    """Reads as an API process does, on connections of its own; counts how often it asks the server."""

    def __init__(self, url: str, bench: Bench, *, most_bytes: int = 1_000_000) -> None:
        self.asked = 0
        self.early = 0.0
        self.refreshed: list[Entry] = []
        self.client = connect(url, impatient=True)
        self.cache = Cache(self.client, clock=bench.clock, draw=lambda: self.early)
        self.near = NearReads(
            self.cache,
            check=self._check,
            refresh=self.refreshed.append,
            most_bytes=most_bytes,
            # Never by itself: a test that is held up sees no other counts than one that is not.
            count_each_every_s=3_600,
        )

    def read(self, name: str = NAME) -> Entry | Miss:
        """One read."""
        return self.near.get(name)

    def number(self) -> Any:
        """What one read gives; None for a miss."""
        found = self.read()
        return found.value.get("n") if isinstance(found, Entry) else None

    def from_here(self, name: str = NAME) -> bool:
        """Whether a read was answered without asking the server."""
        before = self.asked
        self.read(name)
        return self.asked == before

    def keeps(self, name: str = NAME) -> None:
        """Returns once reads are answered from here: the process follows, and the entry has been read before."""
        until(lambda: self.from_here(name))

    def close(self) -> None:
        """Let go of everything."""
        self.near.close()
        self.client.close()

    def _check(self, _: Any) -> None:
        self.asked += 1


def until(met: Callable[[], bool], *, within_s: float = 60) -> None:
    """Returns once it is so; fails when that takes too long even for a busy machine."""
    late = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < late
        time.sleep(0.001)
