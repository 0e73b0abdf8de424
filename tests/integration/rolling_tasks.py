"""Two task types of a login, one computed from the other, that take as long as a worker needs to be caught at them."""

import time
from collections.abc import Mapping
from typing import Any

from login_rows import login_row

from precompute.job import Job
from workers.binding import computes

_TAKES_S = 0.2

GREETING = login_row("greeting")
LETTER = login_row("letter", GREETING)


@computes(GREETING)
def greeting(*, job: Job) -> Mapping[str, Any]:
    """For that user."""
    time.sleep(_TAKES_S)
    return {"text": f"Dear {job.event.subject_id}"}


@computes(LETTER)
def letter(greeting: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begins with the greeting."""
    time.sleep(_TAKES_S)
    return {"text": f"{greeting['text']}, well met"}
