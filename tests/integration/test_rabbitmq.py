"""RabbitMQ as the broker: what is accepted is there, and callers are told within a second when it is not."""

import os
import signal
import time
from pathlib import Path

import pytest
from rabbitmq import RabbitServer, rabbitmq_program

from precompute.errors import BrokerUnavailable
from precompute.message import Message
from precompute.queues import Queue
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.dispatch import CeleryDispatch
from workers.wiring import publishing_app

PATIENCE_S = 10.0
"""Far beyond a second on a busy machine, and far below what the library would wait by itself."""

TRIES = 30


def _message(number: int) -> Message:
    key = CacheKey.parse(f"hook_analysis:video:v{number}")
    return Message(task_id=f"t{number}", key=key, queue=Queue.VIDEO.label, event="{}", cause="event")


def _refused(dispatch: CeleryDispatch, number: int) -> bool:
    began = time.monotonic()
    try:
        dispatch([_message(number)])
    except BrokerUnavailable:
        assert time.monotonic() - began < PATIENCE_S
        return True
    return False


def _until_accepted(dispatch: CeleryDispatch) -> None:
    """A node that has just been started takes seconds for its first messages where the machine has much to do."""
    assert any(not _refused(dispatch, number) for number in range(6, 6 + TRIES))


def test_a_message_is_accepted_when_rabbitmq_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frozen or gone it is refused soon, not taken and forgotten; afterwards it goes on, with what it had accepted."""
    program = rabbitmq_program()
    if program is None:
        told = "no RabbitMQ on this machine; on Debian and Ubuntu: apt install rabbitmq-server"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    with RabbitServer(tmp_path / "rabbit", program=program) as server:
        app = publishing_app(Settings(broker_url=server.url))
        app.conf.broker_transport_options = {**app.conf.broker_transport_options, "confirm_publish": True}
        dispatch = CeleryDispatch(app)
        dispatch([_message(1), _message(2)])
        assert dispatch.waiting_on(Queue.VIDEO.label) == 2

        server.freeze(signal.SIGSTOP)
        assert _refused(dispatch, 3)
        assert _refused(dispatch, 4)
        server.freeze(signal.SIGCONT)

        server.kill()
        assert _refused(dispatch, 5)
        server.start()
        _until_accepted(dispatch)
        _until_accepted(dispatch)
        assert dispatch.waiting_on(Queue.VIDEO.label) >= 4
        dispatch.ping()
