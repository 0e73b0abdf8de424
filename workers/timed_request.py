"""A message in a worker, whose instants are the shared clock's (:mod:`workers.shared_time`).

Apart from it, since only workers need Celery's worker.
"""

from datetime import datetime
from typing import Any

from celery.worker.request import Request

from precompute.clock import system_clock


class TimedRequest(Request):  # type: ignore[misc]
    """Compares when it lapses or begins with its machine's clock, as Celery does, after telling them by that clock."""

    _eta: datetime | None
    _expires: datetime | None

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if self._eta is not None or self._expires is not None:
            ahead = system_clock() - self._app.now()
            self._eta = None if self._eta is None else self._eta + ahead
            self._expires = None if self._expires is None else self._expires + ahead
