"""Who may call what, as the OpenAPI document says it: derived from the guard, so the two cannot differ."""

from typing import Any

from api.errors import CODES, SENTENCES, problem
from api.guard import OPEN, needed_for

SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `precompute keys create`. A service without keys answers its own machine only, and "
        "asks for none.",
    },
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
}
"""How a caller shows its key."""

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def tell_access(whole: dict[str, Any]) -> None:
    """Add to a document which key each operation takes, and what a caller is told without one."""
    whole["components"]["securitySchemes"] = SCHEMES
    for path, item in whole["paths"].items():
        for method in _METHODS & set(item):
            operation = item[method]
            if path in OPEN:
                operation["security"] = []
                continue
            scope = needed_for(method.upper(), path)
            # An empty requirement: where the service has no keys, none is needed.
            operation["security"] = [{"bearer": []}, {"header": []}, {}]
            operation["x-scope"] = str(scope)
            operation["responses"] |= _refusals(str(scope))


def _refusals(scope: str) -> dict[str, Any]:
    missing = "this takes an API key; send it as `Authorization: Bearer KEY`"
    unfit = f"this key is not good for that; it takes the scope {scope}"
    challenge = {"WWW-Authenticate": {"description": "How to show a key.", "schema": {"type": "string"}}}
    again = {"description": "Seconds until it is worth asking again.", "schema": {"type": "integer", "minimum": 1}}
    return {
        "401": _refusal("The service has keys, and this is none of them.", "key_missing", missing, challenge),
        "403": _refusal(f"The key lacks the scope `{scope}`, or the caller is elsewhere.", "scope_missing", unfit, {}),
        "429": _refusal("More than the caller may ask.", CODES[429], SENTENCES[429], {"Retry-After": again}),
    }


def _refusal(about: str, code: str, message: str, headers: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "example": problem(code, message)}
    return {
        "description": about,
        "content": {"application/json": content},
        **({"headers": headers} if headers else {}),
    }
