"""A task type whose mood a test decides; named in PRECOMPUTE_PLUGINS of the stack under test."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from precompute.errors import UnusableSource
from precompute.events import UserLoggedIn
from precompute.job import Job
from precompute.queues import Queue
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.binding import computes

ATTACK = "<img src=x onerror='window.attacked = true'><script>window.attacked = true</script>"
"""What would run, if anything that is stored became markup."""

MOODY = TaskType(
    name="moody",
    subject=Subject.USER,
    on=UserLoggedIn,
    queue=Queue.LOGIN,
    ttl=timedelta(hours=1),
    time_limit=timedelta(seconds=60),
)


@computes(MOODY)
def moody(*, job: Job) -> Mapping[str, Any]:
    """Fails while there is a file ``bad_mood`` in the data folder."""
    if (job.settings.data_dir / "bad_mood").exists():
        raise UnusableSource(f"in a bad mood {ATTACK}")
    return {"mood": f"fine {ATTACK}"}
