"""Bodies as they arrive: who sends one slowly, or its beginning alone, takes no threads from those who read."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock, Thread
from typing import cast

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestTimeout, ServiceUnavailable

from api.engine import places_of
from api.errors import RETRY_AFTER_S
from api.reading import LONGEST_WAIT_S
from api.unanswered import Unanswered
from api.waiting import Slots

PATIENCE_S = 0.25
"""How long a request waits for its turn to be read; nearly every body is there with its head."""

WHOLE_WITHIN = timedelta(seconds=LONGEST_WAIT_S + 10)
"""From the head to the last byte; longer than any request may wait for its answer, which is how the two are told apart
(:mod:`api.unanswered`). A megabyte at 25 kB a second."""

LOOK_EVERY = timedelta(seconds=5)

_LEAVES_AFTER = timedelta(minutes=1)
_LOOK_FOR_TURN_S = 0.005
_INTAKE = "precompute-intake"


class Intake:
    """Reads bodies on half of the threads at most, and none for longer than :data:`WHOLE_WITHIN`.

    The web server (granian 2.8) has no time limit for bodies, and a thread that reads one can neither be told nor
    ended; a second thread that reads in its place stops the whole process once the first has answered. So the
    connection itself is cut: that ends the read.

    Args:
        places: To be held by bodies that are being read.
        within: How long one may take.
        look_every: How often is looked for slow ones.
        clock: Seconds that only go up.
    """

    def __init__(
        self,
        places: Slots,
        *,
        within: timedelta = WHOLE_WITHIN,
        look_every: timedelta = LOOK_EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = places
        self._within_s, self._look_every_s = within.total_seconds(), look_every.total_seconds()
        self._clock = clock
        self._begun: dict[object, float] = {}
        self._latest = -PATIENCE_S
        self._lock = Lock()
        self._watch: Thread | None = None

    def read(self, body: Callable[[], bytes], *, port: int | None = None) -> bytes:
        """What ``body`` reads.

        Args:
            body: Returns when everything is there, or the connection is cut.
            port: Of ours, that the connection came to; None for one that cannot be cut.

        Raises:
            RequestTimeout: It took too long.
            ServiceUnavailable: As many as may be are being read already.
        """
        self._take_a_turn()
        token, began = object(), self._clock()
        self._begun[token] = self._latest = began
        try:
            if port is not None and self._watch is None:
                self._keep_watch(port)
            read = body()
        finally:
            del self._begun[token]
            self._places.give_back()
        if self._clock() - began > self._within_s:
            raise RequestTimeout(f"the body was not there within {self._within_s:.0f} seconds")
        return read

    def _take_a_turn(self) -> None:
        until = self._clock() + PATIENCE_S
        while not self._places.try_take():
            # Where the latest to be read is slow as well, no turn is about to end: waiting would only hold a thread.
            if self._clock() >= min(until, self._latest + PATIENCE_S):
                raise ServiceUnavailable("too many bodies arrive slowly; try again soon", retry_after=RETRY_AFTER_S)
            time.sleep(_LOOK_FOR_TURN_S)

    def _keep_watch(self, port: int) -> None:
        with self._lock:
            if self._watch is None:
                watch = Thread(target=self._cut_slow_ones, args=(port,), daemon=True)
                watch.start()
                self._watch = watch

    def _cut_slow_ones(self, port: int) -> None:
        unanswered = Unanswered(port, clock=self._clock)
        while self._begun or self._clock() - self._latest < _LEAVES_AFTER.total_seconds():
            time.sleep(self._look_every_s)
            oldest_s = self._clock() - min(tuple(self._begun.values()), default=self._clock())
            if oldest_s > self._look_every_s:
                # Seen first within two looks, and cut at the next one after its time, unless it looked idle.
                late = oldest_s > self._within_s + 4 * self._look_every_s
                unanswered.cut(after_seconds=self._within_s, idle_too=late)
            else:
                unanswered.forget()
        self._watch = None
        if self._begun:
            # It began while the watch was leaving.
            self._keep_watch(port)


def attach_intake(app: Flask) -> None:
    """Let ``app`` read bodies, on its places for them."""
    app.extensions[_INTAKE] = Intake(places_of(app).bodies)


def take_in(body: Callable[[], bytes]) -> bytes:
    """The body of this request, which ``body`` reads; see :meth:`Intake.read`."""
    port = request.environ.get("SERVER_PORT", "")
    intake = cast(Intake, current_app.extensions[_INTAKE])
    return intake.read(body, port=int(port) if port.isdigit() else None)
