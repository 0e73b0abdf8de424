"""The triggers for campaigns, logins and batches, and their answers; the OpenAPI document is made from them."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, INCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from api.answers import ByTaskType, ProblemSchema, ReceiptSchema, TaskTypeName, succeeded
from api.schemas import TriggerSchema, WholeNumber, callback_field, check_depth, id_field, ignored_field, not_taken
from precompute.results.user import ModelSchema, PredictedActionSchema
from workers.campaign.budget import LARGEST

_DIGIT = re.compile(r"\d")

MOST_IN_BATCH = 1000
"""Triggers in one request."""

LISTS = ("videos", "campaigns", "logins")
"""What a batch may hold."""


def check_budget(budget: Any) -> None:
    """Pass an amount as callers write it: a number, words that hold one, or an object of such.

    Raises:
        ValidationError: It is no amount, or one that no account holds.
    """
    amounts = budget.values() if isinstance(budget, Mapping) else (budget,)
    if isinstance(budget, bool | list):
        raise ValidationError("Must be an amount: a number, words that hold one, or an object.")
    if any(isinstance(one, str) and one.strip() and not _DIGIT.search(one) for one in amounts):
        raise ValidationError("Must hold a number where it is words.")
    if any(isinstance(one, int | float) and one < 0 for one in amounts):
        raise ValidationError("Must not be below 0.")
    if any(isinstance(one, int | float) and one > LARGEST for one in amounts):
        raise ValidationError(f"Must not be more than {LARGEST:.0f}.")


class CampaignDataSchema(Schema):
    """The brief: whatever is known of a campaign; a sparse one works, and more fields are kept as they are."""

    class Meta:
        """Callers send what they have."""

        unknown = INCLUDE

    budget = fields.Raw(
        allow_none=True,
        validate=check_budget,
        metadata={
            "description": "Money to spend, in the account's currency: a number, words that hold one, or an object.",
            "type": ["number", "string", "object"],
            "minimum": 0,
            "maximum": LARGEST,
        },
    )
    target_audience = fields.Raw(allow_none=True, metadata={"description": "For whom, in words or as an object."})
    video_ids = fields.Raw(allow_none=True, metadata={"description": "Videos that the campaign shows."})


class CampaignTriggerSchema(TriggerSchema):
    """A campaign was created. Fields that are not named here are ignored."""

    campaign_id = id_field("The campaign.")
    campaign_data = fields.Nested(
        CampaignDataSchema, allow_none=True, validate=check_depth, metadata={"description": "The brief."}
    )
    callback_url = callback_field()


class UserDataSchema(Schema):
    """What is known of a login; more fields are kept as they are."""

    class Meta:
        """Callers send what they have."""

        unknown = INCLUDE

    last_login = fields.Raw(allow_none=True, metadata={"description": "When the user was here before."})
    timezone = fields.Raw(
        allow_none=True,
        metadata={
            "example": "Europe/Berlin",
            "description": "IANA name of the user's time zone, remembered for predictions by the hour of the user's "
            "day. What is no such name is ignored.",
        },
    )


class LoginTriggerSchema(TriggerSchema):
    """A user logged in. Fields that are not named here are ignored."""

    user_data = fields.Nested(
        UserDataSchema, allow_none=True, validate=check_depth, metadata={"description": "What is known of the login."}
    )


class PredictActionsSchema(Schema):
    """Whose actions to predict."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    user_id = id_field("The user.")


class Entry(fields.Raw):
    """An entry of a batch, whatever it is: what does not fit is refused alone, in its own result."""

    def _validate_missing(self, value: Any) -> None:
        """Let null pass, too."""


def _entries(schema: str) -> fields.List[Any]:
    entry = Entry(metadata={"$ref": f"#/components/schemas/{schema}"})
    about = {"description": "At most 1,000 entries in all.", "maxItems": MOST_IN_BATCH}
    return fields.List(entry, allow_none=True, metadata=about)


class BatchSchema(Schema):
    """Several triggers at once. Each entry is what the trigger of its kind takes, and is checked by itself."""

    class Meta:
        """As everywhere, more fields do no harm."""

        unknown = EXCLUDE

    needs_body = True
    """No field of it is required, but one of the lists is."""

    videos = _entries("VideoTrigger")
    campaigns = _entries("CampaignTrigger")
    logins = _entries("LoginTrigger")
    priority = WholeNumber(
        allow_none=True,
        validate=validate.Range(min=1, max=10),
        metadata={"description": "Of the entries that name none; 1, the background queue, unless said."},
    )

    @validates_schema
    def check_any(self, data: Mapping[str, Any], **_: Any) -> None:
        """Pass what holds a list, be it an empty one: with its name misspelt nothing would be started, and nobody told.

        Raises:
            ValidationError: There is none.
        """
        if all(data.get(name) is None for name in LISTS):
            raise ValidationError({name: [f"One of {', '.join(LISTS)} is required."] for name in LISTS})

    @validates_schema
    def check_size(self, data: Mapping[str, Any], **_: Any) -> None:
        """Pass at most a thousand entries in all.

        Raises:
            ValidationError: There are more.
        """
        count = sum(len(data.get(name) or ()) for name in LISTS)
        if count > MOST_IN_BATCH:
            raise ValidationError(f"Must hold at most {MOST_IN_BATCH} entries in all, not {count}.")

    @post_load(pass_original=True)
    def tell_ignored(self, data: dict[str, Any], original: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Name what was sent and not understood: triggers under ``video`` must not be lost without a word."""
        ignored = not_taken([original], known=self.fields)
        return {**data, "ignored": ignored} if ignored else data


class CampaignReceiptSchema(ReceiptSchema):
    """What a campaign's creation started."""

    campaign_id = fields.String(required=True, metadata={"description": "As it was sent."})


class LoginReceiptSchema(ReceiptSchema):
    """What a login started, and what the user will probably do next."""

    user_id = fields.String(required=True, metadata={"description": "As it was sent."})
    predicted_actions = fields.List(
        fields.Nested(PredictedActionSchema), required=True, metadata={"description": "Likeliest first."}
    )


class PredictionSchema(Schema):
    """What a user will probably do next, likeliest first."""

    success = succeeded()
    user_id = fields.String(required=True, metadata={"description": "As it was sent."})
    predicted_actions = fields.List(
        fields.Nested(PredictedActionSchema), required=True, metadata={"description": "Likeliest first."}
    )
    model = fields.Nested(ModelSchema, required=True)


class BatchResultSchema(Schema):
    """What became of one entry: the answer of its trigger, or `error`; with the id that the entry named."""

    success = fields.Boolean(required=True, metadata={"description": "Whether the entry was accepted."})
    video_id = fields.String()
    campaign_id = fields.String()
    user_id = fields.String()
    queued_tasks = ByTaskType(values=fields.List(fields.String()))
    cached = fields.List(TaskTypeName())
    failed = fields.List(TaskTypeName())
    callback_id = fields.String()
    warnings = fields.List(fields.String())
    message = fields.String()
    status = fields.String(validate=validate.OneOf(["processing", "ready"]))
    predicted_actions = fields.List(fields.Nested(PredictedActionSchema))
    error = fields.Nested(ProblemSchema)


class BatchReceiptSchema(Schema):
    """One result for each entry: the videos, then the campaigns, then the logins, each in their order."""

    success = succeeded()
    accepted = fields.Integer(required=True, metadata={"description": "Entries that were not refused."})
    results = fields.List(
        fields.Nested(BatchResultSchema), required=True, metadata={"description": "In the order of the entries."}
    )
    ignored = ignored_field("batch")
