"""A worker's consumer, and connections that cannot be closed."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from kombu import Connection

from workers.consumer import SteadyConsumer


class ClosedTwice(Connection):  # type: ignore[misc]
    """As kombu leaves one whose broker was killed while a message was handed back."""

    def close(self) -> None:
        """Look for the address of what has been let go of."""
        transport: Any = SimpleNamespace(client=None)
        transport.client.hostname  # noqa: B018


def consumer(connection: Connection) -> Any:
    """One of a worker that has lost this connection."""
    lost = object.__new__(SteadyConsumer)
    lost.app, lost.connection = Celery("test", set_as_current=False), connection
    lost.qos_global, lost.pool, lost.prefetch_multiplier = False, SimpleNamespace(num_processes=1), 1
    return lost


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("kind", [Connection, ClosedTwice])
def test_a_connection_that_is_lost_is_let_go_of(kind: type[Connection]) -> None:
    """Though it cannot be closed: the worker goes on to connect anew."""
    lost = consumer(kind("memory://"))
    lost.on_connection_error_after_connected(ConnectionResetError("killed"))
    assert lost.connection is None


def test_other_faults_are_not_hidden() -> None:
    """Whatever else is missing is told."""
    lost = consumer(Connection("memory://"))
    del lost.app
    with pytest.raises(AttributeError, match="app"):
        lost.on_connection_error_after_connected(ConnectionResetError("killed"))
