"""The OpenAPI document: made from the schemas and the catalogue, never written by hand."""

from typing import Any

from flask import Flask
from marshmallow import fields
from werkzeug.routing import BaseConverter

import precompute
from api.answers import ByTaskType, Result, TaskTypeName
from api.errors import ServiceApi
from precompute.catalogue import Catalogue
from precompute.subjects import Subject
from precompute.task_type import TaskType

TITLE = "Predictive precompute"

ABOUT = """Works out what people will ask for, computes it before they ask, and keeps it fresh in a cache.

A cache key is `{task_type}:{subject}:{id}`, such as `ctr_prediction:video:vid_12345`. Times and durations are seconds,
shares are 0 to 1, boxes are shares of the frame from its top left corner, instants are ISO 8601 in UTC. Fields may be
added to any answer; none is renamed, retyped or dropped. Every answer that is not a success has the shape of `Error`.
"""

_ID = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"}


class CacheKeyConverter(BaseConverter):
    """``{task_type}:{subject}:{id}`` in a path; the view checks it, so that a wrong one is told what is wrong."""


class SubjectConverter(BaseConverter):
    """A kind of subject in a path."""


class IdConverter(BaseConverter):
    """An id in a path."""


class TaskTypeConverter(BaseConverter):
    """The name of a served task type in a path."""


CONVERTERS = {
    "cache_key": CacheKeyConverter,
    "subject": SubjectConverter,
    "id": IdConverter,
    "task_type": TaskTypeConverter,
}
"""Names for routes; each describes itself in the document."""


def service_api(app: Flask, *, catalogue: Catalogue) -> ServiceApi:
    """flask-smorest on ``app``, with a document that knows the catalogue."""
    app.config |= {"API_TITLE": TITLE, "API_VERSION": precompute.__version__, "OPENAPI_VERSION": "3.1.0"}
    rows = catalogue.served()
    spec = {"info": {"description": ABOUT}, "x-task-types": [_described(row) for row in rows]}
    app.url_map.converters |= CONVERTERS
    api = ServiceApi(app, spec_kwargs=spec)
    names = [row.name for row in rows]
    api.register_converter(CacheKeyConverter, lambda _: _cache_key(names))
    api.register_converter(SubjectConverter, lambda _: {"type": "string", "enum": [each.value for each in Subject]})
    api.register_converter(IdConverter, lambda _: _ID)
    api.register_converter(TaskTypeConverter, lambda _: {"type": "string", "enum": names})
    _derive_fields(api.ma_plugin.converter, rows)
    return api


def document(api: ServiceApi) -> dict[str, Any]:
    """The whole document, as JSON."""
    whole: dict[str, Any] = api.spec.to_dict()
    schemas = whole["components"]["schemas"]
    # flask-smorest brings its own, though no view of ours has pages.
    schemas.pop("PaginationMetadata", None)
    for schema in schemas.values():
        # Fields may be added to any answer, so nobody should refuse those that are not named yet.
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
    return whole


def _cache_key(names: list[str]) -> dict[str, str]:
    subjects = "|".join(Subject)
    return {"type": "string", "pattern": f"^({'|'.join(names)}):({subjects}):[A-Za-z0-9._-]{{1,128}}$"}


def _derive_fields(converter: Any, rows: tuple[TaskType, ...]) -> None:
    names = [row.name for row in rows]

    def from_catalogue(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
        if isinstance(field, TaskTypeName):
            return {"enum": names}
        if isinstance(field, ByTaskType):
            return {"propertyNames": {"enum": names}}
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
