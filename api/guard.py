"""Who is let in: with keys whoever holds one that is good for the route; without, whoever is on this machine."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, g, jsonify, request
from werkzeug.datastructures import Authorization

from api.errors import problem
from precompute.api_keys import ApiKey, Scope, holder_of
from precompute.exposure import is_local
from precompute.settings import Settings

OPEN = frozenset({"/healthz", "/readyz"})
"""Asked by load balancers, which hold no key; they tell nothing about anybody."""

_LONGEST_SECRET = 200
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
_ONLY_LOOK = frozenset({"GET", "HEAD", "OPTIONS"})
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
        """Whether its key is good for that."""
        key = holder_of(_presented(environ) or "", self._keys)
        return key is not None and key.allows(scope)

    def check(self) -> Refusal:
        """None for Flask's request with a key that is good for it; else what it is answered."""
        if request.path in OPEN:
            return None
        secret = _presented(request.environ)
        key = holder_of(secret, self._keys) if secret is not None else None
        if key is None:
            code = "key_missing" if secret is None else "key_unknown"
            return _unauthorized(code)
        g.api_key = key.name
        scope = needed_for(request.method, request.url_rule.rule if request.url_rule else request.path)
        if request.method != "OPTIONS" and not key.allows(scope):
            return _forbidden("scope_missing", f"this key is not good for that; it takes the scope {scope}")
        return _cross_site(request.environ)


class Local:
    """Lets this machine in."""

    def opens(self, environ: WSGIEnvironment, _scope: Scope) -> bool:
        """Whether it comes from here, and calls us by a name of here."""
        return _stranger(environ) is None

    def check(self) -> Refusal:
        """None for Flask's request when it is let in; else what it is answered."""
        if request.path in OPEN:
            return None
        stranger = _stranger(request.environ)
        if stranger is not None:
            return _forbidden("local_only", f"without API keys this service {stranger}")
        return _cross_site(request.environ)


def _stranger(environ: WSGIEnvironment) -> str | None:
    """What speaks against a request's coming from this machine, and being meant for it; None for nothing."""
    if not is_local(environ.get("REMOTE_ADDR") or "localhost"):
        return "answers on its own machine only"
    # A page elsewhere can have its visitor's browser call here under a name of its own (DNS rebinding).
    if not is_local(_host_of(environ)):
        return "is called localhost or 127.0.0.1 only"
    # A proxy on this machine brings the world along, often under a name of here.
    if any(header in environ for header in _FORWARDED):
        return "answers no proxy, for it cannot know whom that lets in"
    return None


def _cross_site(environ: WSGIEnvironment) -> Refusal:
    """A page elsewhere may have its visitor's browser send a plain POST here, with a login that the browser keeps."""
    if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" and environ["REQUEST_METHOD"] not in _ONLY_LOOK:
        return _forbidden("cross_site", "pages of other sites change nothing here")
    return None


def _host_of(environ: WSGIEnvironment) -> str:
    host: str = environ.get("HTTP_HOST", "localhost")
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and not name.endswith(":") else host


def _presented(environ: WSGIEnvironment) -> str | None:
    """The key of a request: ``X-API-Key``, ``Authorization: Bearer``, or the password that a browser asked for."""
    secret: str | None = environ.get("HTTP_X_API_KEY")
    word, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if secret is None and word.lower() == "bearer":
        secret = credentials.strip()
    elif secret is None and word.lower() == "basic":
        basic = Authorization.from_header(environ["HTTP_AUTHORIZATION"])
        secret = basic.password if basic is not None else ""
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
