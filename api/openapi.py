"""The OpenAPI document: made from the schemas and the catalogue, never written by hand."""

from typing import Any

from flask import Flask
from marshmallow import fields
from werkzeug.routing import BaseConverter

import precompute
from api.access import tell_access
from api.answers import ByTaskType, ChangeSchema, Result, TaskTypeName
from api.errors import CODES, ServiceApi, problem
from api.intake import WHOLE_WITHIN
from precompute.catalogue import Catalogue
from precompute.correlation import HEADER
from precompute.subjects import Subject
from precompute.task_type import TaskType

TITLE = "Predictive precompute"

ABOUT = """Works out what people will ask for, computes it before they ask, and keeps it fresh in a cache.

A cache key is `{task_type}:{subject}:{id}`, such as `ctr_prediction:video:vid_12345`. Times and durations are seconds,
shares are 0 to 1, boxes are shares of the frame from its top left corner, instants are ISO 8601 in UTC. Fields may be
added to any answer; none is renamed, retyped or dropped.

Every answer that is not a success has the shape of `Error`, also those that no operation names: 404 where there is
nothing, 405 with `Allow` where the method is wrong, 408 for a body that takes longer than 40 seconds, 413 above 1 MB,
415 for a body that is not sent as JSON. A service with API keys answers 401 without one, and 403 where the key lacks
the operation's scope; one with a rate limit answers 429 with `Retry-After`. Every answer has an `X-Request-Id`, the
caller's own where it sent one.
"""

_LICENCE = {"name": "MIT", "identifier": "MIT"}

_ID = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$", "description": "Of the video, campaign or user."}

_TASK_TYPE = "TaskType"


class CacheKeyConverter(BaseConverter):
    """``{task_type}:{subject}:{id}`` in a path; the view checks it, so that a wrong one is told what is wrong."""


class SubjectConverter(BaseConverter):
    """A kind of subject in a path."""


class IdConverter(BaseConverter):
    """An id in a path."""


class TaskTypeConverter(BaseConverter):
    """The name of a served task type in a path."""


class TaskIdConverter(BaseConverter):
    """The id of a task in a path."""


class RankConverter(BaseConverter):
    """A rank in a path: any text, so that a wrong one is an image that is not there."""


CONVERTERS = {
    "cache_key": CacheKeyConverter,
    "subject": SubjectConverter,
    "id": IdConverter,
    "task_type": TaskTypeConverter,
    "task_id": TaskIdConverter,
    "rank": RankConverter,
}
"""Names for routes; each describes itself in the document."""


def service_api(app: Flask, *, catalogue: Catalogue) -> ServiceApi:
    """flask-smorest on ``app``, with a document that knows the catalogue."""
    app.config |= {"API_TITLE": TITLE, "API_VERSION": precompute.__version__, "OPENAPI_VERSION": "3.1.0"}
    rows = catalogue.served()
    spec = {
        "info": {"description": ABOUT, "license": _LICENCE},
        "servers": [{"url": "/", "description": "Where this document comes from."}],
        "x-task-types": [_described(row) for row in rows],
    }
    app.url_map.converters |= CONVERTERS
    api = ServiceApi(app, spec_kwargs=spec)
    names = [row.name for row in rows]
    api.spec.components.schema(_TASK_TYPE, {"type": "string", "enum": names, "description": "A served task type."})
    for converter, schema in _in_paths(names).items():
        api.register_converter(converter, lambda _, schema=schema: schema)
    # Its schema is a reference, which says the type by itself.
    api.register_field(TaskTypeName, None, None)
    _derive_fields(api.ma_plugin.converter, rows)
    # Events of a stream; no body of an answer has this shape, so no view brings it along.
    api.spec.components.schema("Change", schema=ChangeSchema)
    return api


