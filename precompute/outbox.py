"""Messages on their way to those who are told about alerts: sent once each, in order, again later where that fails.

Each address has a list of its own, so that one that is away holds up none of the others. Who sends takes a lease on the
address; should its process die meanwhile, another sends that message when the lease is over.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from precompute.cache import Cache
from precompute.durations import in_ms

LEASE = timedelta(minutes=2)
"""Sending takes seconds; what takes longer is sent by another."""

FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=15)
"""An address that did not take a message is left alone this long at first, then twice as long each time, up to that."""

WORTH_SENDING = timedelta(hours=24)
"""An older message tells nobody anything."""

MOST_WAITING = 200
"""Messages kept for one address; beyond that the oldest are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A message that this process is to send.

    Attributes:
        target: Where, as :func:`target_of` names it.
        token: Of the lease.
        message: What.
        stored: The same as it is kept.
    """

    target: str
    token: str
    message: dict[str, Any]
    stored: bytes


def target_of(url: str) -> str:
    """A name for an address that tells nothing of it: URLs hold passwords and tokens."""
    return hashlib.blake2b(url.encode(), digest_size=8).hexdigest()


def put_arguments(targets: Iterable[str], messages: Iterable[Any]) -> list[Any]:
    """How ``lua/alerts.lua`` takes the messages that go to every target."""
    targets = list(targets)
    return [MOST_WAITING, in_ms(WORTH_SENDING), len(targets), *targets, *(orjson.dumps(each) for each in messages)]


class Outbox:
    """The messages that were not sent yet, on the cache's server.

    Args:
        cache: Its server and its clock.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def claim(self, target: str, *, token: str) -> Claim | None:
        """The next message for ``target``, unless there is none, somebody else sends it, or the address rests.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        now = self._cache.now_ms()
        found = self._cache.scripts.run("outbox_claim", target, now, token, in_ms(LEASE), in_ms(WORTH_SENDING))
        if found is None:
            return None
        return Claim(target=target, token=token, message=orjson.loads(found), stored=found)

    def settle(self, claim: Claim, *, sent: bool) -> None:
        """Say what became of the message; one that was not sent comes again after a rest.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        rests = (in_ms(FIRST_REST), in_ms(LONGEST_REST))
        about = (claim.target, claim.token, int(sent), self._cache.now_ms())
        self._cache.scripts.run("outbox_settle", *about, *rests, claim.stored)
