"""What runs in a worker's main process beside it, from the moment it is ready until it begins to end."""

from collections.abc import Callable
from typing import Any, Protocol

from celery import signals


class Beside(Protocol):
    """Does its work in a thread of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Do no more."""


def run_beside(made: Callable[[Any], Beside | None]) -> None:
    """Run something beside every worker that starts in this process.

    Args:
        made: Makes it for a worker, whose consumer it is given; None where there is nothing to do.
    """
    running: list[Beside] = []

    def started(sender: Any, **_: Any) -> None:
        found = made(sender)
        if found is not None:
            running.append(found)
            found.start()

    def ended(**_: Any) -> None:
        while running:
            running.pop().stop()

    signals.worker_ready.connect(started, weak=False)
    # A soft shutdown ends without telling; when it begins, the worker takes no more tasks already.
    signals.worker_shutting_down.connect(ended, weak=False)
    signals.worker_shutdown.connect(ended, weak=False)
