"""The OpenAPI document holds up: it is valid, its operations are named, and its examples are what it describes."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from api.app import create_app
from api.result_examples import RESULTS
from precompute.catalogue import ROWS
from precompute.settings import Settings
from workers.wiring import precomputer

JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")


def served_document() -> dict[str, Any]:
    """The document as it is served."""
    settings = Settings()
    app = create_app(precomputer(settings), settings)
    whole: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return whole


SPEC = served_document()


def operations() -> Iterator[tuple[str, Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Every operation with its name and all of its parameters."""
    for path, item in SPEC["paths"].items():
        for method in METHODS:
            if method in item:
                parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
                yield f"{method} {path}", item[method], parameters


def shown(media: Mapping[str, Any]) -> dict[str, Any]:
    """The examples of a body, or of a parameter, by name."""
    several = {name: each["value"] for name, each in media.get("examples", {}).items()}
    return several | ({"example": media["example"]} if "example" in media else {})


def bodies() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every JSON body that is sent or answered."""
    for name, operation, _ in operations():
        if "requestBody" in operation:
            yield f"{name} sent", operation["requestBody"]["content"][JSON]
        for status, response in operation["responses"].items():
            if JSON in response.get("content", {}):
                yield f"{name} {status}", response["content"][JSON]


def described() -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every example with its schema."""
    for name, body in bodies():
        yield from ((f"{name} {which}", body["schema"], example) for which, example in shown(body).items())
    for name, _, parameters in operations():
        for each in parameters:
            examples = shown(each).items()
            yield from ((f"{name} {each['name']} {which}", each["schema"], example) for which, example in examples)


def flaws(schema: Mapping[str, Any], value: Any) -> list[str]:
    """What of the value does not fit; references lead into the document."""
    whole = {**schema, "components": SPEC["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{flaw.instance_path}: {flaw.message}" for flaw in validator.iter_errors(value)]


def test_the_document_is_openapi_3_1() -> None:
    """The document fits the schema that the OpenAPI Initiative publishes for documents of version 3.1."""
    assert SPEC["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(SPEC).validate()


DESCRIBED = list(described())


@pytest.mark.parametrize(("schema", "example"), [each[1:] for each in DESCRIBED], ids=[each[0] for each in DESCRIBED])
def test_an_example_is_what_it_describes(schema: Mapping[str, Any], example: Any) -> None:
    """Every example fits the schema that it stands beside, formats and patterns included."""
    assert flaws(schema, example) == []


def test_a_wrong_example_would_be_found() -> None:
    """The check of examples looks through references: a number where a sentence belongs does not fit."""
    wrong = {"success": False, "error": {"code": "unknown", "message": 7}}
    assert flaws({"$ref": "#/components/schemas/Error"}, wrong)


def test_every_body_has_an_example() -> None:
    """Whoever reads about a body sees one."""
    assert [name for name, body in bodies() if not shown(body)] == []


def test_every_shipped_task_type_has_an_example() -> None:
    """The cache's read shows a result of each, and the schema of that very type takes it."""
    hit = SPEC["paths"]["/api/precompute/cache/{cache_key}"]["get"]["responses"]["200"]["content"][JSON]
    rows = {row.name: row for row in ROWS if row.result is not None}
    assert set(hit["examples"]) == set(rows) == {row.name for row in RESULTS}
    schemas = {row["name"]: row["result"] for row in SPEC["x-task-types"]}
    for name, schema in schemas.items():
        result = hit["examples"][name]["value"]["result"]
        assert flaws({"$ref": f"#/components/schemas/{schema}"}, result) == [], name


def test_every_operation_has_a_name_of_its_own() -> None:
    """Names of operations are words in camel case that make methods, each used once."""
    names = Counter(operation["operationId"] for _, operation, _ in operations())
    assert set(names.values()) == {1}
    assert all(name.isidentifier() and name[0].islower() and "_" not in name for name in names)
    assert {"videoUploaded", "campaignCreated", "userLoggedIn", "readResult", "streamChanges"} <= set(names)


def test_what_is_always_there_is_required() -> None:
    """`success` is in every body of an answer, so callers can tell success and failure apart by it."""
    schemas = SPEC["components"]["schemas"]
    answering = {name: schema for name, schema in schemas.items() if "success" in schema.get("properties", {})}
    assert len(answering) > 15
    assert [name for name, schema in answering.items() if "success" not in schema["required"]] == []


def test_nothing_is_nullable_the_old_way() -> None:
    """What may be null says so by its types, as OpenAPI 3.1 has it."""
    text = json.dumps(SPEC)
    assert '"nullable"' not in text
    assert SPEC["components"]["schemas"]["TaskState"]["properties"]["task_id"]["type"] == ["string", "null"]


def test_every_parameter_says_what_it_is() -> None:
    """Each parameter has a description and a schema; those in a path are required."""
    for name, _, parameters in operations():
        for each in parameters:
            assert each["schema"], (name, each["name"])
            assert each.get("description"), (name, each["name"])
            assert each["in"] != "path" or each["required"], (name, each["name"])


def test_keys_are_told_as_they_are_asked_for() -> None:
    """Each operation names the scope that the guard asks for, and how it refuses; health takes no key."""
    found = {name: operation for name, operation, _ in operations()}
    assert found["get /healthz"]["security"] == found["get /readyz"]["security"] == []
    scopes = {name: operation["x-scope"] for name, operation in found.items() if operation["security"]}
    assert scopes["get /api/precompute/queue"] == scopes["post /api/precompute/predict-actions"] == "read"
    assert scopes["post /api/precompute/video"] == "write"
    assert scopes["delete /api/precompute/cache"] == scopes["post /api/precompute/failed/retry"] == "admin"
    for name in scopes:
        assert {"401", "403", "429"} <= set(found[name]["responses"]), name
    assert set(SPEC["components"]["securitySchemes"]) == {"bearer", "header"}


def test_waiting_is_said_in_seconds() -> None:
    """Every 503 comes with `Retry-After`, a whole number, and so does a result that is being computed."""
    for name, operation, _ in operations():
        for status in {"429", "503"} & set(operation["responses"]):
            header = operation["responses"][status]["headers"]["Retry-After"]
            assert header["schema"] == {"type": "integer", "minimum": 1}, (name, status)
    miss = SPEC["paths"]["/api/precompute/cache/{cache_key}"]["get"]["responses"]["404"]
    assert {"X-Cache", "Retry-After"} <= set(miss["headers"])


def test_every_reference_in_a_stream_leads_somewhere() -> None:
    """The events of a stream name schemas that are there."""
    stream = SPEC["paths"]["/api/precompute/stream/{subject}/{subject_id}"]["get"]["responses"]["200"]
    events = stream["content"]["text/event-stream"]["schema"]["x-events"]
    assert set(events) == {"state", "done", "timeout", "error"}
    named = [event["$ref"].rpartition("/")[2] for event in events.values() if "$ref" in event]
    assert set(named) <= set(SPEC["components"]["schemas"])
