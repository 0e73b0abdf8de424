"""Texts that are made once for everybody who asks, and streams of them."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Lock


class Shared:
    """A text that is made anew at most every so often, however many ask for it.

    Args:
        make: Makes it; one caller at a time, the others wait for what it made.
        every: How old it may get.
        clock: Seconds that only go up.
    """

    def __init__(
        self, make: Callable[[], bytes], *, every: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.every = every
        self._make = make
        self._clock = clock
        self._lock = Lock()
        self._made: tuple[float, bytes] | None = None

    def now(self) -> bytes:
        """The text, as old as it may get at most."""
        with self._lock:
            if self._made is None or self._clock() - self._made[0] >= self.every.total_seconds():
                self._made = (self._clock(), self._make())
            return self._made[1]


def sent_again(
    shared: Shared,
    *,
    within: timedelta,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """The text now and each time it gets old, as server-sent events, until time is up.

    Each of them is a sign of life, too: a connection whose other end is gone is noticed by the next.

    Args:
        shared: JSON on one line.
        within: How long; at least one event is sent.
        sleep: Waits for so many seconds.
        clock: Seconds that only go up.
    """
    pause_s = shared.every.total_seconds()
    deadline = clock() + within.total_seconds()
    while True:
        yield b"data: %b\n\n" % shared.now()
        if clock() + pause_s > deadline:
            return
        sleep(pause_s)