def document(api: ServiceApi) -> dict[str, Any]:
    """The whole document, as JSON."""
    whole: dict[str, Any] = api.spec.to_dict()
    schemas = whole["components"]["schemas"]
    for path in whole["paths"].values():
        if "parameters" in path:
            path["parameters"] = [_told(each) for each in path["parameters"]]
    tell_access(whole)
    _tell_slow_bodies(whole)
    _tell_request_id(whole)
    # flask-smorest brings its own, though no view of ours has pages.
    schemas.pop("PaginationMetadata", None)
    for schema in schemas.values():
        # Fields may be added to any answer, so nobody should refuse those that are not named yet.
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
        for field in schema.get("properties", {}).values():
            if "pattern" in field:
                # Only in Python may a line break follow what $ ends.
                field["pattern"] = field["pattern"].replace(r"$(?!\n)", "$")
    return whole


def _tell_slow_bodies(whole: dict[str, Any]) -> None:
    late = f"the body was not there within {WHOLE_WITHIN.seconds} seconds"
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "example": problem(CODES[408], late)}
    for path in whole["paths"].values():
        for operation in (part for name, part in path.items() if name != "parameters"):
            if "requestBody" in operation:
                # A new one each time: headers are added to it.
                told = {"description": f"{late.capitalize()}.", "content": {"application/json": content}}
                operation["responses"]["408"] = told


def _tell_request_id(whole: dict[str, Any]) -> None:
    header = {"description": "Names the request in every log line about it.", "schema": {"type": "string"}}
    offered = "Names the request, instead of a name of our own; 1 to 128 characters of `A-Za-z0-9._:/+=@-`."
    parameter = {"in": "header", "name": HEADER, "description": offered, "schema": {"type": "string"}}
    for path in whole["paths"].values():
        others = [each for each in path.get("parameters", []) if each["name"] != HEADER]
        path["parameters"] = [*others, parameter]
        for operation in (part for name, part in path.items() if name != "parameters"):
            for response in operation["responses"].values():
                response["headers"] = {**response.get("headers", {}), HEADER: header}


def _told(parameter: dict[str, Any]) -> dict[str, Any]:
    """The parameter; what a converter says about itself goes beside its name, where pages and clients look for it."""
    told = {name: text for name, text in parameter["schema"].items() if name in {"description", "example"}}
    schema = {name: part for name, part in parameter["schema"].items() if name not in told}
    return {**parameter, **told, "schema": schema}


def _in_paths(names: list[str]) -> dict[type[BaseConverter], dict[str, Any]]:
    """What stands in paths, as the document describes it."""
    key = f"^({'|'.join(names)}):({'|'.join(Subject)}):[A-Za-z0-9._-]{{1,128}}$"
    return {
        CacheKeyConverter: {
            "type": "string",
            "pattern": key,
            "description": "`{task_type}:{subject}:{id}`",
            "example": "ctr_prediction:video:vid_12345",
        },
        SubjectConverter: {
            "type": "string",
            "enum": [each.value for each in Subject],
            "description": "What it is about.",
        },
        IdConverter: _ID,
        TaskTypeConverter: {"$ref": f"#/components/schemas/{_TASK_TYPE}", "description": "Which type."},
        TaskIdConverter: {"type": "string", "format": "uuid", "description": "As a trigger named it."},
        RankConverter: {"type": "integer", "minimum": 1, "description": "1 is the best."},
    }


def _derive_fields(converter: Any, rows: tuple[TaskType, ...]) -> None:
    def from_catalogue(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
        if isinstance(field, TaskTypeName):
            return {"$ref": f"#/components/schemas/{_TASK_TYPE}"}
        if isinstance(field, ByTaskType):
            return {"propertyNames": {"$ref": f"#/components/schemas/{_TASK_TYPE}"}}
        if isinstance(field, Result):
            return {"anyOf": [self.resolve_nested_schema(row.result) for row in rows if row.result is not None]}
        return {}

    converter.add_attribute_function(from_catalogue)


def _described(row: TaskType) -> dict[str, Any]:
    return {
        "name": row.name,
        "subject": row.subject.value,
        "started_by": None if row.on is None else row.on.name,
        "queue": row.queue.label,
        "priority": row.queue.value,
        "ttl_seconds": int(row.ttl.total_seconds()),
        "result": None if row.result is None else row.result.__name__.removesuffix("Schema"),
    }
