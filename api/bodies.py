"""JSON bodies, read strictly: what is not an object in JSON is said to be so, and never guessed at."""

import math
from typing import Any

import orjson
from flask import Request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from api.intake import take_in


class JsonBodies(FlaskParser):
    """Reads bodies for ``@blueprint.arguments``.

    orjson takes no NaN, no lone surrogates, no number beyond a double and at most 1,024 levels, so what it gives can be
    written as JSON again.
    """

    def load_json(self, req: Request, schema: Schema) -> dict[str, Any]:
        """The object in the body; an empty one when there is no body and none is needed.

        Raises:
            BadRequest: The body is empty though something in it is required, not JSON, or not an object.
            RequestEntityTooLarge: It is too large.
            RequestTimeout: It takes too long to arrive.
            ServiceUnavailable: Too many arrive too slowly.
            UnsupportedMediaType: It does not say that it is JSON, or is compressed.
        """
        coding = req.headers.get("Content-Encoding", "identity")
        if coding.lower() != "identity":
            raise UnsupportedMediaType(f"the body must be sent as it is, not as Content-Encoding: {coding}")
        if req.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
            raise UnsupportedMediaType("the body must be sent as it is, or in plain chunks")
        body = take_in(req.stream.read)
        if req.content_length is None and len(body) >= (req.max_content_length or math.inf):
            # A body sent in chunks is cut at the limit without a word.
            raise RequestEntityTooLarge
        if not body:
            if getattr(schema, "needs_body", False) or any(field.required for field in schema.fields.values()):
                raise BadRequest("the body is empty; a JSON object is needed")
            return {}
        if not req.is_json:
            sent = req.mimetype or "nothing"
            raise UnsupportedMediaType(f"the body must be sent with Content-Type: application/json, not {sent}")
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as flaw:
            raise BadRequest(f"the body is not valid JSON: {flaw}") from flaw
        if not isinstance(document, dict):
            raise BadRequest("the body must be a JSON object")
        return document
