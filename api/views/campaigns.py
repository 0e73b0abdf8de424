"""Events come in: a campaign was created."""

from typing import Any

from api.blueprint import NounBlueprint, fails
from api.engine import engine
from api.receipts import shown
from api.trigger_examples import CAMPAIGN_RECEIPT, CAMPAIGN_TRIGGER
from api.trigger_schemas import CampaignReceiptSchema, CampaignTriggerSchema

blueprint = NounBlueprint("campaigns", __name__, description="Say that a campaign was created, or changed.")


@blueprint.route("/api/precompute/campaign", methods=["POST"])
@blueprint.arguments(CampaignTriggerSchema, example=CAMPAIGN_TRIGGER)
@blueprint.response(202, CampaignReceiptSchema, description="What is on its way.", example=CAMPAIGN_RECEIPT)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def campaign_created(body: dict[str, Any]) -> dict[str, Any]:
    """Write the variants of a campaign, rank them, and work out what its budget should bring.

    The same brief may be posted any number of times; another brief under the same id starts anew.
    """
    campaign_id = body.pop("campaign_id")
    receipt = engine().on_campaign_create(campaign_id, body.pop("user_id"), **body)
    return {"campaign_id": campaign_id, **shown(receipt)}
