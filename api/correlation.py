"""Every request has an id: the caller's own or a new one, in the answer's header and in each log line about it."""

import logging
import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from precompute.correlation import HEADER, REQUEST_ID, accepted

_log = logging.getLogger(__name__)

_OFFERED = "HTTP_X_REQUEST_ID"
_ONLY_LOOK = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_FAULT = "5"

_LONGEST_PATH, _LONGEST_METHOD = 400, 20
"""Characters of a line; whoever has no key, too, may ask for 60 kB."""


class Correlated:
    """A WSGI application around another one; outermost, so that errors of the framework have an id too.

    It logs a line for each request when it is answered. Those that change nothing are thousands a second and get
    theirs at ``debug`` only, unless they fail by our own fault.

    Args:
        app: What answers.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request_id = accepted(environ.get(_OFFERED))
        REQUEST_ID.set(request_id)
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
            headers.append((HEADER, request_id))
            _tell(environ, status, headers, began=began)
            return start_response(status, headers, *rest)  # type: ignore[arg-type]

        return self._app(environ, start)  # type: ignore[arg-type]


def _tell(environ: WSGIEnvironment, status: str, headers: list[tuple[str, str]], *, began: float) -> None:
    quiet = environ["REQUEST_METHOD"] in _ONLY_LOOK and not status.startswith(_OUR_FAULT)
    level = logging.DEBUG if quiet else logging.INFO
    if not _log.isEnabledFor(level):
        return
    took_ms = round((time.perf_counter() - began) * 1000, 1)
    method, path = environ["REQUEST_METHOD"][:_LONGEST_METHOD], environ.get("PATH_INFO", "")[:_LONGEST_PATH]
    about = {"method": method, "path": path, "status": int(status[:3])}
    if (found := dict(headers).get("X-Cache")) is not None:
        about["cache"] = found
    _log.log(level, "Request answered", extra={"action": "request_answered", **about, "took_ms": took_ms})
