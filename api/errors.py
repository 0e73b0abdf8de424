"""Errors as HTTP answers, all in one shape; the only table from class to status."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask, Response, current_app, jsonify
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from api.answers import ErrorSchema
from precompute.errors import (
    Backlogged,
    BadParameters,
    BrokerUnavailable,
    PrecomputeError,
    StoreUnavailable,
    UnknownPrecomputation,
)

STATUSES: Mapping[type[PrecomputeError], int] = {
    BadParameters: 422,
    UnknownPrecomputation: 404,
    StoreUnavailable: 503,
    BrokerUnavailable: 503,
    Backlogged: 503,
}
"""What a caller is told; everything else is a fault of ours, 500."""

RETRY_AFTER_S = 2
"""When to ask again after a 503: a broker or cache that restarts takes about as long."""

BACKLOGGED_RETRY_AFTER_S = 30
"""When to ask again while too much waits: tens of thousands of tasks take longer than a restart."""

CODES: Mapping[int, str] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    415: "unsupported_media_type",
    422: "bad_parameters",
    429: "rate_limited",
    500: "internal",
    503: "busy",
}
"""The word for a status that no class of ours stands for."""

SENTENCES: Mapping[int, str] = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this address does not take that method",
    413: "the body is too large; 1 MB is the most",
    429: "this caller has made more requests than PRECOMPUTE_RATE_LIMIT allows; Retry-After says when to go on",
    500: "something went wrong on our side; it has been logged",
}
"""What a person is told where the framework's own words would not help."""


LONGEST_TEXT = 400
"""Characters of a message; a caller who sends ten kilobytes is not sent them back."""

MOST_FIELDS = 20
"""Fields whose flaws are told; ten thousand facts may have four each."""


def problem(code: str, message: str, *, fields: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """The body of every answer that is not a success; short, whatever was sent."""
    error: dict[str, Any] = {"code": code, "message": _short(message)}
    if fields:
        error["fields"] = {
            _short(name): [_short(flaw) for flaw in flaws] for name, flaws in list(fields.items())[:MOST_FIELDS]
        }
    return {"success": False, "error": error}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


class ServiceApi(Api):  # type: ignore[misc]
    """flask-smorest, with our error shape instead of its own."""

    ERROR_SCHEMA = ErrorSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer an error of the framework, or one that nobody foresaw."""
        status = error.code or 500
        fields = dict(_flat(getattr(error, "data", {}).get("messages", {})))
        message = _sentence(fields) or SENTENCES.get(status) or error.description or error.name
        answer = jsonify(problem(CODES.get(status, "http_error"), message, fields=fields))
        answer.status_code = status
        answer.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
        return answer


def answer_errors(app: Flask) -> None:
    """Let ``app`` answer our own errors."""
    app.register_error_handler(PrecomputeError, _answer)


def status_of(error: PrecomputeError) -> int:
    """The HTTP status of an error of ours."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)


def told(error: PrecomputeError) -> dict[str, Any]:
    """The body that tells an error of ours which is no fault of ours."""
    return problem(error.code, error.message, fields=getattr(error, "fields", None))


def unfit(messages: Any) -> dict[str, Any]:
    """The body that tells what marshmallow found wrong with one object."""
    fields = dict(_below("", messages))
    return problem(CODES[422], _sentence(fields), fields=fields)


def _answer(error: PrecomputeError) -> Response:
    status = status_of(error)
    if status == 500:
        current_app.logger.error("Unforeseen error", exc_info=error, extra={"action": "request_failed"})
        body = problem(CODES[500], SENTENCES[500])
    else:
        body = told(error)
    answer = jsonify(body)
    answer.status_code = status
    if status == 503:
        backlogged = isinstance(error, Backlogged)
        answer.headers["Retry-After"] = str(BACKLOGGED_RETRY_AFTER_S if backlogged else RETRY_AFTER_S)
    return answer


def _flat(messages: Any) -> Iterator[tuple[str, list[str]]]:
    """Field by dotted name, out of marshmallow's nested messages, whose outermost level is where the field was sent."""
    for place in messages.values():
        yield from _below("", place)


def _below(name: str, messages: Any) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(messages, Mapping):
        yield name or "body", [str(message) for message in messages]
        return
    for key, value in messages.items():
        inner = name if key == "_schema" else f"{name}.{key}" if name else str(key)
        yield from _below(inner, value)


def _sentence(fields: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{name}: {' '.join(problems)}" for name, problems in list(fields.items())[:5])
