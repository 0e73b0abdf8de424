"""The figures of ``/metrics`` as marshmallow schemas; the OpenAPI document is made from them."""

from marshmallow import Schema, fields, validate

from api.answers import ByTaskType, Instant, succeeded
from precompute.measures import CALLBACKS
from precompute.planner import Cause


def _about(text: str) -> dict[str, str]:
    return {"description": text}


def _share(text: str) -> fields.Float:
    described = _about(f"{text} 0 to 1; null before there is anything to divide by.")
    return fields.Float(required=True, allow_none=True, validate=validate.Range(min=0, max=1), metadata=described)


class WorkerSchema(Schema):
    """A worker that reported lately."""

    name = fields.String(required=True)
    processes = fields.Integer(required=True)
    queues = fields.List(fields.String(), required=True)
    busy = _share("Share of its processes' time that went to tasks in the last minute.")
    reported_at = Instant(required=True)


class PercentilesSchema(Schema):
    """How long computing takes, in seconds: half, and nineteen of twenty, take no longer."""

    p50 = fields.Float(required=True)
    p95 = fields.Float(required=True)


class UsefulnessSchema(Schema):
    """Whether what one cause had computed was read; readings come after, so `made` is more than both together."""

    made = fields.Integer(required=True, metadata=_about("Results stored."))
    used = fields.Integer(required=True, metadata=_about("Read at least once."))
    unused = fields.Integer(required=True, metadata=_about("Replaced, expired or dropped without having been read."))
    share_read = _share("Of those whose fate is known, the share that was read.")
    wasted_seconds = fields.Float(
        required=True, metadata=_about("What readers of the unused would have waited for them.")
    )
    saved_seconds = fields.Float(required=True, metadata=_about("Waiting that the readers of the used were spared."))


class RefreshFiguresSchema(Schema):
    """What became of refreshes."""

    queued = fields.Integer(
        required=True, metadata=_about("Handed to workers, ahead of time, by a reader or on demand.")
    )
    unchanged = fields.Integer(
        required=True, metadata=_about("Nothing had changed: the result was only given more time.")
    )
    changed = fields.Integer(required=True, metadata=_about("Something had changed."))
    unreachable = fields.Integer(required=True, metadata=_about("What it is computed from could not be asked."))
    expired = fields.Integer(required=True, metadata=_about("Dropped, since no worker got to it in time."))
    parked = fields.Integer(required=True, metadata=_about("Not handed out: nobody has read the result for long."))
    refused = fields.Integer(required=True, metadata=_about("Put off, since too much else waits."))
    forced = fields.Integer(required=True, metadata=_about("Computed without asking whether anything had changed."))
    computed = fields.Integer(required=True, metadata=_about("Results that refreshes computed anew."))


class ChecksSchema(Schema):
    """How often it was asked whether anything had changed, and what that cost."""

    count = fields.Integer(required=True)
    avg_seconds = fields.Float(required=True, allow_none=True, metadata=_about("Null before the first."))


class MemorySchema(Schema):
    """The memory that one type's results take on the cache's server; a sample weighed, so `bytes` is an estimate."""

    entries = fields.Integer(required=True)
    bytes = fields.Integer(required=True, metadata=_about("With parts, keys and places in the type's index."))
    bytes_error = fields.Integer(required=True, metadata=_about("The truth is within as much 19 times of 20."))


class CalibrationSchema(Schema):
    """Predictions whose likeliest action had about the same probability."""

    predictions = fields.Integer(required=True)
    told = _share("Mean probability.")
    happened = _share("Share that came true; of a calibrated model the same.")


class AccuracySchema(Schema):
    """How often predictions of next actions came true."""

    followed = fields.Integer(required=True, metadata=_about("Predictions that an action followed."))
    top_1 = _share("Share whose likeliest action it was.")
    top_3 = _share("Share with it among the three likeliest.")
    coverage = _share("Share that told an action with a probability above 0.5.")
    precision = _share("Share of those that were right.")
    brier = fields.Float(required=True, allow_none=True, metadata=_about("Mean squared error, 0 (perfect) to 2."))
    plain_top_1 = _share("Share that the user's most frequent action would have got right.")
    calibration = fields.List(
        fields.Nested(CalibrationSchema), required=True, metadata=_about("By tenths of the likeliest's probability.")
    )


class FollowedSchema(Schema):
    """The accuracy over a stretch of time, of all models and of each by its version."""

    all = fields.Nested(AccuracySchema, required=True)
    by_version = fields.Dict(keys=fields.String(), values=fields.Nested(AccuracySchema), required=True)


