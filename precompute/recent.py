"""What users did lately, where the API reads it in one round trip; the durable record is in the store.

It is kept beside the results, where it may be evicted, and not beside the facts that wait for the database: those must
not be lost, so their server never evicts, and a list for every user would fill it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import orjson
import redis

from precompute.clock import Clock, from_ms, system_clock, to_ms
from precompute.durations import in_ms
from precompute.facts import Action
from precompute.follow_up import DATED_EARLIER, FOLLOWED_WITHIN
from precompute.history import History
from precompute.scripts import Scripts, reaching_cache
from precompute.subjects import Subject

MOST_KEPT = 200
"""Actions kept of one user: about 30 KB, and habits of a month or more at a handful of actions a day."""

KEPT = timedelta(days=90)
"""A user who did nothing for this long starts anew here."""


class RecentActions:
    """A short list of each user's latest actions, and the time zone that the user told last.

    Args:
        client: Of the cache's server, as :func:`precompute.scripts.connect` makes it.
        clock: The instant.
    """

    def __init__(self, client: "redis.Redis", *, clock: Clock = system_clock) -> None:
        self.client: Any = client
        self._clock = clock

    def add(self, actions: Iterable[Action], *, zones: Mapping[str, str] | None = None) -> None:
        """Put actions at the ends of their users' lists, each followed up against what was predicted before it.

        One round trip, whatever it is that is added.

        Args:
            actions: Of any users, in the order accepted.
            zones: Time zones that users told, by user.

        Raises:
            StoreUnavailable: The server cannot be reached; the actions may be there or not.
        """
        zones = zones or {}
        by_user: dict[str, list[bytes]] = {user_id: [] for user_id in zones}
        for action in actions:
            by_user.setdefault(action.user_id, []).append(_packed(action))
        if by_user:
            limits = (in_ms(KEPT), MOST_KEPT, in_ms(FOLLOWED_WITHIN), in_ms(DATED_EARLIER))
            users = [
                arg
                for user_id, packed in by_user.items()
                for arg in (user_id, zones.get(user_id, ""), len(packed), *packed)
            ]
            self._scripts.run("remember", to_ms(self._clock()), *limits, *users)

    def of(self, user_id: str) -> list[Action]:
        """A user's latest actions in the order in which they were accepted; empty when nothing is known.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        return self.of_each([user_id])[0]

    def of_each(self, user_ids: Sequence[str], *, most: int = MOST_KEPT) -> list[list[Action]]:
        """The same of several users in one round trip, in their order; of each the latest ``most``.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        found = self._found(user_ids, most=most)
        return [
            [_unpacked(one, user_id=user_id) for one in packed]
            for user_id, (packed, _) in zip(user_ids, found, strict=True)
        ]

    def histories(self, user_ids: Sequence[str]) -> list[History]:
        """What predictions have to know of several users, in one round trip, in their order.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        return [_history(packed, zone) for packed, zone in self._found(user_ids)]

    def history(self, user_id: str) -> History:
        """The same of one user.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        return self.histories([user_id])[0]

    def _found(self, user_ids: Sequence[str], *, most: int = MOST_KEPT) -> list[tuple[list[bytes], bytes | None]]:
        with reaching_cache(), self.client.pipeline(transaction=False) as pipe:
            for user_id in user_ids:
                pipe.lrange(f"pc:a:{user_id}", -most, -1)
                pipe.get(f"pc:z:{user_id}")
            found = pipe.execute()
        return list(zip(found[::2], found[1::2], strict=True))

    @cached_property
    def _scripts(self) -> Scripts:
        # Most of those who ask for recent actions never add one.
        return Scripts(self.client)


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


def _history(packed: Sequence[bytes], zone: bytes | None) -> History:
    # Decoded at one go, and into no more than is needed: this is on the way of every prediction.
    rows = orjson.loads(b"[" + b",".join(packed) + b"]")
    instant = datetime.fromtimestamp
    return History(
        steps=tuple([(row[2], instant(row[1] / 1000, UTC)) for row in rows]),
        fact_ids=tuple([row[0] for row in rows]),
        zone=None if zone is None else zone.decode(),
    )
