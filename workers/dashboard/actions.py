"""What a user will probably do next, for whoever reads it from the cache."""

from collections.abc import Mapping
from typing import Any

from models import habits
from precompute.catalogue import PREDICTED_ACTIONS
from precompute.job import Job
from workers.binding import computes


@computes(PREDICTED_ACTIONS)
def predicted_actions(*, job: Job) -> Mapping[str, Any]:
    """The user's most frequent next actions.

    Raises:
        SourceUnavailable: The store cannot be asked now.
        StoreUnavailable: The cache cannot be reached.
    """
    user_id = job.event.subject_id
    # The store lags behind by what is on its way to it, and the recent ones may have been evicted: each may know more.
    known = {action.fact_id: action for action in (*job.facts.actions_of(user_id), *job.recent(user_id))}
    return habits.predict(list(known.values())).told()