class WarmUpSchema(Schema):
    """The warm-up of this cache that began by itself."""

    began_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    place = fields.Integer(required=True, metadata=_about("Subjects looked at."))
    of = fields.Integer(required=True, metadata=_about("Of so many; 0 before the first look."))
    queued = fields.Integer(required=True, metadata=_about("Results queued."))
    fresh = fields.Integer(required=True, metadata=_about("Results that were there."))
    refused = fields.Integer(required=True, metadata=_about("Subjects whose source is gone."))


class AlertSchema(Schema):
    """Something that has been wrong for a while."""

    name = fields.String(required=True)
    labels = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata=_about("What it is about.")
    )
    since = Instant(required=True)
    value = fields.Float(required=True)
    threshold = fields.Float(required=True, metadata=_about("Beyond which it is wrong."))
    summary = fields.String(required=True, metadata=_about("A sentence for people."))


class FiguresSchema(Schema):
    """What the service counts about itself since its counters began."""

    cache_hit_rate = fields.Float(required=True, metadata=_about("Percent of reads, fresh or stale."))
    total_requests = fields.Integer(required=True, metadata=_about("Reads of the cache."))
    queue_size = fields.Integer(required=True, metadata=_about("Tasks that have not begun."))
    avg_processing_time = ByTaskType(
        values=fields.Float(), required=True, metadata=_about("Seconds, of what was computed at least once.")
    )
    processing_time = ByTaskType(
        values=fields.Nested(PercentilesSchema), required=True, metadata=_about("Of what was computed at least once.")
    )
    workers_running = fields.Integer(required=True, metadata=_about("Processes of all workers."))
    worker_utilisation = _share("Share of the time of all processes that went to tasks in the last minute.")
    hits = ByTaskType(values=fields.Integer(), required=True)
    stale_hits = ByTaskType(values=fields.Integer(), required=True)
    misses = ByTaskType(values=fields.Integer(), required=True)
    computations = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata=_about(
            "By task type, and of what only feeds others (`video_samples`: decoded videos; `video_sound`: "
            "their sound; `video_speech`: what is said first; `video_text`: what stands on the screen first)."
        ),
    )
    failures = ByTaskType(values=fields.Integer(), required=True)
    rescued = ByTaskType(
        values=fields.Integer(), required=True, metadata=_about("Tasks taken up again after their worker was lost.")
    )
    share_read = ByTaskType(
        values=fields.Float(allow_none=True),
        required=True,
        metadata=_about("Share of the results that were read before they went, 0 to 1; null before one went or was."),
    )
    usefulness = ByTaskType(
        values=fields.Dict(
            keys=fields.String(validate=validate.OneOf([cause.value for cause in Cause])),
            values=fields.Nested(UsefulnessSchema),
        ),
        required=True,
        metadata=_about("By the cause that had them computed."),
    )
    refreshes = ByTaskType(values=fields.Nested(RefreshFiguresSchema), required=True)
    refresh_checks = fields.Dict(
        keys=fields.String(), values=fields.Nested(ChecksSchema), required=True, metadata=_about("By kind of subject.")
    )
    memory = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(MemorySchema),
        required=True,
        metadata=_about("By task type, and of what only feeds others; some seconds old at most."),
    )
    prediction_accuracy = fields.Dict(
        keys=fields.String(validate=validate.OneOf(["hour", "day", "week"])),
        values=fields.Nested(FollowedSchema),
        required=True,
        metadata=_about("Over the last hour, day and week."),
    )
    warm_up = fields.Nested(WarmUpSchema, required=True, allow_none=True, metadata=_about("Null before any."))
    alerts = fields.List(fields.Nested(AlertSchema), required=True, metadata=_about("What is wrong now."))
    callbacks = fields.Dict(
        keys=fields.String(validate=validate.OneOf(CALLBACKS)),
        values=fields.Integer(),
        required=True,
        metadata=_about("Tries to send callbacks by what became of them; those given up are not tried again."),
    )
    oldest_waiting_seconds = fields.Dict(
        keys=fields.String(), values=fields.Float(), required=True, metadata=_about("By queue, where something waits.")
    )
    workers = fields.List(fields.Nested(WorkerSchema), required=True)


class MetricsSchema(Schema):
    """The figures."""

    success = succeeded()
    metrics = fields.Nested(FiguresSchema, required=True)
