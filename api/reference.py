"""The API's reference as Markdown, made from its OpenAPI document: ``python -m api.reference > docs/api.md``."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from api.document import shipped_document
from precompute.correlation import HEADER

Json = Mapping[str, Any]

_MADE_BY = (
    "<!-- Made from the OpenAPI document by `python -m api.reference > docs/api.md`; a test holds them together. -->"
)


_EVERYWHERE = frozenset({"401", "403", "429"})
"""Told once for all, at the top."""


def reference(spec: Json) -> str:
    """The whole page.

    Args:
        spec: An OpenAPI 3.1 document as :func:`api.openapi.document` gives it.
    """
    parts = [f"# {spec['info']['title']}: the API", _MADE_BY, spec["info"]["description"].strip(), *_task_types(spec)]
    for tag in spec["tags"]:
        parts += [f"## {tag['name'].capitalize()}", tag["description"]]
        for path, item in spec["paths"].items():
            for method, operation in item.items():
                if method != "parameters" and tag["name"] in operation["tags"]:
                    parts += _operation(method, path, operation, shared=item.get("parameters", []))
    parts.append("## Schemas")
    for name, schema in sorted(spec["components"]["schemas"].items()):
        parts += _schema(name, schema)
    return "\n\n".join(parts) + "\n"


def _task_types(spec: Json) -> Iterator[str]:
    yield "## Task types"
    rows = [
        [
            f"`{row['name']}`",
            row["subject"],
            f"`{row['started_by']}`",
            f"{row['queue']} ({row['priority']})",
            f"{row['ttl_seconds'] / 3600:g} h",
            _link(row["result"]) if row["result"] else "",
        ]
        for row in spec["x-task-types"]
    ]
    yield _table(["task type", "subject", "started by", "queue (priority)", "fresh for", "result"], rows)


def _operation(method: str, path: str, operation: Json, *, shared: list[Json]) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`"
    yield operation["summary"] + (f" Scope: `{operation['x-scope']}`." if "x-scope" in operation else "")
    if "description" in operation:
        yield operation["description"]
    every = [*shared, *operation.get("parameters", [])]
    parameters = [each for each in every if each["name"] != HEADER]
    if parameters:
        yield _table(["parameter", "in", "type", "about"], [_parameter(each) for each in parameters])
    if "requestBody" in operation:
        body = operation["requestBody"]["content"]["application/json"]
        yield f"Body: {_type(body['schema'])}{'' if operation['requestBody'].get('required') else ' (optional)'}"
        if "example" in body:
            yield _json(body["example"])
    responses = [each for each in sorted(operation["responses"].items()) if each[0] not in _EVERYWHERE]
    yield _table(["status", "body", "about"], [_response(status, response) for status, response in responses])
    yield from _first_example(responses)


def _parameter(parameter: Json) -> list[str]:
    return [
        f"`{parameter['name']}`",
        parameter["in"],
        _type(parameter["schema"]),
        parameter.get("description") or _fits(parameter["schema"]),
    ]


def _fits(schema: Json) -> str:
    return f"Fits `{schema['pattern']}`." if "pattern" in schema else ""


def _response(status: str, response: Json) -> list[str]:
    bodies = [
        _type(content["schema"]) if kind == "application/json" else f"`{kind}`"
        for kind, content in response.get("content", {}).items()
    ]
    headers = [
        f"`{name}`: {header['description']}" for name, header in response.get("headers", {}).items() if name != HEADER
    ]
    return [status, ", ".join(bodies), " ".join([response["description"], *headers])]


def _first_example(responses: list[tuple[str, Json]]) -> Iterator[str]:
    for _status, response in responses[:1]:
        for content in response.get("content", {}).values():
            shown = [content["example"]] if "example" in content else _values(content)
            for example in shown[:1]:
                yield f"```\n{example.strip()}\n```" if isinstance(example, str) else _json(example)


def _values(content: Json) -> list[Any]:
    return [each["value"] for each in content.get("examples", {}).values()]


def _schema(name: str, schema: Json) -> Iterator[str]:
    yield f"### Schema {name}"
    if "description" in schema:
        yield schema["description"]
    if "enum" in schema:
        yield f"One of {_type(schema)}."
        return
    required = schema.get("required", [])
    rows = [
        [f"`{field}`", _type(about), "yes" if field in required else "", about.get("description", "")]
        for field, about in schema.get("properties", {}).items()
    ]
    yield _table(["field", "type", "always there", "about"], rows)


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " or ".join(_type(each) for each in schema[choice])
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    kinds = schema.get("type", "any")
    return " or ".join(_kind(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _kind(kind: str, schema: Json) -> str:
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'])}"
    bounds = [str(schema[bound]) for bound in ("minimum", "maximum") if bound in schema]
    return f"{kind} ({' to '.join(bounds)})" if bounds and kind != "null" else kind


def _link(name: str) -> str:
    return f"[{name}](#schema-{name.lower()})"


def _json(value: Any) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Print the page for the shipped catalogue."""
    sys.stdout.write(reference(shipped_document()))


if __name__ == "__main__":
    main()
