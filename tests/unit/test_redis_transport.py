"""Channels to a Redis broker whose connection is gone."""

import pytest
import redis
from kombu import Connection

from workers.app import app
from workers.redis_transport import ShortTransport


def test_workers_connect_by_it() -> None:
    """Whatever reads the app."""
    connection = app.connection_for_read("redis://127.0.0.1:1/0")
    assert isinstance(connection.transport, ShortTransport)


def test_who_asks_after_the_end_gets_an_error_of_the_connection() -> None:
    """Which Celery passes over, as a late acknowledgement does."""
    transport = ShortTransport(client=Connection("redis://127.0.0.1:1/0"))
    channel = object.__new__(ShortTransport.Channel)
    channel.connection = transport
    transport.client = None
    with pytest.raises(redis.ConnectionError, match="let go of"):
        channel._connparams()
    channel.connection = None  # it has been closed itself
    with pytest.raises(redis.ConnectionError, match="let go of"):
        channel._connparams()
    assert issubclass(redis.ConnectionError, transport.connection_errors)
