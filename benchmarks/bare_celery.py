"""The rival of ``engine_overhead.py``: a Celery app with one task that does nothing, as Celery's own page shows it."""

import os
from collections.abc import Mapping
from typing import Any

from celery import Celery

app = Celery("bare", broker=os.environ["BROKER_URL"])
app.conf.update(
    task_ignore_result=True,
    task_default_queue="bare",
    worker_pool_start_method="spawn",
    broker_connection_retry_on_startup=True,
)
if os.environ.get("BARE_LATE"):
    # As carefully as the engine takes its messages.
    app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1)


@app.task(name="nothing")  # type: ignore[untyped-decorator]
def nothing() -> Mapping[str, Any]:
    """Nothing."""
    return {}
