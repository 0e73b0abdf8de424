"""Events come in: a video was uploaded."""

from typing import Any

from api.answers import RefreshedSchema, VideoReceiptSchema
from api.blueprint import NounBlueprint, fails
from api.engine import engine
from api.examples import REFRESHED, VIDEO_RECEIPT, VIDEO_TRIGGER
from api.receipts import shown
from api.schemas import RefreshSchema, VideoTriggerSchema

blueprint = NounBlueprint("triggers", __name__, description="Say what happened, or ask for a refresh.")


@blueprint.route("/api/precompute/video", methods=["POST"])
@blueprint.arguments(VideoTriggerSchema, example=VIDEO_TRIGGER)
@blueprint.response(202, VideoReceiptSchema, description="What is on its way.", example=VIDEO_RECEIPT)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def video_uploaded(body: dict[str, Any]) -> dict[str, Any]:
    """Start the analyses of a video.

    What is fresh in the cache is not computed again, and what is being computed for the same input answers with the id
    of the running task, so the same upload may be posted any number of times.
    """
    video_id = body.pop("video_id")
    receipt = engine().on_video_upload(video_id, body.pop("user_id"), **body)
    return {"video_id": video_id, **shown(receipt)}


@blueprint.route("/api/precompute/refresh/<task_type:task_type>", methods=["POST"])
@blueprint.arguments(RefreshSchema, required=False, example={"force": False, "limit": 100})
@blueprint.response(202, RefreshedSchema, description="What was queued.", example=REFRESHED)
@blueprint.doc(responses=fails(400, 404, 413, 415, 422, 503))
def refresh_results(body: dict[str, Any], task_type: str) -> dict[str, Any]:
    """Refresh what is close to expiry and is read.

    A worker looks first: what has not changed since it was computed is only extended. With `force`, every live entry of
    the type is computed anew: the first few hundred are queued at once, and a worker goes on with what is `left`.
    """
    refreshed = engine().refresh(task_type, **body)
    return {"task_type": task_type, "queued": refreshed.queued, "skipped": refreshed.skipped, "left": refreshed.left}
