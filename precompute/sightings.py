"""Reads as actions: whoever reads a user's dashboard on their behalf tells that the user views it."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from precompute.afterwards import Afterwards
from precompute.clock import Clock
from precompute.errors import BadParameters
from precompute.facts import Action
from precompute.subjects import CacheKey, check_id
from precompute.task_type import TaskType

SAME_VIEW = timedelta(seconds=10)
"""Reads of one thing that follow each other so closely are one view: a page reads several results, and asks again for
what is being computed."""

MOST_KNOWN = 10_000
"""Views that are remembered to tell which read belongs to one; about two megabytes."""


class Sightings:
    """Turns reads into actions. Readers do not wait for that: it is done afterwards, and lost where it cannot be done.

    Args:
        record: Takes the actions.
        clock: The instant.
    """

    def __init__(self, record: Callable[[Sequence[Action]], object], *, clock: Clock) -> None:
        self._afterwards = Afterwards(record, name="reads")
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        self._lock = Lock()

    def note(self, user_id: str, *, row: TaskType, key: CacheKey) -> None:
        """Take a read for the first action that ``row`` is needed for; without such an action or an id it is none."""
        if not row.needed_for:
            return
        try:
            check_id(user_id, field="user_id")
        except BadParameters:
            return
        at = self._clock()
        action = row.needed_for[0]
        if self._is_new((user_id, action, str(key.ref)), at=at):
            seen = Action(at=at, user_id=user_id, action=action, subject=key.ref.subject, subject_id=key.ref.id)
            self._afterwards.put([seen])

    def close(self) -> None:
        """Record what was noted."""
        self._afterwards.close()

    def _is_new(self, view: tuple[str, str, str], *, at: datetime) -> bool:
        with self._lock:
            before = self._seen.pop(view, None)
            self._seen[view] = at
            if len(self._seen) > MOST_KNOWN:
                self._seen.popitem(last=False)
        return before is None or at - before > SAME_VIEW
