"""Events come in, many at once."""

from typing import Any

from api.batching import take
from api.blueprint import NounBlueprint, fails
from api.engine import engine
from api.trigger_examples import BATCH, BATCH_RECEIPT
from api.trigger_schemas import BatchReceiptSchema, BatchSchema

blueprint = NounBlueprint("batches", __name__, description="Say what happened to many at once.")


@blueprint.route("/api/precompute/batch", methods=["POST"])
@blueprint.arguments(BatchSchema, example=BATCH)
@blueprint.response(202, BatchReceiptSchema, description="A result for each entry.", example=BATCH_RECEIPT)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def submit_batch(body: dict[str, Any]) -> dict[str, Any]:
    """Up to 1,000 triggers in one request, on the background queue unless `priority` says otherwise.

    At least one of the three lists must be there; an entry that does not fit leaves the others alone. While the broker
    or the cache is down nothing is taken.
    """
    results = take(body, engine=engine())
    ignored = {"ignored": body["ignored"]} if "ignored" in body else {}
    return {"accepted": sum(result["success"] for result in results), "results": results, **ignored}
