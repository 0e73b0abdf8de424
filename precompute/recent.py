"""What users did lately, each and all together, where the API reads it in one round trip; the record is in the store.

It is kept beside the results, where it may be evicted, and not beside the facts that wait for the database: those must
not be lost, so their server never evicts, and a list for every user would fill it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

import orjson
import redis

from precompute import chronicle
from precompute.chronicle import Deed, News, Place
from precompute.clock import Clock, from_ms, system_clock, to_ms
from precompute.durations import in_ms
from precompute.facts import Action
from precompute.follow_up import DATED_EARLIER, FOLLOWED_WITHIN
from precompute.history import History
from precompute.lane import Lanes
from precompute.scripts import Scripts, reaching_cache
from precompute.subjects import CacheKey, Subject

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

    def add(
        self,
        actions: Iterable[Action],
        *,
        zones: Mapping[str, str] | None = None,
        outdates: Mapping[str, CacheKey] = MappingProxyType({}),
        before: Sequence[Sequence[Any]] = (),
    ) -> None:
        """Put actions at the ends of their users' lists, each followed up against what was predicted before it.

        One round trip, whatever it is that is added.

        Args:
            actions: Of any users, in the order accepted.
            zones: Time zones that users told, by user.
            outdates: By user, the result that their actions make outdated: it goes stale.
            before: Commands to the same server that come first, where there is anything to add.

        Raises:
            StoreUnavailable: The server cannot be reached; the actions may be there or not.
        """
        actions, zones = list(actions), zones or {}
        users = {user_id: number for number, user_id in enumerate({**zones, **{one.user_id: "" for one in actions}}, 1)}
        if users:
            limits = (in_ms(KEPT), MOST_KEPT, in_ms(FOLLOWED_WITHIN), in_ms(DATED_EARLIER), chronicle.MOST_KEPT)
            told = [arg for one in users for arg in (one, zones.get(one, ""), str(outdates.get(one, "")))]
            done = [arg for action in actions for arg in (users[action.user_id], _packed(action))]
            self._scripts.run("remember", to_ms(self._clock()), *limits, len(users), *told, *done, before=before)

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
        return self.read(user_ids)[0]

    def history(self, user_id: str) -> History:
        """The same of one user.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        return self.histories([user_id])[0]

    def read(self, user_ids: Sequence[str], *, since: Place | None = None) -> tuple[list[History], News | None]:
        """Histories of some users, and what everybody did since a place in the chronicle, in one round trip.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        commands = [] if since is None else [chronicle.asked(since)]
        answers = self._ask(commands + [command for user_id in user_ids for command in _about(user_id, MOST_KEPT)])
        news = None if since is None else chronicle.news(answers.pop(0), since=since)
        return [_history(*told) for told in zip(answers[::2], answers[1::2], strict=True)], news

    def chronicle(self) -> list[Deed]:
        """All that is known of what everybody did lately.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        return chronicle.deeds_in(self._ask([chronicle.EVERYTHING])[0])

    def tell(self, commands: Sequence[Sequence[Any]]) -> None:
        """Run commands about users on the same server, in one round trip.

        Raises:
            StoreUnavailable: The server cannot be reached.
        """
        self._ask(commands)

    def _found(self, user_ids: Sequence[str], *, most: int = MOST_KEPT) -> list[tuple[list[bytes], bytes | None]]:
        answers = self._ask([command for user_id in user_ids for command in _about(user_id, most)])
        return list(zip(answers[::2], answers[1::2], strict=True))

    def _ask(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        with reaching_cache():
            return self._lanes.repeat_each(commands)

    @cached_property
    def _scripts(self) -> Scripts:
        # Most of those who ask for recent actions never add one.
        return Scripts(self.client)

    @cached_property
    def _lanes(self) -> Lanes:
        return Lanes(self.client)


def _about(user_id: str, most: int) -> tuple[tuple[Any, ...], ...]:
    return ("LRANGE", f"pc:a:{user_id}", -most, -1), ("GET", f"pc:z:{user_id}")


def _packed(action: Action) -> bytes:
    subject = None if action.subject is None else action.subject.value
    return orjson.dumps([action.fact_id, to_ms(action.at), action.action, subject, action.subject_id])


def _unpacked(packed: bytes, *, user_id: str) -> Action:
    # A newer version may tell more, behind these.
    fact_id, at_ms, name, subject, subject_id, *_newer = orjson.loads(packed)
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
