"""A read of the cache, from the request to the answer. What is stored goes out as it is; nothing decodes it."""

import math
import re
from datetime import timedelta
from wsgiref.types import WSGIEnvironment

import orjson
from flask import Request, Response
from werkzeug.http import parse_etags

from api.engine import engine, slots
from api.errors import problem
from precompute.clock import iso
from precompute.entry import Entry, Failure, Miss, State
from precompute.errors import BadParameters, UnknownPrecomputation
from precompute.precomputer import Precomputer
from precompute.subjects import CacheKey

ROUTE = "/api/precompute/cache/<cache_key:cache_key>"
"""Where results are read, as Flask writes it."""

LONGEST_WAIT_S = 30.0
"""Most that ``?wait=`` may ask for: under the 60 s after which common proxies give up."""

RETRY_AFTER_S = 1
"""When to ask again for what is being computed: the quick analyses take about a second."""

_READER = "HTTP_X_USER_ID"

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
"""A number as JSON writes it."""

_STATUSES = {State.QUEUED: "processing", State.RUNNING: "processing", State.FAILED: "failed", State.MISSING: "missing"}


def asked_wait(request: Request) -> timedelta:
    """How long the caller is willing to wait.

    Raises:
        BadParameters: ``wait`` is not a number of seconds from 0 to 30.
    """
    seconds = _seconds_in(request.args.get("wait", "0"))
    if seconds is None:
        flaw = f"must be a number of seconds from 0 to {LONGEST_WAIT_S:.0f}"
        raise BadParameters(f"wait {flaw}", fields={"wait": [flaw]})
    return timedelta(seconds=seconds)


def wait_in(query: str) -> float | None:
    """The seconds of a query that asks to wait and for nothing else; None for every other."""
    name, _, text = query.partition("=")
    return _seconds_in(text) if name == "wait" else None


def _seconds_in(text: str) -> float | None:
    # float() takes more than numbers: 1_0, digits of other scripts, blanks around them.
    seconds = float(text) if _NUMBER.fullmatch(text) else math.nan
    return seconds if 0 <= seconds <= LONGEST_WAIT_S else None


def find(key: CacheKey, request: Request, *, part: str = "") -> Entry | Miss:
    """What a request reads; one that has to wait is held, if there is a place for it.

    Args:
        key: Of the result.
        request: May tell who reads, and that they would wait.
        part: What of the bytes beside the result is read in its place.

    Raises:
        BadParameters: The wait is none.
        StoreUnavailable: The cache cannot be reached.
    """
    wait = asked_wait(request)
    try:
        reads = engine().reads
        found = reads.look(str(key), patient=bool(wait), anew=True, part=part)
        if wait and isinstance(found, Miss) and found.state.on_its_way:
            with slots().if_free() as free:
                found = reads.come(key, wait=wait if free else timedelta(0), part=part)
    except UnknownPrecomputation as unknown:
        failure = Failure(code=unknown.code, message=unknown.message)
        return Miss(key=key, state=State.MISSING, failure=failure)
    note_reader(request.environ, key, precomputer=engine())
    return found


def note_reader(environ: WSGIEnvironment, key: CacheKey, *, precomputer: Precomputer) -> None:
    """Take a read for what its user does, if it says whose it is."""
    if _READER in environ:
        row = precomputer.catalogue.get(key.task_type)
        precomputer.memory.note_read(environ[_READER], row=row, key=key)


def hit(entry: Entry, request: Request) -> Response:
    """200 with the result, or 304 when the caller has it already."""
    if is_known(entry, request.environ.get("HTTP_IF_NONE_MATCH")):
        return Response(status=304, headers=hit_headers(entry))
    return Response(hit_body(entry), headers=hit_headers(entry), content_type="application/json")


def is_known(entry: Entry, if_none_match: str | None) -> bool:
    """Whether the caller has this content already, as its ``If-None-Match`` says."""
    return if_none_match is not None and parse_etags(if_none_match).contains_weak(entry.etag)


def hit_headers(entry: Entry) -> list[tuple[str, str]]:
    """What an answer with a result tells about it."""
    return [
        ("ETag", f'W/"{entry.etag}"'),
        ("Age", str(int(entry.age_seconds))),
        ("Cache-Control", f"private, max-age={int(entry.expires_in_seconds)}"),
        ("X-Cache", x_cache(entry)),
    ]


def x_cache(entry: Entry) -> str:
    """How an answer says whether what it holds is fresh."""
    return "STALE" if entry.stale else "HIT"


def hit_body(entry: Entry) -> bytes:
    """The answer's body, around the result as it is stored."""
    # A key consists of characters that JSON leaves as they are.
    ages = (
        f',"cached":true,"stale":{"true" if entry.stale else "false"},"computed_at":"{iso(entry.computed_at)}",'
        f'"age_seconds":{entry.age_seconds:.3f},"expires_in_seconds":{entry.expires_in_seconds:.3f}}}'
    )
    return b'{"success":true,"cache_key":"%b","result":%b%b' % (str(entry.key).encode(), entry.body, ages.encode())


def miss(found: Miss) -> Response:
    """404, saying whether the result is on its way."""
    failure = found.failure or _reason(found)
    body = {
        **problem(failure.code, failure.message),
        "cache_key": str(found.key),
        "status": _STATUSES[found.state],
    }
    if found.task_id is not None:
        body["task_id"] = found.task_id
    headers = {"X-Cache": "MISS", "Cache-Control": "no-store"}
    if found.state.on_its_way:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(orjson.dumps(body), status=404, headers=headers, content_type="application/json")


def _reason(found: Miss) -> Failure:
    if found.state.on_its_way:
        return Failure(code="processing", message=f"{found.key} is being computed; ask again, or wait with ?wait=30")
    return Failure(code="not_cached", message=f"nothing is cached under {found.key}, and nothing is on its way")
