"""The JSON each video analysis gives, as marshmallow schemas: what the workers store and the API documents.

Times and durations are seconds, shares are 0 to 1, boxes are shares of the frame from its top left corner.
"""

from typing import Any

from marshmallow import Schema, fields, validate

_share = validate.Range(min=0, max=1)
_not_negative = validate.Range(min=0)


def _seconds(about: str, **options: Any) -> fields.Float:
    return fields.Float(required=True, metadata={"description": f"{about}, in seconds."}, **options)


class SceneSchema(Schema):
    """One shot, from a cut to the next."""

    index = fields.Integer(required=True, validate=_not_negative)
    start = _seconds("Where it starts")
    end = _seconds("Where it ends")


class SceneDetectionSchema(Schema):
    """The shots of a video."""

    duration = _seconds("Length of the video", validate=_not_negative)
    frame_rate = fields.Float(required=True, metadata={"description": "Frames a second, on average."})
    cuts = fields.List(fields.Float(), required=True, metadata={"description": "Seconds, on the sound track's clock."})
    scenes = fields.List(fields.Nested(SceneSchema), required=True)
    cuts_per_minute = fields.Float(required=True, validate=_not_negative)


class FaceSchema(Schema):
    """A face's box, as shares of the frame's width and height."""

    x = fields.Float(required=True, validate=_share)
    y = fields.Float(required=True, validate=_share)
    width = fields.Float(required=True, validate=_share)
    height = fields.Float(required=True, validate=_share)
    confidence = fields.Float(required=True, validate=_share)


class FaceSampleSchema(Schema):
    """The faces at one moment."""

    at = _seconds("When")
    faces = fields.List(fields.Nested(FaceSchema), required=True)


class FaceDetectionSchema(Schema):
    """Faces through a video, at least two samples a second."""

    samples = fields.List(fields.Nested(FaceSampleSchema), required=True)
    max_faces = fields.Integer(required=True, validate=_not_negative)
    screen_share = fields.Float(
        required=True, validate=_share, metadata={"description": "Share of the time with a face on screen."}
    )
    first_face_at = _seconds("When the first face appears", allow_none=True)
    largest_face_share = fields.Float(
        required=True, validate=_share, metadata={"description": "Share of the frame that the largest face takes."}
    )


class HookPartSchema(Schema):
    """What one aspect of the first seconds adds to the score."""

    value = fields.Raw(required=True, allow_none=True, metadata={"description": "What was measured."})
    points = fields.Float(required=True, validate=_not_negative)
    max_points = fields.Float(required=True, validate=_not_negative)


class HookAnalysisSchema(Schema):
    """How well the first three seconds hold a viewer."""

    score = fields.Float(required=True, validate=validate.Range(min=0, max=100))
    parts = fields.Dict(keys=fields.String(), values=fields.Nested(HookPartSchema), required=True)
    text = fields.List(fields.String(), required=True, metadata={"description": "Read from the screen."})
    spoken = fields.String(required=True)
    speech_starts_at = _seconds("When speech starts", allow_none=True)
    advice = fields.List(fields.String(), required=True)


class ThumbnailSchema(Schema):
    """One still."""

    rank = fields.Integer(required=True, validate=validate.Range(min=1))
    at = _seconds("When")
    score = fields.Float(required=True)
    reasons = fields.List(fields.String(), required=True)
    width = fields.Integer(required=True, metadata={"description": "Pixels."})
    height = fields.Integer(required=True, metadata={"description": "Pixels."})
    url = fields.String(required=True)


class ThumbnailGenerationSchema(Schema):
    """The best stills, best first."""

    thumbnails = fields.List(fields.Nested(ThumbnailSchema), required=True)


class SegmentSchema(Schema):
    """Words spoken in one go."""

    start = _seconds("When they start")
    end = _seconds("When they end")
    text = fields.String(required=True)


class CaptionGenerationSchema(Schema):
    """What is said, with times, and a caption for posting."""

    language = fields.String(
        required=True, allow_none=True, metadata={"description": "ISO 639-1; null without speech."}
    )
    segments = fields.List(fields.Nested(SegmentSchema), required=True)
    text = fields.String(required=True)
    srt = fields.String(required=True)
    vtt = fields.String(required=True)
    caption = fields.String(required=True)
    hashtags = fields.List(fields.String(), required=True)
    source = fields.String(required=True, metadata={"description": "Who worded the caption, and why."})


class DriverSchema(Schema):
    """What moved the prediction, as a factor on the CTR's odds minus one."""

    name = fields.String(required=True)
    effect = fields.Float(required=True)


class EvidenceSchema(Schema):
    """How much reality stands behind a prediction."""

    outcomes = fields.Integer(required=True, validate=_not_negative)
    impressions = fields.Integer(required=True, validate=_not_negative)


class CtrPredictionSchema(Schema):
    """Expected click-through rate with an 80 % interval."""

    ctr = fields.Float(required=True, validate=_share)
    low = fields.Float(required=True, validate=_share)
    high = fields.Float(required=True, validate=_share)
    drivers = fields.List(fields.Nested(DriverSchema), required=True)
    evidence = fields.Nested(EvidenceSchema, required=True)
    model_version = fields.String(required=True)
