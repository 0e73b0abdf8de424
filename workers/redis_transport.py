"""Kombu's Redis transport, whose channels say so when their connection has been let go of."""

from typing import Any

import redis
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.redis import Channel, Transport

NAMES = ("redis", "rediss")


class HonestChannel(Channel):
    """Fails with an error of the connection where kombu 5.7 looks for the address of none.

    When a broker is killed, Celery lets go of the connection while a task that ends, or the closing itself, may still
    ask its channel for another: kombu raised an AttributeError ("'NoneType' object has no attribute 'hostname'"), which
    ended the worker. As an error of the connection it is told and passed over; the message comes again.
    """

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection.client is None:
            raise redis.ConnectionError("the connection was let go of")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[no-untyped-call]


class HonestTransport(Transport):
    """Of such channels."""

    Channel = HonestChannel


def use() -> None:
    """Have every connection of this process to a Redis broker made so."""
    for name in NAMES:
        TRANSPORT_ALIASES[name] = f"{__name__}:{HonestTransport.__name__}"
