"""Sending what the outbox holds, by Apprise, to the addresses of ``PRECOMPUTE_ALERT_URLS``."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from precompute.cache import Cache
from precompute.clock import from_ms
from precompute.errors import DeclarationError
from precompute.outbox import Outbox, target_of

_log = logging.getLogger(__name__)

AT_ONCE = 20
"""Messages sent to one address before the next has its turn."""

_MINUTE = timedelta(minutes=1)


@cache
def _library() -> Any:
    """Apprise, loaded when there is something to send: it takes a third of a second and some twenty megabytes.

    What it logs names URLs, and those hold passwords and tokens; ours says what became of each message. A filter, since
    it sets its logger's other properties back itself.
    """
    logging.getLogger("apprise").addFilter(lambda record: False)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    return import_module("apprise")


def check_addresses(urls: Sequence[str]) -> None:
    """Do nothing, if something can be sent to all of them.

    Raises:
        DeclarationError: One is of no service that Apprise knows, or lacks something; says which without showing it.
    """
    for place, url in enumerate(urls, start=1):
        if _library().Apprise.instantiate(url) is None:
            raise DeclarationError(
                f"PRECOMPUTE_ALERT_URLS: URL {place} of {len(urls)} ({scheme_of(url)}://…) is of no service that "
                "Apprise knows, or lacks something that the service needs; see https://appriseit.com"
            )


def send(url: str, message: Mapping[str, Any]) -> bool:
    """Send one message as the outbox keeps it; whether the other side took it."""
    library = _library()
    service = library.Apprise()
    service.add(url)
    kind = library.NotifyType.SUCCESS if message["ended"] else library.NotifyType.WARNING
    return bool(service.notify(title=title_of(message), body=body_of(message), notify_type=kind))


def title_of(message: Mapping[str, Any]) -> str:
    """The line over a message."""
    return f"precompute: {message['alert']} {'is over' if message['ended'] else 'has started'}"


def body_of(message: Mapping[str, Any]) -> str:
    """The text of a message, with the time that belongs to it."""
    since = from_ms(message["since_ms"])
    if message["ended"]:
        return f"{message['text']}\nIt lasted {lasted(from_ms(message['at_ms']) - since)}."
    return f"{message['text']}\nSince {told_at(since)}."


def told_at(instant: datetime) -> str:
    """An instant for people."""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def lasted(duration: timedelta) -> str:
    """A duration for people."""
    if duration < _MINUTE:
        return f"{duration.total_seconds():.0f} s"
    if duration < 60 * _MINUTE:
        return f"{duration / _MINUTE:.0f} min"
    return f"{duration / _MINUTE / 60:.1f} h"


def scheme_of(url: str) -> str:
    """The part of an address that may be shown."""
    return urlsplit(url).scheme


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends messages from the outbox, each by one process.

    Attributes:
        cache: Where the outbox is.
        urls: Of Apprise.
    """

    cache: Cache
    urls: tuple[str, ...]

    def send_waiting(self) -> int:
        """Send what waits, as far as the addresses take it; how many messages went.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        return sum(self._send_to(url, place=place) for place, url in enumerate(self.urls, start=1))

    def _send_to(self, url: str, *, place: int) -> int:
        outbox = Outbox(self.cache)
        for count in range(AT_ONCE):
            claim = outbox.claim(target_of(url), token=uuid.uuid4().hex)
            if claim is None:
                return count
            sent = send(url, claim.message)
            outbox.settle(claim, sent=sent)
            where = f"{scheme_of(url)} ({place} of {len(self.urls)})"
            about = {"alert": claim.message["alert"], "ended": claim.message["ended"], "to": where}
            if not sent:
                _log.warning("Alert not sent", extra={"action": "alert_not_sent", **about})
                return count
            _log.info("Alert sent", extra={"action": "alert_sent", **about})
        return AT_ONCE
