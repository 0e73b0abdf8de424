"""What callers get, as marshmallow schemas; the OpenAPI document is made from them."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate

from precompute.clock import iso
from precompute.entry import State
from precompute.subjects import Subject


class TaskTypeName(fields.String):
    """The name of a served task type; the document lists those of the catalogue."""


class ByTaskType(fields.Dict):
    """A mapping from the name of a served task type; the document lists those of the catalogue."""


class Result(fields.Raw):
    """A result; the document names the schema of each served task type."""


class Instant(fields.DateTime):
    """An instant, ISO 8601 in UTC to the millisecond."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else iso(value)


def _about(text: str) -> dict[str, str]:
    return {"description": text}


def succeeded() -> fields.Constant[bool]:
    """The first field of every success."""
    return fields.Constant(True, required=True, metadata={"enum": [True], "type": "boolean"})


class ProblemSchema(Schema):
    """What went wrong."""

    code = fields.String(required=True, metadata=_about("A stable word for programs."))
    message = fields.String(required=True, metadata=_about("A sentence for people."))
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        data_key="fields",
        attribute="fields",
        metadata=_about("What is wrong with each field."),
    )


class ErrorSchema(Schema):
    """Every answer that is not a success."""

    success = fields.Constant(False, required=True, metadata={"enum": [False], "type": "boolean"})
    error = fields.Nested(ProblemSchema, required=True, metadata=_about("What went wrong."))


class ReceiptSchema(Schema):
    """What a trigger started."""

    success = succeeded()
    queued_tasks = ByTaskType(
        values=fields.List(fields.String()),
        required=True,
        metadata=_about(
            "Task ids of every result that is not fresh in the cache already; a running task is joined, and one that "
            "failed a moment ago is named again."
        ),
    )
    cached = fields.List(TaskTypeName(), required=True, metadata=_about("What is fresh already, and can be read now."))
    failed = fields.List(
        TaskTypeName(), metadata=_about("What failed a moment ago: its task says why; it is tried again after a while.")
    )
    callback_id = fields.String(
        metadata=_about("Of the call to `callback_url` that follows when all of this has ended: its `webhook-id`.")
    )
    warnings = fields.List(
        fields.String(), metadata=_about("What of the trigger has no effect, and why; for people. Often not there.")
    )
    message = fields.String(required=True, metadata=_about("How much was queued, for people."))
    status = fields.String(
        required=True,
        validate=validate.OneOf(["processing", "ready"]),
        metadata=_about("`ready` when nothing is on its way: everything can be read now."),
    )


class VideoReceiptSchema(ReceiptSchema):
    """What a video's upload started."""

    video_id = fields.String(required=True, metadata=_about("As it was sent."))


class CacheHitSchema(Schema):
    """A result from the cache."""

    success = succeeded()
    cache_key = fields.String(required=True, metadata=_about("`{task_type}:{subject}:{id}`"))
    result = Result(required=True, metadata=_about("By the task type of the key."))
    cached = fields.Constant(True, required=True, metadata={"enum": [True], "type": "boolean"})
    stale = fields.Boolean(required=True, metadata=_about("Past its time; a new one is being computed."))
    computed_at = Instant(required=True, metadata=_about("When it was computed."))
    age_seconds = fields.Float(required=True, metadata=_about("Since it was computed."))
    expires_in_seconds = fields.Float(required=True, metadata=_about("Until it is stale; 0 when it is."))


class CacheMissSchema(ErrorSchema):
    """No result now. `processing`: ask again. `missing`: compute it yourself. `failed`: `error` says why."""

    cache_key = fields.String(required=True, metadata=_about("`{task_type}:{subject}:{id}`"))
    status = fields.String(
        required=True,
        validate=validate.OneOf(["processing", "missing", "failed"]),
        metadata=_about("Whether it is on its way."),
    )
    task_id = fields.String(metadata=_about("Of the task that computes it, or that failed."))


class TaskStateSchema(Schema):
    """Where a task stands."""

    state = fields.String(
        required=True,
        validate=validate.OneOf([state.value for state in State]),
        metadata=_about("`queued` and `running` are on their way; `missing` was never asked for, or is gone."),
    )
    task_id = fields.String(required=True, allow_none=True, metadata=_about("Null when there is no task."))
    progress = fields.Float(
        required=True, allow_none=True, validate=validate.Range(min=0, max=1), metadata=_about("Share that is done.")
    )
    queued_at = Instant(required=True, allow_none=True, metadata=_about("When it was accepted."))
    started_at = Instant(required=True, allow_none=True, metadata=_about("When a worker began."))
    finished_at = Instant(required=True, allow_none=True, metadata=_about("When it was stored, or failed."))
    error = fields.Nested(ProblemSchema, required=True, allow_none=True, metadata=_about("Why it failed."))


class StatusSchema(Schema):
    """Every task of a subject."""

    success = succeeded()
    subject = fields.Enum(Subject, by_value=True, required=True, metadata=_about("What it is about."))
    id = fields.String(required=True, metadata=_about("Which one."))
    status = fields.String(
        required=True,
        validate=validate.OneOf(["processing", "failed", "ready", "missing"]),
        metadata=_about(
            "`processing` while any task is on its way. Then `failed` when any has failed, `ready` when every result "
            "is there, else `missing`."
        ),
    )
    tasks = ByTaskType(values=fields.Nested(TaskStateSchema), required=True)


class ChangeSchema(TaskStateSchema):
    """A task that changed, as one event of a stream carries it."""

    task_type = TaskTypeName(required=True)
    cache_key = fields.String(required=True, metadata=_about("`{task_type}:{subject}:{id}`"))


class TaskSchema(ChangeSchema):
    """One task."""

    success = succeeded()


class InvalidatedSchema(Schema):
    """How much was dropped, or marked stale."""

    success = succeeded()
    invalidated = fields.Integer(required=True, metadata=_about("Results that were dropped, or marked stale."))


class RefreshedSchema(Schema):
    """What a refresh queued."""

    success = succeeded()
    task_type = TaskTypeName(required=True)
    queued = fields.Integer(required=True, metadata=_about("Results whose refresh is on its way now."))
    skipped = fields.Integer(
        required=True, metadata=_about("Due, but unread, on their way already, or without room under load.")
    )
    left = fields.Integer(
        required=True, metadata=_about("With `force`: entries that a worker goes on with; none of the others.")
    )


class QueueSchema(Schema):
    """What has not begun."""

    success = succeeded()
    queue_stats = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata=_about("By task type, and `total`."),
    )
    queues = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata=_about("Tasks that wait, by queue.")
    )


class AliveSchema(Schema):
    """The process answers."""

    success = succeeded()
    status = fields.String(required=True, metadata=_about("In a word."))


def _workers() -> fields.Integer:
    about = "Workers that report; 0 right after the start. null while the cache is down."
    return fields.Integer(required=True, allow_none=True, metadata=_about(about))


class ReadySchema(AliveSchema):
    """What the service needs, and whether it is there."""

    checks = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata=_about("`ok`, or what is wrong.")
    )
    workers = _workers()


class NotReadySchema(ErrorSchema):
    """What is down."""

    status = fields.String(required=True, metadata=_about("In a word."))
    checks = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata=_about("`ok`, or what is wrong.")
    )
    workers = _workers()
