"""The JSON of the results about a user. Money is in the account's currency, instants are ISO 8601 in UTC."""

from marshmallow import Schema, fields, validate

_share = validate.Range(min=0, max=1)
_not_negative = validate.Range(min=0)


class TotalsSchema(Schema):
    """Outcomes to date; ``ctr`` and ``roas`` are null where there is nothing to divide by."""

    impressions = fields.Integer(required=True, validate=_not_negative)
    clicks = fields.Integer(required=True, validate=_not_negative)
    spend = fields.Float(required=True, validate=_not_negative)
    revenue = fields.Float(required=True, validate=_not_negative)
    ctr = fields.Float(required=True, allow_none=True)
    roas = fields.Float(required=True, allow_none=True)


class TrendPointSchema(TotalsSchema):
    """The totals of one day."""

    at = fields.String(required=True)


class DashboardVideoSchema(Schema):
    """A video with its figures and latest results."""

    video_id = fields.String(required=True)
    uploaded_at = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    totals = fields.Nested(TotalsSchema, required=True)
    results = fields.Dict(keys=fields.String(), required=True, metadata={"description": "By task type, in short."})


class DashboardCampaignSchema(Schema):
    """A campaign with its figures and latest results."""

    campaign_id = fields.String(required=True)
    created_at = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    budget = fields.Float(required=True, allow_none=True)
    totals = fields.Nested(TotalsSchema, required=True)
    results = fields.Dict(keys=fields.String(), required=True, metadata={"description": "By task type, in short."})


class InProgressSchema(Schema):
    """A result that is being computed."""

    cache_key = fields.String(required=True)
    state = fields.String(required=True)
    progress = fields.Float(required=True, allow_none=True)


class NextStepSchema(Schema):
    """What to do next, and why."""

    action = fields.String(required=True, metadata={"description": "A stable word for programs."})
    text = fields.String(required=True, metadata={"description": "What to do, in a sentence."})
    reason = fields.String(required=True, metadata={"description": "What of the data says so."})
    subject = fields.String(required=True, allow_none=True)
    subject_id = fields.String(required=True, allow_none=True)


class DashboardDataSchema(Schema):
    """Everything a user's first page shows."""

    videos = fields.List(fields.Nested(DashboardVideoSchema), required=True)
    campaigns = fields.List(fields.Nested(DashboardCampaignSchema), required=True)
    totals = fields.Nested(TotalsSchema, required=True)
    trend = fields.List(fields.Nested(TrendPointSchema), required=True)
    in_progress = fields.List(fields.Nested(InProgressSchema), required=True)
    next_steps = fields.List(fields.Nested(NextStepSchema), required=True)


class SeriesPointSchema(Schema):
    """The outcomes of one day."""

    at = fields.String(required=True)
    impressions = fields.Integer(required=True)
    clicks = fields.Integer(required=True)
    spend = fields.Float(required=True)
    revenue = fields.Float(required=True)


class VariantFigureSchema(Schema):
    """A variant's real CTR beside what was predicted, and whether it differs from the rest of its campaign."""

    variant_id = fields.String(required=True)
    impressions = fields.Integer(required=True)
    clicks = fields.Integer(required=True)
    ctr = fields.Float(required=True, allow_none=True)
    relative_ctr = fields.Float(
        required=True, allow_none=True, metadata={"description": "Its CTR over that of all variants together."}
    )
    predicted_relative_ctr = fields.Float(
        required=True, allow_none=True, metadata={"description": "The same as predicted; null when no score is cached."}
    )
    p_value = fields.Float(
        required=True,
        allow_none=True,
        validate=_share,
        metadata={"description": "Against the rest of the campaign, corrected for the number of variants (Holm)."},
    )
    significant = fields.Boolean(required=True, metadata={"description": "Whether `p_value` is below 0.05."})


class AnalysedCampaignSchema(Schema):
    """One campaign over time; ``predicted`` and ``actual`` hold impressions, clicks, spend, revenue, ctr and roas."""

    campaign_id = fields.String(required=True)
    series = fields.List(fields.Nested(SeriesPointSchema), required=True)
    best_variants = fields.List(fields.Nested(VariantFigureSchema), required=True)
    worst_variants = fields.List(fields.Nested(VariantFigureSchema), required=True)
    predicted = fields.Dict(
        keys=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "Of the next two weeks, from `roas_prediction`; null when none is cached."},
    )
    actual = fields.Nested(TotalsSchema, required=True)
    comparison = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "`ctr` and `roas` of the last two weeks: predicted (from what came before them), low, high, "
            "actual, within."
        },
    )


class CampaignAnalyticsSchema(Schema):
    """A user's campaigns, latest first."""

    campaigns = fields.List(fields.Nested(AnalysedCampaignSchema), required=True)


class PredictedActionSchema(Schema):
    """Something a user may do next."""

    action = fields.String(required=True)
    probability = fields.Float(required=True, validate=_share)
    confidence = fields.String(required=True, validate=validate.OneOf(["high", "medium", "low"]))


class ModelSchema(Schema):
    """The model that predicted."""

    version = fields.String(required=True)
    trained_at = fields.String(required=True, allow_none=True)


class PredictedActionsSchema(Schema):
    """A user's probable next actions, likeliest first."""

    predicted_actions = fields.List(fields.Nested(PredictedActionSchema), required=True)
    model = fields.Nested(ModelSchema, required=True)
