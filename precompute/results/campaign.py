"""The JSON of the campaign results. Money is in the account's currency, shares are 0 to 1."""

from marshmallow import Schema, fields, validate

_share = validate.Range(min=0, max=1)
_not_negative = validate.Range(min=0)


class VariantSchema(Schema):
    """One text to try."""

    variant_id = fields.String(required=True)
    headline = fields.String(required=True)
    primary_text = fields.String(required=True)
    call_to_action = fields.String(required=True)
    angle = fields.String(required=True)
    format = fields.String(required=True)
    audience = fields.String(required=True)


class VariantGenerationSchema(Schema):
    """The texts of a campaign."""

    variants = fields.List(fields.Nested(VariantSchema), required=True)
    source = fields.String(required=True, metadata={"description": "Who worded them, and why."})
    language = fields.String(required=True, metadata={"description": "ISO 639-1, of most of the texts."})
    brief = fields.String(required=True, metadata={"description": "Names the brief: the same for the same brief."})


class CampaignEvidenceSchema(Schema):
    """How much reality stands behind a prediction."""

    outcomes = fields.Integer(required=True, validate=_not_negative)
    impressions = fields.Integer(required=True, validate=_not_negative)


class VariantScoreSchema(Schema):
    """A variant's expected CTR relative to the campaign's mean (1 is the mean), with an 80 % interval."""

    variant_id = fields.String(required=True)
    rank = fields.Integer(required=True, validate=validate.Range(min=1))
    ctr = fields.Float(required=True, validate=_not_negative)
    low = fields.Float(required=True, validate=_not_negative)
    high = fields.Float(required=True, validate=_not_negative)
    evidence = fields.Nested(CampaignEvidenceSchema, required=True)


class VariantScoringSchema(Schema):
    """The variants, best first."""

    scores = fields.List(fields.Nested(VariantScoreSchema), required=True)
    model_version = fields.String(required=True)


class ExpectedSchema(Schema):
    """A figure with its 80 % interval."""

    value = fields.Float(required=True, validate=_not_negative)
    low = fields.Float(required=True, validate=_not_negative)
    high = fields.Float(required=True, validate=_not_negative)


class FunnelSchema(Schema):
    """What the budget is expected to bring."""

    spend = fields.Nested(ExpectedSchema, required=True)
    impressions = fields.Nested(ExpectedSchema, required=True)
    clicks = fields.Nested(ExpectedSchema, required=True)
    conversions = fields.Nested(ExpectedSchema, required=True)
    revenue = fields.Nested(ExpectedSchema, required=True)
    roas = fields.Nested(ExpectedSchema, required=True)
    ctr = fields.Nested(ExpectedSchema, required=True)


class VariantRoasSchema(Schema):
    """A variant's expected ROAS and CTR; also of variants that were not made here, once outcomes were reported."""

    variant_id = fields.String(required=True)
    roas = fields.Nested(ExpectedSchema, required=True)
    ctr = fields.Nested(ExpectedSchema, required=True)
    evidence = fields.Nested(CampaignEvidenceSchema, required=True)


class RoasPredictionSchema(Schema):
    """A campaign's expected funnel, in all and by variant; it ranks well rather than promises a number."""

    campaign = fields.Nested(FunnelSchema, required=True)
    variants = fields.List(fields.Nested(VariantRoasSchema), required=True)
    evidence = fields.Nested(CampaignEvidenceSchema, required=True)
    model_version = fields.String(required=True)
    note = fields.String(required=True, metadata={"description": "How far to trust it, in a sentence."})
