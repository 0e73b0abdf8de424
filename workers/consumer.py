"""A worker's consumer that outlives a connection which Celery closes twice."""

import logging

from celery.worker.consumer import Consumer

_log = logging.getLogger(__name__)


class SteadyConsumer(Consumer):  # type: ignore[misc]
    """Connects anew though what is left of the old connection cannot be closed.

    When a Redis broker is killed while a message is being handed back, kombu 5.7 gives up closing half-way; Celery
    closes once more, kombu then looks for the address of a connection that it has let go of, and the worker would end
    with an AttributeError ("'NoneType' object has no attribute 'hostname'"). There is nothing to hand back there: the
    message comes again by its lease.
    """

    def on_connection_error_after_connected(self, exc: BaseException) -> None:
        """Let go of the connection."""
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError as problem:
            if problem.name != "hostname" or problem.obj is not None:
                raise
            _log.warning("Connection closed twice", extra={"action": "closed_twice", "reason": str(problem)})
