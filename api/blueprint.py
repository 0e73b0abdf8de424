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


View = Callable[..., Any]
"""A function that answers requests."""


class NounBlueprint(Blueprint):  # type: ignore[misc]
    """The views about one noun; flask-smorest's decorators, with the annotations that it lacks."""

    ARGUMENTS_PARSER = JsonBodies()

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Serve a path."""
        return super().route(rule, **options)  # type: ignore[no-any-return]

    def arguments(self, schema: type[Schema], **options: Any) -> Callable[[View], View]:
        """Read the request with a schema, and say so in the document."""
        return super().arguments(schema, **options)  # type: ignore[no-any-return]

    def response(self, status_code: int, schema: type[Schema], **options: Any) -> Callable[[View], View]:
        """Answer with a schema, and say so in the document."""
        return super().response(status_code, schema, **options)  # type: ignore[no-any-return]

    @staticmethod
    def doc(**options: Any) -> Callable[[View], View]:
        """Say more in the document."""
        return Blueprint.doc(**options)  # type: ignore[no-any-return]


def fails(*statuses: int) -> dict[int, dict[str, Any]]:
    """The documented responses of those statuses."""
    return {status: _failure(*_FAILURES[status]) for status in statuses}


def answers(
    description: str,
    *,
    schema: type[Schema] | dict[str, Any] | None = None,
    content_type: str = "application/json",
    example: Any = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A documented response; ``headers`` says what each header means."""
    response: dict[str, Any] = {"description": description}
    if schema is not None:
        content = {"schema": schema} | ({} if example is None else {"example": example})
        response["content"] = {content_type: content}
    if headers:
        response["headers"] = {
            name: {"description": about, "schema": {"type": "string"}} for name, about in headers.items()
        }
    return response


def _failure(description: str, code: str, message: str) -> dict[str, Any]:
    example = {"success": False, "error": {"code": code, "message": message}}
    return answers(description, schema=ErrorSchema, example=example)
