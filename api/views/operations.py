"""The operations page, the pages of results, and what feeds them."""

from contextlib import ExitStack
from datetime import timedelta
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, render_template, request

from api.engine import engine, places_of
from api.errors import LONGEST_TEXT
from api.operations import Operations, in_order
from api.sharing import sent_again
from api.views.about import about
from precompute.errors import BadParameters, StoreUnavailable, UnknownPrecomputation
from precompute.precomputer import Precomputer
from precompute.queues import IN_DRAIN_ORDER
from precompute.subjects import Subject, SubjectRef, check_id

LONGEST_STREAM = timedelta(minutes=5)
"""Then the page connects again; one whose end nobody noticed must not hold its thread for good."""

POLICY = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""No script or style inline and nothing from elsewhere: what is stored under an id or a headline stays text."""

blueprint = Blueprint("operations", __name__, static_folder="../static", template_folder="../templates")
_OPERATIONS = "precompute-operations"


def attach_operations(app: Flask, precomputer: Precomputer) -> None:
    """Let the pages of ``app`` show ``precomputer``."""
    app.extensions[_OPERATIONS] = Operations(precomputer)


@blueprint.get("/")
def index() -> str | dict[str, Any]:
    """The operations page; links for programs that ask for JSON rather than for a page."""
    if request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json":
        return about()
    names = [row.name for row in in_order(engine().catalogue)]
    queues = [queue.label for queue in IN_DRAIN_ORDER]
    return render_template("operations.html", names=names, queues=queues, first=_within_a_page(_operations().first()))


@blueprint.get("/videos/<path:subject_id>", defaults={"subject": Subject.VIDEO})
@blueprint.get("/campaigns/<path:subject_id>", defaults={"subject": Subject.CAMPAIGN})
@blueprint.get("/users/<path:subject_id>", defaults={"subject": Subject.USER})
def results_page(subject: Subject, subject_id: str) -> str | tuple[str, int]:
    """Everything there is about a video, a campaign or a user; or that nothing has such an id."""
    try:
        check_id(subject_id, field="id")
    except BadParameters:
        if not request.accept_mimetypes.accept_html:
            raise
        shown = subject_id[:LONGEST_TEXT]
        return render_template("no_such_id.html", subject=subject.value, id=shown), HTTPStatus.NOT_FOUND
    return render_template(
        "results.html", subject=subject.value, id=subject_id, first=_first_results(subject, subject_id)
    )


@blueprint.get("/operations/live")
def live() -> Response:
    """The figures as they change; a page that finds no place here asks for them by itself."""
    with ExitStack() as closing:
        closing.callback(places_of(current_app).pages.take())
        events = sent_again(_operations().figures, within=LONGEST_STREAM)
        answer = Response(events, mimetype="text/event-stream")
        answer.call_on_close(closing.pop_all().close)
    return answer


@blueprint.get("/operations/figures")
def figures() -> Response:
    """The figures once."""
    return Response(_operations().figures.now(), mimetype="application/json")


@blueprint.get("/operations/course/<name>")
def course(name: str) -> Response:
    """The last hour, day or week."""
    return Response(_operations().course(name), mimetype="application/json")


@blueprint.get("/operations/results/<subject:subject>/<id:subject_id>")
def results(subject: str, subject_id: str) -> Response:
    """What is known of a subject, with its results; not counted as reads."""
    if subject not in set(Subject):
        raise UnknownPrecomputation(f"no subject is called {subject!r}")
    ref = SubjectRef(subject=Subject(subject), id=check_id(subject_id, field="id"))
    return Response(_operations().results(ref), mimetype="application/json")


@blueprint.get("/operations/stills/<id:video_id>/<rank:rank>.jpg")
def still(video_id: str, rank: str) -> Response:
    """One of a video's stills; not counted as a read."""
    return Response(_operations().still(check_id(video_id, field="id"), rank), mimetype="image/jpeg")


@blueprint.after_request
def guarded(answer: Response) -> Response:
    """The page takes nothing from elsewhere, and nobody frames it."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    if not request.path.startswith("/static/"):
        answer.headers["Cache-Control"] = "no-store"
        answer.vary.add("Accept")
    return answer


def _first_results(subject: Subject, subject_id: str) -> str:
    """With the page rather than after it; null while the cache is away, which the page finds out by itself."""
    try:
        return _within_a_page(_operations().results(SubjectRef(subject=subject, id=subject_id)))
    except StoreUnavailable:
        return "null"


def _within_a_page(json: bytes) -> str:
    """JSON as the content of a script element that is data: nothing that is stored can end that element."""
    return json.replace(b"<", b"\\u003c").decode()


def _operations() -> Operations:
    return cast(Operations, current_app.extensions[_OPERATIONS])
