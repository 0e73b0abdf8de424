"""What has failed is looked at, run again or dropped."""

from typing import Any

from api.blueprint import NounBlueprint, fails
from api.engine import engine
from api.errors import told
from api.failed_schemas import (
    DROPPED,
    FAILED,
    KEYS,
    RETRIED,
    DroppedSchema,
    FailedKeysSchema,
    FailedQuerySchema,
    FailedSchema,
    RetriedSchema,
)
from precompute.errors import PrecomputeError
from precompute.failures import Failure, failure_counts, latest_failures, not_failed
from precompute.subjects import CacheKey

blueprint = NounBlueprint("failed", __name__, description="See to what has failed.")


@blueprint.route("/api/precompute/failed")
@blueprint.arguments(FailedQuerySchema, location="query")
@blueprint.response(200, FailedSchema, description="The latest first.", example=FAILED)
@blueprint.doc(responses=fails(404, 422, 503))
def list_failed(query: dict[str, Any]) -> dict[str, Any]:
    """List tasks that have failed or are set aside.

    A failure is listed until its key is computed again, dropped or invalidated, or a day is over; the latest ten
    thousand are.
    """
    cache, catalogue = engine().cache, engine().catalogue
    if "task_type" in query:
        catalogue.get(query["task_type"])
    found = latest_failures(cache, catalogue, most=query.pop("limit"), **query)
    counts = failure_counts(cache, catalogue)
    total = sum(each.failed for each in counts.values())
    return {"failed": [_told(one) for one in found], "counts": counts, "total": total}


@blueprint.route("/api/precompute/failed/retry", methods=["POST"])
@blueprint.arguments(FailedKeysSchema, example=KEYS)
@blueprint.response(202, RetriedSchema, description="What is on its way.", example=RETRIED)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def retry_failed(body: dict[str, Any]) -> dict[str, Any]:
    """Run failed tasks again, now, also those that are set aside.

    Each is computed for the event that it was wanted for, and what it needs with it where that failed. A key under
    which nothing has failed leaves the others alone.
    """
    keys = _keys(body)
    results = [_result(key, became) for key, became in zip(keys, engine().failures.retry(keys), strict=True)]
    return {"retried": sum(result["success"] for result in results), "results": results}


@blueprint.route("/api/precompute/failed", methods=["DELETE"])
@blueprint.arguments(FailedKeysSchema, example=KEYS)
@blueprint.response(200, DroppedSchema, description="What was forgotten.", example=DROPPED)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def drop_failed(body: dict[str, Any]) -> dict[str, Any]:
    """Forget failures, as if what failed had never been asked for.

    The status then says `missing`, and the next trigger has it computed. A result that is still served stays.
    """
    keys = _keys(body)
    dropped = engine().failures.drop(keys)
    results = [_result(key, "" if gone else not_failed(key)) for key, gone in zip(keys, dropped, strict=True)]
    return {"dropped": sum(dropped), "results": results}


def _keys(body: dict[str, Any]) -> list[CacheKey]:
    return [CacheKey.parse(text) for text in dict.fromkeys(body["keys"])]


def _told(one: Failure) -> dict[str, Any]:
    names = ("key", "task_id", "failed_at", "cause", "deliveries", "set_aside")
    return {**{name: getattr(one, name) for name in names}, "error": {"code": one.code, "message": one.message}}


def _result(key: CacheKey, became: str | PrecomputeError) -> dict[str, Any]:
    if isinstance(became, PrecomputeError):
        return {"cache_key": str(key), **told(became)}
    return {"success": True, "cache_key": str(key), **({"task_id": became} if became else {})}
