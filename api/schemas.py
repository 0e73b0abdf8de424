"""What callers send, as marshmallow schemas; the OpenAPI document is made from them."""

from collections.abc import Container, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, INCLUDE, Schema, ValidationError, fields, validate

from precompute.patterns import MAX_LENGTH

DEEPEST = 32
"""Levels of nesting taken in free JSON. Every JSON encoder on the way handles that many without recursing too far."""

LONGEST_URL = 2048
"""Longest callback address: what every server and proxy between is known to pass on."""

MOST_NAMED = 20
"""Fields that an answer names as ignored."""

LONGEST_NAME = 128
"""Characters of such a name; a caller who sends ten kilobytes is not sent them back."""


class TrueOrFalse(fields.Boolean):
    """A JSON boolean; not the strings and numbers that marshmallow takes for one."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class WholeNumber(fields.Integer):
    """A whole number, as a number: also as callers with doubles write it (``5.0``), and no truth value or string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strict=True, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        return super()._deserialize(whole, attr, data, **kwargs)


def check_depth(value: Any, *, left: int = DEEPEST) -> None:
    """Pass JSON that nests at most ``left`` levels.

    Raises:
        ValidationError: It nests deeper.
    """
    if left == 0:
        raise ValidationError(f"Nests more than {DEEPEST} levels.")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        check_depth(one, left=left - 1)


def check_callback(url: str) -> None:
    """Pass an absolute http or https address.

    Raises:
        ValidationError: It is something else.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not url.isprintable() or " " in url:
        raise ValidationError("Must be an http or https URL.")


def id_field(about: str) -> fields.String:
    """A required id."""
    # The engine checks ids by itself; this says the same in the document.
    fits = validate.Regexp(r"^[A-Za-z0-9._-]{1,128}$", error="Must be 1 to 128 characters of A-Z a-z 0-9 . _ -")
    return fields.String(required=True, validate=fits, metadata={"description": about})


def ignored_field(of: str) -> fields.List[Any]:
    """Of an answer: what :func:`not_taken` found."""
    about = {"description": f"Fields of the {of} that are not known here and were not taken, if any."}
    return fields.List(fields.String(), metadata=about)


def not_taken(objects: Iterable[Mapping[str, Any]], *, known: Container[str]) -> list[str]:
    """Names of what was sent and not understood, in order, as many and as much of each as an answer may repeat."""
    unknown = {name[:LONGEST_NAME] for one in objects for name in one if name not in known}
    return sorted(unknown)[:MOST_NAMED]


def callback_field() -> fields.String:
    """An address to be told at."""
    return fields.String(
        allow_none=True,
        validate=validate.And(validate.Length(max=LONGEST_URL), check_callback),
        metadata={
            "description": "http or https; posted to, signed, when everything that the trigger started has ended "
            "(`docs/callbacks.md`).",
            "format": "uri",
            "maxLength": LONGEST_URL,
        },
    )


class VideoDataSchema(Schema):
    """What is known of a video; more fields are kept as they are."""

    class Meta:
        """Callers send what they have."""

        unknown = INCLUDE

    url = fields.String(
        allow_none=True,
        metadata={
            "description": "http or https, or a path inside the media folder. Without it the video is looked up "
            "as `<video_id>.*` in the media folder."
        },
    )
    duration = fields.Float(allow_none=True, metadata={"description": "Seconds."})
    title = fields.String(allow_none=True, metadata={"description": "Shown beside its results."})


class TriggerSchema(Schema):
    """Something happened. Fields that are not named here are ignored."""

    class Meta:
        """Callers that exist already may send more."""

        unknown = EXCLUDE

    user_id = id_field("Who did it.")
    priority = WholeNumber(
        allow_none=True,
        validate=validate.Range(min=1, max=10),
        metadata={"description": "Moves the tasks to the highest queue that is not above this number."},
    )


class VideoTriggerSchema(TriggerSchema):
    """A video was uploaded. Fields that are not named here are ignored."""

    video_id = id_field("The video.")
    video_data = fields.Nested(
        VideoDataSchema, allow_none=True, validate=check_depth, metadata={"description": "What is known of it."}
    )
    callback_url = callback_field()


class PatternSchema(Schema):
    """Which results."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    pattern = fields.String(
        validate=validate.Length(min=1, max=MAX_LENGTH),
        metadata={"description": "Glob over cache keys, in the body or in the query. Required in one of them."},
    )


class InvalidateSchema(PatternSchema):
    """Which results to drop."""

    soft = TrueOrFalse(metadata={"description": "Mark as stale instead of deleting."})


class InvalidateQuerySchema(PatternSchema):
    """Which results to drop, said in the query, where a truth value is a word."""

    soft = fields.Boolean(metadata={"description": "Mark as stale instead of deleting."})


class RefreshSchema(Schema):
    """How much to refresh."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    force = TrueOrFalse(load_default=False, metadata={"description": "Every live entry, not only what is due."})
    limit = WholeNumber(
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=1, max=100_000),
        metadata={"description": "At most this many entries; all of them unless said."},
    )
