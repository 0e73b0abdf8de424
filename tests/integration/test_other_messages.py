"""Messages of another version of the service, as there are on the queues during an upgrade: run or dropped."""

from typing import Any

from platform_under_test import Platform, key
from plugin_tasks import GLANCE, QUICK, SLOW
from pytest_docker_tools.wrappers.container import wait_for_callable

from celeryconfig import REVALIDATE, TASK_PREFIX
from precompute.entry import Failure, Miss, State
from precompute.events import UserLoggedIn
from precompute.queues import Queue

_EVENT = UserLoggedIn(subject_id="u1", user_id="u1", data={"numbers": [1, 2]}).to_json()


def _send(platform: Platform, name: str, **kwargs: Any) -> None:
    platform.engine.dispatch.app.send_task(name, kwargs=kwargs, queue=Queue.LOGIN.label, ignore_result=True)


def test_messages_of_other_versions_are_run_or_dropped(platform: Platform) -> None:
    """What can be understood is computed, what cannot is told or dropped, and what stands behind is computed."""
    quick, glance, slow = (str(key(row)) for row in (QUICK, GLANCE, SLOW))
    # Of versions that are gone or to come: less in them, more in them, and tasks that this one does not know.
    _send(platform, TASK_PREFIX + QUICK.name, key=quick, event=_EVENT)
    _send(platform, TASK_PREFIX + GLANCE.name, key=glance, event=_EVENT, cause="event", tenant="t1")
    _send(platform, TASK_PREFIX + SLOW.name, key=slow, event='{"event":"user_left"}', cause="event")
    _send(platform, TASK_PREFIX + "transcript", key="transcript:video:v1", event=_EVENT, cause="event")
    _send(platform, TASK_PREFIX + QUICK.name, key="transcript:video:v1", event=_EVENT, cause="event")
    _send(platform, TASK_PREFIX + QUICK.name, key="no key", event=_EVENT, cause="event")
    _send(platform, TASK_PREFIX + QUICK.name, event=_EVENT)
    _send(platform, REVALIDATE, ref="user:u1", types=["quick"], expires_ms=1, tenant="t1")
    platform.login(QUICK, user="u2")

    assert platform.value(QUICK, user="u2")["sum"] == 6
    wait_for_callable("waiting for the queue", lambda: platform.record(SLOW).state is State.FAILED, timeout=60)
    assert platform.value(QUICK)["sum"] == 3
    assert platform.value(GLANCE) == {"run": 1}
    found = platform.read(SLOW)
    assert isinstance(found, Miss)
    text = "its message was written by another version of this service and cannot be read by this one"
    assert found.failure == Failure(code="unknown_event", message=text)
    with platform.broker_client() as broker:
        wait_for_callable("waiting for the acknowledgements", lambda: not broker.hlen("unacked"), timeout=60)
        assert not broker.llen(Queue.LOGIN.label)
    assert {worker.container.status for worker in platform.workers} == {"running"}
    assert (platform.runs(QUICK), platform.runs(SLOW)) == (1, 0)
