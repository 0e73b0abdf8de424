"""How far things are."""

from contextlib import ExitStack
from datetime import timedelta
from itertools import chain
from typing import Any

from flask import Response

from api.answers import StatusSchema, TaskSchema
from api.blueprint import NounBlueprint, answers, fails
from api.engine import engine, slots
from api.examples import STATUS, STREAM, TASK
from api.progress import named_state, task_state
from api.streaming import sent_events
from precompute.errors import BadParameters
from precompute.progress import status_of
from precompute.subjects import Subject, SubjectRef, check_id

blueprint = NounBlueprint("status", __name__, description="Follow what is being computed.")

LONGEST_STREAM = timedelta(minutes=5)
"""Then the caller connects again, as an ``EventSource`` does by itself; a forgotten stream must not hold its place."""

_EVENTS = {
    "x-events": {
        "state": {"$ref": "#/components/schemas/Change"},
        "done": {"type": "object"},
        "timeout": {"type": "object"},
        "error": {"$ref": "#/components/schemas/Error"},
    },
}
"""The body of a stream; ``x-events`` says what the data of each event holds, as OpenAPI 3.1 cannot."""


@blueprint.route("/api/precompute/status/<subject:subject>/<id:subject_id>")
@blueprint.response(200, StatusSchema, description="Where every task stands.", example=STATUS)
@blueprint.doc(responses=fails(422, 503))
def get_status(subject: str, subject_id: str) -> dict[str, Any]:
    """Every task of a subject."""
    records = engine().status(_ref(subject, subject_id))
    tasks = {record.key.task_type: task_state(record) for record in records}
    return {"subject": Subject(subject), "id": subject_id, "status": status_of(records), "tasks": tasks}


@blueprint.route("/api/precompute/tasks/<task_id:task_id>")
@blueprint.response(200, TaskSchema, description="Where it stands.", example=TASK)
@blueprint.doc(responses=fails(404, 503))
def get_task(task_id: str) -> dict[str, Any]:
    """One task by its id."""
    return named_state(engine().task(task_id))


@blueprint.route("/api/precompute/stream/<subject:subject>/<id:subject_id>")
@blueprint.doc(
    responses={
        200: answers("Server-sent events.", schema=_EVENTS, content_type="text/event-stream", example=STREAM),
        **fails(422, 503),
    }
)
def stream_changes(subject: str, subject_id: str) -> Response:
    """The tasks of a subject as they change.

    A `state` event for each task now and whenever it changes; `done` when none is on its way any more. After five
    minutes a `timeout` event ends the stream: connect again. A comment every few seconds keeps the connection alive.
    """
    ref = _ref(subject, subject_id)
    with ExitStack() as closing:
        closing.callback(slots().take())
        changes = engine().changes(ref, within=LONGEST_STREAM)
        # The first look happens here, so that a cache that is down is said with a status.
        events = sent_events(chain([next(changes)], changes))
        answer = Response(events, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})
        answer.call_on_close(closing.pop_all().close)
    return answer


def _ref(subject: str, subject_id: str) -> SubjectRef:
    if subject not in set(Subject):
        flaw = f"must be one of {', '.join(Subject)}"
        raise BadParameters(f"subject {flaw}", fields={"subject": [flaw]})
    return SubjectRef(subject=Subject(subject), id=check_id(subject_id, field="id"))
