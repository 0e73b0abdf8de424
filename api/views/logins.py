"""Events come in: a user logged in, and will do something next."""

from typing import Any

from api.blueprint import NounBlueprint, fails
from api.engine import engine
from api.receipts import predicted, shown
from api.trigger_examples import LOGIN_RECEIPT, LOGIN_TRIGGER, PREDICTION
from api.trigger_schemas import LoginReceiptSchema, LoginTriggerSchema, PredictActionsSchema, PredictionSchema

blueprint = NounBlueprint("logins", __name__, description="Say that a user is there, and learn what comes next.")


@blueprint.route("/api/precompute/login", methods=["POST"])
@blueprint.arguments(LoginTriggerSchema, example=LOGIN_TRIGGER)
@blueprint.response(202, LoginReceiptSchema, description="What is on its way.", example=LOGIN_RECEIPT)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def user_logged_in(body: dict[str, Any]) -> dict[str, Any]:
    """Get a user's dashboard and the analysis of their campaigns ready.

    The answer tells at once what the user will probably do next. Of a user of whom nothing is known yet that is what
    others do; it follows the user's own habits from the first actions on.
    """
    user_id = body.pop("user_id")
    receipt = engine().on_user_login(user_id, **body)
    return {"user_id": user_id, **shown(receipt), **predicted(engine().predict_next_actions(user_id))}


@blueprint.route("/api/precompute/predict-actions", methods=["POST"])
@blueprint.arguments(PredictActionsSchema, example={"user_id": "user_67890"})
@blueprint.response(200, PredictionSchema, description="The user's next actions.", example=PREDICTION)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def predict_actions(body: dict[str, Any]) -> dict[str, Any]:
    """What a user will probably do next, from what they did until now.

    Every action that was accepted before the question counts. Queues nothing and records no action; the prediction is
    held against what the user does within the next hour, see `prediction_accuracy` in the metrics.
    """
    prediction = engine().predict_next_actions(body["user_id"])
    return {"user_id": body["user_id"], **prediction.told()}
