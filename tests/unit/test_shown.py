"""What Flower is told of a task, also when it is published again."""

from celery import Celery
from celery.app.task import Context

from workers.shown import ShownTask, shown


class _Message:
    key = "ctr_prediction:video:v1"
    cause = "refresh"


def _compute(**_: object) -> None:
    """A task's body."""


def test_a_task_that_is_tried_again_shows_the_same() -> None:
    """Its key and cause, not its arguments: the event may hold a signed URL."""
    told = shown(_Message())  # type: ignore[arg-type]
    assert told == {"argsrepr": "ctr_prediction:video:v1", "kwargsrepr": "cause=refresh"}
    app = Celery("test", set_as_current=False)
    task = app.task(_compute, name="precompute.ctr_prediction", base=ShownTask)
    kwargs = {"event": "https://example.org/v.mp4?signature=geheim"}
    request = Context(
        {"id": "t1", "args": [], "kwargs": kwargs, "delivery_info": {"exchange": "", "routing_key": "video"}, **told}
    )
    again = task.signature_from_request(request, countdown=2, retries=1)
    sent = app.amqp.as_task_v2(
        "t1",
        again.task,
        (),
        again.kwargs,
        **{name: again.options[name] for name in ("argsrepr", "kwargsrepr", "countdown", "retries")},
    )
    assert again.kwargs == kwargs
    assert again.options["queue"] == "video"
    assert {name: sent.headers[name] for name in told} == told
    assert "geheim" not in repr(sent.headers)
