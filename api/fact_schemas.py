"""What callers report: actions and outcomes, as marshmallow schemas; the OpenAPI document is made from them."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import has_app_context
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from api.answers import succeeded
from api.engine import engine
from api.schemas import WholeNumber, ignored_field, not_taken
from precompute.clock import system_clock
from precompute.facts import Action, Outcome
from precompute.subjects import Subject

MOST_ACTIONS = 1000
"""In one request."""

MOST_OUTCOMES = 10_000
"""In one request; what a megabyte of JSON holds."""

LARGEST_COUNT = 10**12
"""Of anything that is counted, in one report: enough for a planet, and a million of them still fit 64 bits."""

LARGEST_SUM = 1e15
"""Of money in one report: a double still holds its cents."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

FARTHEST_AHEAD = timedelta(days=2)
"""A report of today, dated at its end in the westernmost zone, is not yet true but not wrong."""


class Count(WholeNumber):
    """A whole number from 0."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Range(min=0, max=LARGEST_COUNT), **options)


class Money(fields.Float):
    """An amount from 0, as a number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Range(min=0, max=LARGEST_SUM), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, bool | str) or not math.isfinite(value if isinstance(value, int | float) else 0.0):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


def check_instant(at: datetime) -> None:
    """Pass an instant from 1970 to the day after tomorrow.

    Raises:
        ValidationError: It is another.
    """
    if at < EARLIEST:
        raise ValidationError("Must not be before 1970.")
    if at > _now() + FARTHEST_AHEAD:
        raise ValidationError("Must not be more than two days in the future.")


def check_printable(text: str) -> None:
    """Pass a name that can stand in a log line.

    Raises:
        ValidationError: It holds control characters or the like.
    """
    if not text.isprintable():
        raise ValidationError("Must be printable.")


def _id(about: str, **options: Any) -> fields.String:
    # Without the last part, Python's $ lets a line break follow.
    fits = validate.Regexp(r"^[A-Za-z0-9._-]{1,128}$(?!\n)", error="Must be 1 to 128 characters of A-Z a-z 0-9 . _ -")
    return fields.String(validate=fits, metadata={"description": about}, **options)


def _instant() -> fields.AwareDateTime:
    return fields.AwareDateTime(
        format="iso",
        allow_none=True,
        validate=check_instant,
        metadata={"description": "ISO 8601 with a zone; now unless given."},
    )


def _name(**options: Any) -> fields.String:
    fits = validate.And(validate.Length(min=1, max=128), check_printable)
    about = "What the user did, in the caller's own words, such as `dashboard_view`; the same word each time."
    return fields.String(validate=fits, metadata={"description": about, "minLength": 1, "maxLength": 128}, **options)


def _when(body: Mapping[str, Any]) -> datetime:
    return body.get("at") or _now()


def _now() -> datetime:
    # In a request the clock that all processes go by: what users do is set in order by it.
    return engine().cache.clock() if has_app_context() else system_clock()


class OneActionSchema(Schema):
    """Something that a user did."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    user_id = _id("Who did it.", required=True)
    action = _name(required=True)
    at = _instant()
    subject = fields.Enum(Subject, by_value=True, allow_none=True, metadata={"description": "What it was done to."})
    subject_id = _id("Which one; with `subject`.", allow_none=True)

    @validates_schema
    def check_subject(self, body: Mapping[str, Any], **_: Any) -> None:
        """An id alone says nothing."""
        if body.get("subject_id") is not None and body.get("subject") is None:
            raise ValidationError("Must be given with subject_id.", "subject")

    @post_load
    def as_action(self, body: dict[str, Any], **_: Any) -> Any:
        """The fact, accepted now."""
        return Action(**{**body, "at": _when(body)})


class ActionsSchema(OneActionSchema):
    """One action, or up to 1,000 under `actions`."""

    user_id = _id("Who did it; required unless there are `actions`.")
    action = _name()
    actions = fields.List(fields.Nested(OneActionSchema), validate=validate.Length(min=1, max=MOST_ACTIONS))

    @validates_schema
    def check_either(self, body: Mapping[str, Any], **_: Any) -> None:
        """One or many, so that none is overlooked."""
        if "actions" not in body:
            missing = {name: ["Missing data for required field."] for name in ("user_id", "action") if name not in body}
            if missing:
                raise ValidationError(missing)
        elif "action" in body:
            raise ValidationError("Must not be given beside actions.", "action")

    @post_load
    def as_action(self, body: dict[str, Any], **_: Any) -> Any:
        """The facts, accepted now."""
        if "actions" in body:
            return {"facts": body["actions"]}
        return {"facts": [super().as_action(body)]}


class OutcomeSchema(Schema):
    """What happened to a video, a campaign or one of its variants since it was last reported."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    subject = fields.String(required=True, validate=validate.OneOf([Subject.VIDEO.value, Subject.CAMPAIGN.value]))
    subject_id = _id("The video or campaign.", required=True)
    variant_id = _id("The variant.", allow_none=True)
    impressions = Count(required=True)
    clicks = Count(required=True, metadata={"description": "At most `impressions`."})
    conversions = Count(allow_none=True)
    spend = Money(allow_none=True, metadata={"description": "In the account's currency."})
    revenue = Money(allow_none=True, metadata={"description": "In the account's currency."})
    at = _instant()

    @validates_schema
    def check_clicks(self, body: Mapping[str, Any], **_: Any) -> None:
        """Nobody clicks what was not shown."""
        if body["clicks"] > body["impressions"]:
            raise ValidationError("Must not be more than impressions.", "clicks")

    @post_load
    def as_outcome(self, body: dict[str, Any], **_: Any) -> Outcome:
        """The fact, accepted now."""
        return Outcome(**{**body, "subject": Subject(body["subject"]), "at": _when(body)})


class OutcomesSchema(Schema):
    """Outcomes, each added to those before."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    outcomes = fields.List(
        fields.Nested(OutcomeSchema), required=True, validate=validate.Length(min=1, max=MOST_OUTCOMES)
    )

    @post_load(pass_original=True)
    def tell_ignored(self, body: dict[str, Any], original: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Name what was sent and not understood: a figure called ``cost`` must not be lost without a word."""
        return {**body, "ignored": not_taken(original["outcomes"], known=OutcomeSchema().fields)}


class RecordedSchema(Schema):
    """How many facts were accepted."""

    success = succeeded()
    recorded = fields.Integer(required=True, metadata={"description": "They are stored within seconds, each once."})
    ignored = ignored_field("outcomes")
