"""Results go out, and are invalidated."""

from datetime import timedelta
from typing import Any

from flask import Response, request

from api.answers import CacheHitSchema, CacheMissSchema, InvalidatedSchema
from api.blueprint import NounBlueprint, answers, fails
from api.engine import engine, slots
from api.examples import CACHE_HITS, CACHE_MISSES, INVALIDATED
from api.reading import ROUTE, asked_wait, hit, miss
from api.schemas import InvalidateQuerySchema, InvalidateSchema
from precompute.entry import Entry, Failure, Miss, State
from precompute.errors import BadParameters, UnknownPrecomputation
from precompute.subjects import CacheKey

blueprint = NounBlueprint("cache", __name__, description="Read results, and drop them.")

_HEADERS = {
    "ETag": "Names the result's content; weak, since the ages in the body move on.",
    "Age": "Whole seconds since it was computed.",
    "Cache-Control": "`private, max-age=` the seconds it stays fresh.",
    "X-Cache": "`HIT` or `STALE`.",
}
_READER = "HTTP_X_USER_ID"
_MISS_HEADERS = {"X-Cache": "`MISS`.", "Retry-After": "Seconds; while processing."}
_PARAMETERS = [
    {
        "in": "query",
        "name": "wait",
        "description": "Holds the request until the running computation is done, or this many seconds are over.",
        "schema": {"type": "number", "minimum": 0, "maximum": 30, "default": 0},
    },
    {
        "in": "header",
        "name": "If-None-Match",
        "description": "The `ETag` of an earlier answer; an unchanged result then answers 304.",
        "schema": {"type": "string"},
    },
    {
        "in": "header",
        "name": "X-User-Id",
        "description": (
            "Who reads, so that predictions learn from it: the read is recorded as the action that this result is "
            "needed for (`dashboard_data` as `dashboard_view`), once for reads within ten seconds of each other. "
            "Afterwards, and not at all where that cannot be done or this is no id; the read itself never suffers. "
            "Do not report the same view to `/actions` as well."
        ),
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
        "example": "user_67890",
    },
]
_RESPONSES: dict[int, Any] = {
    200: answers("The result.", schema=CacheHitSchema, examples=CACHE_HITS, headers=_HEADERS),
    304: answers("The caller has it already.", headers=_HEADERS),
    **fails(422, 503),
    404: answers("No result now.", schema=CacheMissSchema, examples=CACHE_MISSES, headers=_MISS_HEADERS),
}


@blueprint.route(ROUTE, parameters=_PARAMETERS)
@blueprint.doc(responses=_RESPONSES)
def read_result(cache_key: str) -> Response:
    """Read a result.

    A miss is 404 and never held unless `wait` says so: compute for yourself then. When too many requests wait already,
    this one is answered at once.
    """
    key = CacheKey.parse(cache_key)
    try:
        found = _found(key) if request.query_string else engine().get(key)
    except UnknownPrecomputation as unknown:
        failure = Failure(code=unknown.code, message=unknown.message)
        return miss(Miss(key=key, state=State.MISSING, failure=failure))
    if _READER in request.environ:
        engine().memory.note_read(request.environ[_READER], row=engine().catalogue.get(key.task_type), key=key)
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


def _found(key: CacheKey) -> Entry | Miss:
    wait = asked_wait(request)
    if not wait:
        return engine().get(key)
    with slots().if_free() as free:
        return engine().get(key, wait=wait if free else timedelta(0))
