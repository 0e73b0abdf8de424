"""Who is let in: with keys whoever holds one that is good for the route; without, whoever is on this machine."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from wsgiref.types import WSGIEnvironment

from flask import Flask, Request, Response, g, jsonify, request

from api.errors import problem
from precompute.api_keys import ApiKey, Scope, holder_of
from precompute.exposure import is_local
from precompute.settings import Settings

OPEN = frozenset({"/healthz", "/readyz"})
"""Asked by load balancers, which hold no key; they tell nothing about anybody."""

_LONGEST_SECRET = 200
_NEEDS: Mapping[str, Scope] = {"GET": Scope.READ, "HEAD": Scope.READ, "POST": Scope.WRITE, "DELETE": Scope.ADMIN}

_NEEDS_OF_ROUTES: Mapping[tuple[str, str], Scope] = {
    # Answers, and changes nothing.
    ("POST", "/api/precompute/predict-actions"): Scope.READ,
    # What an operator does.
    ("POST", "/api/precompute/failed/retry"): Scope.ADMIN,
}
"""Where the method alone does not say what it takes."""

Refusal = Response | None


def needed_for(method: str, route: str) -> Scope:
    """What a key must be good for.

    Args:
        method: Of HTTP.
        route: As Flask writes it, with its variables; or the path where there is no such route.
    """
    return _NEEDS_OF_ROUTES.get((method, route), _NEEDS.get(method, Scope.ADMIN))


class Door(Protocol):
    """Decides who is let in."""

    def check(self) -> Refusal:
        """None for Flask's request when it is let in; else what it is answered."""

    def opens(self, environ: WSGIEnvironment, scope: Scope) -> bool:
        """Whether a request that needs that scope is let in for sure; the rest is looked at by :meth:`check`."""


def guard(app: Flask, settings: Settings) -> Door:
    """Let ``app`` ask every request but those for its health who sends it; how it asks."""
    door: Door = Keyed(settings.api_keys) if settings.api_keys else Local()
    app.before_request(door.check)
    return door


class Keyed:
    """Asks for a key.

    Args:
        keys: Those that are let in.
    """

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = keys

    def opens(self, environ: WSGIEnvironment, scope: Scope) -> bool:
        """Whether the key of one of the two headers is good for that."""
        word, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if word.lower() != "bearer":
            secret = environ.get("HTTP_X_API_KEY", "")
        key = holder_of(secret, self._keys) if 0 < len(secret) <= _LONGEST_SECRET else None
        return key is not None and key.allows(scope)

    def check(self) -> Refusal:
        """None for Flask's request with a key that is good for it; else what it is answered."""
        if request.path in OPEN:
            return None
        secret = _presented(request)
        key = holder_of(secret, self._keys) if secret is not None else None
        if key is None:
            code = "key_missing" if secret is None else "key_unknown"
            return _unauthorized(code)
        g.api_key = key.name
        scope = needed_for(request.method, request.url_rule.rule if request.url_rule else request.path)
        if request.method != "OPTIONS" and not key.allows(scope):
            return _forbidden("scope_missing", f"this key is not good for that; it takes the scope {scope}")
        return None


class Local:
    """Lets this machine in."""

    def opens(self, environ: WSGIEnvironment, _scope: Scope) -> bool:
        """Whether it comes from here, and calls us by a name of here."""
        return is_local(environ.get("REMOTE_ADDR") or "localhost") and is_local(_host_of(environ))

    def check(self) -> Refusal:
        """None for Flask's request when it is let in; else what it is answered."""
        environ = request.environ
        if request.path in OPEN:
            return None
        if not is_local(environ.get("REMOTE_ADDR") or "localhost"):
            return _forbidden("local_only", "without API keys this service answers on its own machine only")
        # A page elsewhere can have its visitor's browser call here under a name of its own (DNS rebinding).
        if not is_local(_host_of(environ)):
            return _forbidden("local_only", "without API keys this service is called localhost or 127.0.0.1 only")
        return None


def _host_of(environ: WSGIEnvironment) -> str:
    host: str = environ.get("HTTP_HOST", "localhost")
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and not name.endswith(":") else host


def _presented(asked: Request) -> str | None:
    """The key of a request: ``Authorization: Bearer``, ``X-API-Key``, or the password that a browser asked for."""
    auth = asked.authorization
    if auth is not None and auth.type == "bearer":
        secret = auth.token
    elif auth is not None and auth.type == "basic":
        secret = auth.password
    else:
        secret = asked.environ.get("HTTP_X_API_KEY")
    return secret if secret is None or len(secret) <= _LONGEST_SECRET else ""


def _unauthorized(code: str) -> Response:
    words = {"key_missing": "this takes an API key", "key_unknown": "there is no such API key"}
    how = "send it as `Authorization: Bearer KEY`"
    answer = _answer(401, problem(code, f"{words[code]}; {how}"))
    # Only a page's visitor is asked by the browser; a script that called the API would hang on the dialog.
    wants_page = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    answer.headers["WWW-Authenticate"] = f'{"Basic" if wants_page else "Bearer"} realm="precompute"'
    return answer


def _forbidden(code: str, text: str) -> Response:
    return _answer(403, problem(code, text))


def _answer(status: int, body: dict[str, Any]) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    return answer
