"""What a user will probably do next, for whoever reads it from the cache."""

from collections.abc import Mapping
from typing import Any

from precompute.catalogue import PREDICTED_ACTIONS
from precompute.job import Job
from precompute.recent import MOST_KEPT
from workers.binding import computes


@computes(PREDICTED_ACTIONS)
def predicted_actions(*, job: Job) -> Mapping[str, Any]:
    """The user's probable next actions, by the model in use.

    Raises:
        SourceUnavailable: The store cannot be asked now.
        StoreUnavailable: The cache cannot be reached.
    """
    user_id = job.event.subject_id
    history = job.recent(user_id)
    if len(history.steps) < MOST_KEPT:
        # The recent ones may have been evicted.
        history = history.after(job.facts.actions_of(user_id, most=MOST_KEPT))
    return job.predict([history], at=job.at)[0].told()
