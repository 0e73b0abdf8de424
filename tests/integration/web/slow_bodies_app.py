"""A WSGI application that takes bodies in as the API does, with times that a test can wait for."""

from collections.abc import Iterable
from datetime import timedelta
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException

from api.intake import Intake
from api.waiting import Slots

PLACES = 2

_intake = Intake(Slots(PLACES), within=timedelta(seconds=1), look_every=timedelta(seconds=0.2))


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Says how long the body was; anything but a POST is answered at once."""
    if environ["REQUEST_METHOD"] != "POST":
        start_response("200 OK", [])
        return [b"up"]
    try:
        body = _intake.read(environ["wsgi.input"].read, port=int(environ["SERVER_PORT"]))
    except HTTPException as refused:
        start_response(f"{refused.code} {refused.name}", [])
        return [b""]
    start_response("200 OK", [])
    return [str(len(body)).encode()]
