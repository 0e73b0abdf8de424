"""What really happened comes in: actions and outcomes."""

from typing import Any

from api.blueprint import NounBlueprint, fails
from api.engine import engine
from api.fact_schemas import ActionsSchema, OutcomesSchema, RecordedSchema

blueprint = NounBlueprint("facts", __name__, description="Report what people did, and what came of it.")

ACTION = {"user_id": "user_67890", "action": "dashboard_view", "at": "2026-03-01T12:00:00.000Z"}

OUTCOME = {
    "subject": "campaign",
    "subject_id": "camp_1",
    "variant_id": "v07",
    "impressions": 1000,
    "clicks": 21,
    "conversions": 2,
    "spend": 14.5,
    "revenue": 60.0,
    "at": "2026-03-01T12:00:00.000Z",
}

RECORDED = {"success": True, "recorded": 1}


@blueprint.route("/api/precompute/actions", methods=["POST"])
@blueprint.arguments(ActionsSchema, example=ACTION)
@blueprint.response(202, RecordedSchema, description="Accepted.", example=RECORDED)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def record_actions(body: dict[str, Any]) -> dict[str, int]:
    """Report what users did, oldest first; triggers, and reads with `X-User-Id`, report theirs by themselves.

    What is answered with 202 is not lost, whatever fails afterwards. All of a request is accepted, or nothing.
    """
    return {"recorded": engine().memory.record(body["facts"])}


@blueprint.route("/api/precompute/outcomes", methods=["POST"])
@blueprint.arguments(OutcomesSchema, example={"outcomes": [OUTCOME]})
@blueprint.response(202, RecordedSchema, description="Accepted.", example=RECORDED)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def record_outcomes(body: dict[str, Any]) -> dict[str, Any]:
    """Report what came of videos and variants since the last report; predictions learn from it.

    The predictions it concerns, and their owners' dashboards, go stale as soon as it is stored: the next read of one
    starts its refresh.
    """
    recorded = {"recorded": engine().memory.record(body["outcomes"])}
    return {**recorded, "ignored": body["ignored"]} if body["ignored"] else recorded
