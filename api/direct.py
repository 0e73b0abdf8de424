"""Reads of the cache are answered before Flask: nine requests of ten, whose answer is bytes that lie ready.

Flask's routing, request and response are most of such a request: with them a read made 0.2 to 0.34 of the requests a
second of a bare Flask route that returns the same bytes; without them it makes 0.48 to 0.67, and from what is kept near
(:mod:`precompute.near`) 0.97 to 1.32 (`benchmarks/cached_read.py`). So do reads on behalf of a user, and those that
would wait where nothing is to be waited for. Everything else goes the long way, to the view in ``api/views/cache.py``,
which answers the same.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from api.guard import Door
from api.reading import ROUTE, hit_body, hit_headers, is_known, miss, note_reader, wait_in
from precompute.api_keys import Scope
from precompute.entry import Entry, Miss
from precompute.errors import PrecomputeError
from precompute.precomputer import Precomputer

_log = logging.getLogger(__name__)

PREFIX = ROUTE.partition("<")[0]

Note = Callable[[tuple[str, str, str], float], None]
"""Counts a request by route, method and kind of answer, and its seconds."""

_STATUSES = (200, 304, 404)
_KINDS = {status: (ROUTE, "GET", f"{status // 100}xx") for status in _STATUSES}
_KINDS_WAITING = {status: (f"{ROUTE}?wait", "GET", f"{status // 100}xx") for status in _STATUSES}


class DirectReads:
    """A WSGI application before another one, which answers plain reads by itself.

    Args:
        app: Answers everything else.
        engine: Reads, and is told who did.
        door: Who is let in.
        note: Counts.
    """

    def __init__(self, app: WSGIApplication, *, engine: Precomputer, door: Door, note: Note) -> None:
        self._app = app
        self._engine = engine
        self._door = door
        self._note = note
        self._failed = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING")
        plain = path.startswith(PREFIX) and environ["REQUEST_METHOD"] == "GET"
        wait = wait_in(query) if plain and query else 0.0
        if not plain or wait is None or not self._door.opens(environ, Scope.READ):
            return self._app(environ, start_response)
        began = time.perf_counter()
        found = self._look(path[len(PREFIX) :], environ, patient=wait > 0)
        if found is None:
            return self._app(environ, start_response)
        note_reader(environ, found.key, precomputer=self._engine)
        status, body = _answered(found, environ, start_response)
        self._note((_KINDS_WAITING if query else _KINDS)[status], time.perf_counter() - began)
        return body

    def _look(self, name: str, environ: WSGIEnvironment, *, patient: bool) -> Entry | Miss | None:
        """What a read finds; None where that takes the long way, which meets every mistake in the key as well."""
        try:
            found = self._engine.reads.look(name, patient=patient, anew=_wants_no_copy(environ))
        except PrecomputeError:
            # Flask tells it in the contract's shape.
            return None
        except Exception:  # noqa: BLE001 - Flask answers it
            # The view may do; told once, for without that all reads would merely be slow.
            if not self._failed:
                self._failed = True
                _log.exception("Reads go the long way", extra={"action": "direct_read_failed"})
            return None
        return None if patient and isinstance(found, Miss) and found.state.on_its_way else found


def _wants_no_copy(environ: dict[str, Any]) -> bool:
    # Whatever else browsers send there (max-age=0 with a reload) is about copies that others keep.
    return "HTTP_CACHE_CONTROL" in environ and "no-cache" in environ["HTTP_CACHE_CONTROL"].lower()


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
