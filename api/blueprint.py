"""A blueprint that reads bodies strictly, and the words with which views describe how they fail."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema

from api.answers import ErrorSchema
from api.bodies import JsonBodies

_FAILURES = {
    400: ("The body is empty, not JSON, or not an object.", "bad_request", "the body must be a JSON object"),
    404: ("There is no such thing.", "unknown", "no task is called 'b1946ac9'"),
    413: ("The body is larger than 1 MB.", "too_large", "the body is too large; 1 MB is the most"),
    415: (
        "The body is not sent as JSON.",
        "unsupported_media_type",
        "the body must be sent with Content-Type: application/json, not text/plain",
    ),
    422: ("Something does not fit; `fields` names it.", "bad_parameters", "wait must be a number of seconds"),
    503: (
        "The broker or the cache is down, or too many tasks or requests wait. `Retry-After` says when to ask again.",
        "broker_unavailable",
        "the broker cannot be reached; nothing was queued",
    ),
}

RETRY_AFTER = {"Retry-After": "Seconds until it is worth asking again."}
"""The header that says so."""

_WITH = {503: RETRY_AFTER}

_HEADERS: dict[str, dict[str, Any]] = {
    "Age": {"type": "integer", "minimum": 0},
    "Retry-After": {"type": "integer", "minimum": 1},
    "X-Cache": {"type": "string", "enum": ["HIT", "STALE", "MISS"]},
}
"""Headers that are more than text."""


View = Callable[..., Any]
"""A function that answers requests."""


class NounBlueprint(Blueprint):  # type: ignore[misc]
    """The views about one noun; flask-smorest's decorators, with the annotations that it lacks."""

    ARGUMENTS_PARSER = JsonBodies()

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Serve a path; the function's name is the operation's id, by which generated clients name their methods."""
        serve = super().route(rule, **options)

        def decorate(view: View) -> View:
            return serve(self.doc(operationId=_camel(view.__name__))(view))  # type: ignore[no-any-return]

        return decorate

    def arguments(self, schema: type[Schema], **options: Any) -> Callable[[View], View]:
        """Read the request with a schema, and say so in the document."""
        # Given the class, webargs makes it anew for each request, with all that is nested in it: 0.17 ms of a trigger.
        return super().arguments(schema(), **options)  # type: ignore[no-any-return]

    def response(self, status_code: int, schema: type[Schema], **options: Any) -> Callable[[View], View]:
        """Answer with a schema, and say so in the document."""
        return super().response(status_code, schema, **options)  # type: ignore[no-any-return]

    @staticmethod
    def doc(**options: Any) -> Callable[[View], View]:
        """Say more in the document."""
        return Blueprint.doc(**options)  # type: ignore[no-any-return]


def fails(*statuses: int) -> dict[int, dict[str, Any]]:
    """The documented responses of those statuses."""
    return {status: _failure(*_FAILURES[status], headers=_WITH.get(status)) for status in statuses}


def answers(
    description: str,
    *,
    schema: type[Schema] | dict[str, Any] | None = None,
    content_type: str = "application/json",
    example: Any = None,
    examples: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A documented response.

    Args:
        description: When it comes.
        schema: Of its body; none when there is no body.
        content_type: Of its body.
        example: A body.
        examples: Several bodies by name, instead of ``example``.
        headers: What each header means.
    """
    response: dict[str, Any] = {"description": description}
    if schema is not None:
        content: dict[str, Any] = {"schema": schema} | ({} if example is None else {"example": example})
        if examples:
            content["examples"] = {name: {"value": value} for name, value in examples.items()}
        response["content"] = {content_type: content}
    if headers:
        response["headers"] = {
            name: {"description": about, "schema": _HEADERS.get(name, {"type": "string"})}
            for name, about in headers.items()
        }
    return response


def _failure(description: str, code: str, message: str, *, headers: dict[str, str] | None) -> dict[str, Any]:
    example = {"success": False, "error": {"code": code, "message": message}}
    return answers(description, schema=ErrorSchema, example=example, headers=headers)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
