"""Bodies as they arrive: who sends one slowly, or its beginning alone, takes no threads from those who read."""

from collections.abc import Callable
from threading import Semaphore
from typing import cast

from flask import Flask, current_app
from werkzeug.exceptions import ServiceUnavailable

from api.errors import RETRY_AFTER_S

PATIENCE_S = 0.25
"""How long a request waits for its turn to be read; nearly every body is there with its head."""

_INTAKE = "precompute-intake"


class Intake:
    """Reads bodies on half of the threads at most.

    The web server (granian 2.8) has no time limit for bodies, and a thread that reads one can neither be told nor
    ended; a second thread that reads in its place stops the whole process once the first has answered. 200 beginnings
    of bodies held all threads for as long as their senders liked; now the others answer within milliseconds.

    Args:
        threads: Of the API.
    """

    def __init__(self, threads: int) -> None:
        self._turns = Semaphore(max(1, threads // 2))

    def read(self, body: Callable[[], bytes]) -> bytes:
        """What ``body`` reads.

        Raises:
            ServiceUnavailable: As many as may be are being read already.
        """
        if not self._turns.acquire(timeout=PATIENCE_S):
            raise ServiceUnavailable("too many bodies arrive slowly; try again soon", retry_after=RETRY_AFTER_S)
        try:
            return body()
        finally:
            self._turns.release()


def attach_intake(app: Flask, *, threads: int) -> None:
    """Let ``app`` read bodies with so many threads."""
    app.extensions[_INTAKE] = Intake(threads)


def intake() -> Intake:
    """What reads the bodies of this request's app."""
    return cast(Intake, current_app.extensions[_INTAKE])
