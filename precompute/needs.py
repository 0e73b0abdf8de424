"""What an action of a user needs ready: which results, about whom or what, and what they would be computed from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

import redis

from precompute.catalogue import Catalogue
from precompute.durations import in_ms
from precompute.errors import PrecomputeError
from precompute.events import Event, UserLoggedIn, event_from_json
from precompute.lane import Lanes
from precompute.scripts import reaching_cache
from precompute.subjects import CacheKey, Subject
from precompute.task_type import TaskType

KEPT = timedelta(days=90)
"""What was brought longer ago is nobody's latest any more; as long as actions are kept (:mod:`precompute.recent`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A result that a user's next action will read.

    Attributes:
        user_id: Whose action.
        row: Which result.
        event: About whom or what, and what it is computed from.
        probability: That it will be read.
        told: That the user's next action reads it, as a model said; the same unless more is known.
    """

    user_id: str
    row: TaskType
    event: Event
    probability: float
    told: float | None = None

    @property
    def key(self) -> CacheKey:
        """Where the result is kept."""
        return self.row.key_for(self.event.ref)


def remembering(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    """Commands that keep what users brought last; of two events about one kind of subject the later one."""
    by_user: dict[str, dict[str, str]] = {}
    for event in events:
        by_user.setdefault(event.user_id, {})[event.subject.value] = event.to_json()
    kept = [("HSET", _hash_of(user_id), *chain.from_iterable(told.items())) for user_id, told in by_user.items()]
    return [*kept, *(("PEXPIRE", _hash_of(user_id), in_ms(KEPT)) for user_id in by_user)]


class Latest:
    """The last login, video and campaign of each user, as their triggers told them; read in one round trip.

    It stands beside the results, where it may be evicted: then nothing is known of that user until the next trigger.

    Args:
        client: Of the cache's server, as :func:`precompute.scripts.connect` makes it.
    """

    def __init__(self, client: "redis.Redis") -> None:
        self._lanes = Lanes(client)

    def of_each(self, user_ids: Sequence[str]) -> list[Mapping[Subject, Event]]:
        """What is known of some users, in their order.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        return [_events(lines) for lines in self._ask([("HVALS", _hash_of(user_id)) for user_id in user_ids])]

    def _ask(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        with reaching_cache():
            return self._lanes.repeat_each(commands)


def needs(
    user_id: str, *, probabilities: Mapping[str, float], latest: Mapping[Subject, Event], catalogue: Catalogue
) -> list[Need]:
    """What a user's next action will read: of rows about a user their own, else of what they are at work on.

    Args:
        user_id: Whose.
        probabilities: By action; of several that read the same result the likeliest counts.
        latest: What the user brought or touched last.
        catalogue: Says which action reads which results.
    """
    found = []
    for row in catalogue.served():
        probability = max((probabilities.get(action, 0.0) for action in row.needed_for), default=0.0)
        event = latest.get(row.subject) or _of_user(user_id, row)
        if probability and event is not None:
            found.append(Need(user_id=user_id, row=row, event=event, probability=probability))
    return found


def _of_user(user_id: str, row: TaskType) -> Event | None:
    # Somebody who has not logged in through a trigger is known all the same.
    return UserLoggedIn(subject_id=user_id, user_id=user_id) if row.subject is Subject.USER else None


def _hash_of(user_id: str) -> str:
    return f"pc:u:{user_id}"


def _events(lines: Iterable[bytes]) -> Mapping[Subject, Event]:
    events = {}
    for line in lines:
        try:
            event = event_from_json(line)
        except (KeyError, TypeError, ValueError, PrecomputeError):
            continue  # written by another version of this service
        events[event.subject] = event
    return events
