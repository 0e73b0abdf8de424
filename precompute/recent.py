"""What users did lately, where the API reads it in one round trip; the durable record is in the store.

It is kept beside the results, where it may be evicted, and not beside the facts that wait for the database: those must
not be lost, so their server never evicts, and a list for every user would fill it.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import orjson
import redis

from precompute.clock import from_ms, to_ms
from precompute.durations import in_ms
from precompute.facts import Action
from precompute.scripts import reaching_cache
from precompute.subjects import Subject

MOST_KEPT = 200
"""Actions kept of one user: about 30 KB, and habits of a month or more at a handful of actions a day."""

KEPT = timedelta(days=90)
"""A user who did nothing for this long starts anew here."""


class RecentActions:
    """A short list of each user's latest actions.

    Args:
        client: Of the cache's server, as :func:`precompute.scripts.connect` makes it.
    """

    def __init__(self, client: "redis.Redis") -> None:
        self.client: Any = client

    def add(self, actions: Iterable[Action]) -> None:
        """Put actions at the ends of their users' lists, in one round trip.

        Raises:
            StoreUnavailable: The server cannot be reached; the actions may be there or not.
        """
        by_user: dict[str, list[bytes]] = {}
        for action in actions:
            by_user.setdefault(action.user_id, []).append(_packed(action))
        with reaching_cache(), self.client.pipeline(transaction=False) as pipe:
            for user_id, packed in by_user.items():
                pipe.rpush(_list_of(user_id), *packed)
                pipe.ltrim(_list_of(user_id), -MOST_KEPT, -1)
                pipe.pexpire(_list_of(user_id), in_ms(KEPT))
            pipe.execute()

    def of(self, user_id: str) -> list[Action]:
        """A user's latest actions in the order in which they were accepted; empty when nothing is known.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        return self.of_each([user_id])[0]

    def of_each(self, user_ids: Sequence[str]) -> list[list[Action]]:
        """The same of several users in one round trip, in their order.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        with reaching_cache(), self.client.pipeline(transaction=False) as pipe:
            for user_id in user_ids:
                pipe.lrange(_list_of(user_id), 0, -1)
            found = pipe.execute()
        return [
            [_unpacked(one, user_id=user_id) for one in packed] for user_id, packed in zip(user_ids, found, strict=True)
        ]


def _list_of(user_id: str) -> str:
    return f"pc:a:{user_id}"


def _packed(action: Action) -> bytes:
    subject = None if action.subject is None else action.subject.value
    return orjson.dumps([action.fact_id, to_ms(action.at), action.action, subject, action.subject_id])


def _unpacked(packed: bytes, *, user_id: str) -> Action:
    fact_id, at_ms, name, subject, subject_id = orjson.loads(packed)
    return Action(
        fact_id=fact_id,
        at=from_ms(at_ms),
        user_id=user_id,
        action=name,
        subject=None if subject is None else Subject(subject),
        subject_id=subject_id,
    )
