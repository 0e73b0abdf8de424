"""What has failed as it is told, and the keys that are to be run again or dropped; the document is made from them."""

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from api.answers import Instant, ProblemSchema, TaskTypeName, succeeded
from precompute.catalogue import CTR_PREDICTION
from precompute.errors import BadParameters
from precompute.failures import MOST_AT_ONCE, SET_ASIDE
from precompute.planner import Cause
from precompute.subjects import CacheKey

_KEY = f"{CTR_PREDICTION.name}:video:vid_12345"
_ID = "0b8e3a52-4c1f-4d7e-9a63-6f1d2c5b7e90"


def check_key(text: str) -> None:
    """Pass a cache key.

    Raises:
        ValidationError: It is none.
    """
    try:
        CacheKey.parse(text)
    except BadParameters as flaw:
        raise ValidationError(flaw.fields["cache_key"]) from flaw


class FailedKeysSchema(Schema):
    """Which failed tasks."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    keys = fields.List(
        fields.String(
            validate=check_key,
            metadata={"pattern": "^[A-Za-z0-9._-]{1,128}:(video|campaign|user):[A-Za-z0-9._-]{1,128}$"},
        ),
        required=True,
        validate=validate.Length(min=1, max=MOST_AT_ONCE),
        metadata={"description": "Cache keys. One that is named twice counts once."},
    )


class FailedQuerySchema(Schema):
    """How much to list."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    limit = fields.Integer(
        load_default=100,
        validate=validate.Range(min=1, max=MOST_AT_ONCE),
        metadata={"description": "At most this many, the latest."},
    )
    task_type = TaskTypeName(metadata={"description": "Of this type only."})
    set_aside = fields.Boolean(
        load_default=False, metadata={"description": "Only what is set aside, since it ended its workers."}
    )


class FailureSchema(Schema):
    """A task that has failed."""

    cache_key = fields.String(required=True, attribute="key")
    task_type = TaskTypeName(required=True, attribute="key.task_type")
    task_id = fields.String(required=True)
    error = fields.Nested(ProblemSchema, required=True)
    failed_at = Instant(required=True)
    cause = fields.String(
        required=True,
        validate=validate.OneOf([*Cause, "unknown"]),
        metadata={"description": "Why it was wanted."},
    )
    deliveries = fields.Integer(
        required=True, metadata={"description": "How often a worker took it up and was not heard of again."}
    )
    set_aside = fields.Boolean(
        required=True,
        metadata={"description": "It ended its workers, or needs what did: nothing but a retry has it tried again."},
    )


class FailureCountsSchema(Schema):
    """How many have failed."""

    failed = fields.Integer(required=True)
    set_aside = fields.Integer(required=True)


class FailedSchema(Schema):
    """What has failed, the latest first."""

    success = succeeded()
    failed = fields.List(fields.Nested(FailureSchema), required=True)
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(FailureCountsSchema),
        required=True,
        metadata={"description": "By task type, of all and not only of those listed; types without any are left out."},
    )
    total = fields.Integer(required=True, metadata={"description": "Of all types."})


class RetriedOneSchema(Schema):
    """What became of one key: the id of the task that is on its way, or `error`."""

    success = fields.Boolean(required=True)
    cache_key = fields.String(required=True)
    task_id = fields.String()
    error = fields.Nested(ProblemSchema)


class RetriedSchema(Schema):
    """What was queued again: a result for each key, in their order."""

    success = succeeded()
    retried = fields.Integer(required=True)
    results = fields.List(fields.Nested(RetriedOneSchema), required=True)


class DroppedOneSchema(Schema):
    """What became of one key."""

    success = fields.Boolean(required=True)
    cache_key = fields.String(required=True)
    error = fields.Nested(ProblemSchema)


class DroppedSchema(Schema):
    """What was forgotten: a result for each key, in their order."""

    success = succeeded()
    dropped = fields.Integer(required=True)
    results = fields.List(fields.Nested(DroppedOneSchema), required=True)


KEYS = {"keys": [_KEY]}

FAILED = {
    "success": True,
    "failed": [
        {
            "cache_key": _KEY,
            "task_type": CTR_PREDICTION.name,
            "task_id": _ID,
            "error": {"code": SET_ASIDE, "message": "its worker died 3 times; set aside"},
            "failed_at": "2026-03-01T12:00:00.000Z",
            "cause": Cause.EVENT.value,
            "deliveries": 3,
            "set_aside": True,
        }
    ],
    "counts": {CTR_PREDICTION.name: {"failed": 1, "set_aside": 1}},
    "total": 1,
}

RETRIED = {"success": True, "retried": 1, "results": [{"success": True, "cache_key": _KEY, "task_id": _ID}]}

DROPPED = {"success": True, "dropped": 1, "results": [{"success": True, "cache_key": _KEY}]}
