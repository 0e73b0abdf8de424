"""Results go out, and are invalidated."""

from typing import Any

from flask import Response, request

from api.answers import CacheHitSchema, InvalidatedSchema
from api.blueprint import NounBlueprint, answers, fails
from api.engine import engine
from api.examples import CACHE_HITS, INVALIDATED
from api.read_parameters import MISSED, PARAMETERS, X_CACHE
from api.reading import ROUTE, find, hit, miss
from api.schemas import InvalidateQuerySchema, InvalidateSchema
from precompute.entry import Entry
from precompute.errors import BadParameters
from precompute.subjects import CacheKey

blueprint = NounBlueprint("cache", __name__, description="Read results, and drop them.")

_HEADERS = {
    "ETag": "Names the result's content; weak, since the ages in the body move on.",
    "Age": "Whole seconds since it was computed.",
    "Cache-Control": "`private, max-age=` the seconds it stays fresh.",
    **X_CACHE,
}
_RESPONSES: dict[int, Any] = {
    200: answers("The result.", schema=CacheHitSchema, examples=CACHE_HITS, headers=_HEADERS),
    304: answers("The caller has it already.", headers=_HEADERS),
    **MISSED,
}


@blueprint.route(ROUTE, parameters=PARAMETERS)
@blueprint.doc(responses=_RESPONSES)
def read_result(cache_key: str) -> Response:
    """Read a result.

    A miss is 404 and never held unless `wait` says so: compute for yourself then. When too many requests wait already,
    this one is answered at once.
    """
    found = find(CacheKey.parse(cache_key), request)
    return hit(found, request) if isinstance(found, Entry) else miss(found)


@blueprint.route("/api/precompute/cache", methods=["DELETE"])
@blueprint.arguments(InvalidateQuerySchema, location="query")
@blueprint.arguments(InvalidateSchema, required=False, example={"pattern": "video:vid_12345:*", "soft": False})
@blueprint.response(200, InvalidatedSchema, description="How many there were.", example=INVALIDATED)
@blueprint.doc(responses=fails(400, 413, 415, 422, 503))
def invalidate_results(query: dict[str, Any], body: dict[str, Any]) -> dict[str, int]:
    """Drop every result that a pattern matches.

    The pattern is a glob (`*`, `?`, `[abc]`), held against the cache key and against `{subject}:{id}:{task_type}`, so
    `video:vid_12345:*` means every result of that video. What was computed from a result goes with it (the CTR with the
    hook), and a computation that is running does not write. `invalidated` counts every entry that was dropped, or with
    `soft` marked stale, once. Its owner's dashboard and analytics go stale and are not counted. Failures are forgotten.
    """
    wanted = {"soft": False, **query, **body}
    if "pattern" not in wanted:
        flaw = "Missing data for required field."
        raise BadParameters(f"pattern: {flaw}", fields={"pattern": [flaw]})
    return {"invalidated": engine().invalidate(wanted["pattern"], soft=wanted["soft"])}
