"""The Celery app that workers, beat and Flower load: ``celery -A workers.app``."""

import logging
import os
import sys
from typing import Any

from celery import signals

from precompute.errors import DeclarationError
from precompute.exposure import check_flower
from precompute.logs import formatter
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.shared_clock import SharedClock
from workers import redis_transport
from workers.shared_time import SharedTimeCelery

try:
    import celeryconfig

    _settings = Settings.from_environ(os.environ)
    if "flower" in sys.argv[1:]:
        check_flower(_settings)
except DeclarationError as _problem:
    # One line that says which variable is wrong, not a stack trace.
    sys.exit(f"precompute: {_problem.message}")


class WorkersCelery(SharedTimeCelery):
    """The class has the clock: a spawned child gets the app pickled, which is made anew there from its class."""

    shared_clock = SharedClock(connect(_settings.redis_url, impatient=True))


redis_transport.use()
app = WorkersCelery("precompute", include=["workers.tasks"])
# By name: a spawned child gets the app pickled, and modules cannot be.
app.config_from_object(celeryconfig.__name__)


@signals.beat_init.connect  # type: ignore[untyped-decorator]
def hide_the_schedule(**_: Any) -> None:
    """Let Flower not be told of what beat sends every few seconds: it would show little else."""
    app.conf.task_send_sent_event = False


@signals.after_setup_logger.connect  # type: ignore[untyped-decorator]
def write_lines(logger: logging.Logger, **_: Any) -> None:
    """Let the workers' log lines tell what they are about, and for which request."""
    for handler in logger.handlers:
        handler.setFormatter(formatter(_settings.log_format))
    # Ours say the same with the key, the sweep would fill the log with two lines every few seconds, and the HTTP client
    # writes whole URLs, whose queries may be signatures.
    for name in ("celery.worker.strategy", "celery.app.trace", "multiprocessing", "faster_whisper", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
