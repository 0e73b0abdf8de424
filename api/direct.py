"""Reads of the cache are answered before Flask: nine requests of ten, whose answer is bytes that lie ready.

Flask's routing, request and response are most of such a request: with them a read made 0.34 of the requests a second
of a bare Flask route that returns the same bytes; without them it makes 0.48 to 0.67, and from what is kept near
(:mod:`precompute.near`) 1.15 to 1.32 (`benchmarks/cached_read.py`, three runs). What is not quite a plain read goes the
long way, to the view in ``api/views/cache.py``, which answers the same.
"""

import time
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from api.guard import Door
from api.reading import ROUTE, hit_body, hit_headers, is_known, miss
from precompute.api_keys import Scope
from precompute.entry import Entry, Miss

PREFIX = ROUTE.partition("<")[0]

Look = Callable[[str], Entry | Miss]
"""Reads what is kept under a key, and counts it."""

Note = Callable[[tuple[str, str, str], float], None]
"""Counts a request by route, method and kind of answer, and its seconds."""

_KINDS = {status: (ROUTE, "GET", f"{status // 100}xx") for status in (200, 304, 404)}


class DirectReads:
    """A WSGI application before another one, which answers plain reads by itself.

    Args:
        app: Answers everything else.
        look: Reads.
        door: Who is let in.
        note: Counts.
    """

    def __init__(self, app: WSGIApplication, *, look: Look, door: Door, note: Note) -> None:
        self._app = app
        self._look = look
        self._door = door
        self._note = note

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        plain = path.startswith(PREFIX) and environ["REQUEST_METHOD"] == "GET" and not environ.get("QUERY_STRING")
        # Who reads is an action that is taken down by the view, and who wants no copy is answered there, by the cache.
        special = "HTTP_X_USER_ID" in environ or "HTTP_CACHE_CONTROL" in environ
        if not plain or special or not self._door.opens(environ, Scope.READ):
            return self._app(environ, start_response)
        began = time.perf_counter()
        try:
            found = self._look(path[len(PREFIX) :])
        except Exception:
            # Whatever it is, the view meets it too, and Flask tells it in the contract's shape.
            return self._app(environ, start_response)
        status, body = _answered(found, environ, start_response)
        self._note(_KINDS[status], time.perf_counter() - began)
        return body


def _answered(
    found: Entry | Miss, environ: WSGIEnvironment, start_response: StartResponse
) -> tuple[int, Iterable[bytes]]:
    if isinstance(found, Miss):
        answer = miss(found)
        return 404, answer(environ, start_response)
    headers = hit_headers(found)
    if is_known(found, environ.get("HTTP_IF_NONE_MATCH")):
        start_response("304 NOT MODIFIED", headers)
        return 304, []
    body = hit_body(found)
    # Of a list Granian makes one answer; anything else it sends as a stream, with two more hand-overs between threads.
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers])
    return 200, [body]
