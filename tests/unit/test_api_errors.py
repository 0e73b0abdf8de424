"""Bad requests get a 4xx in one shape, whatever they hold; no socket is needed to say so."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from api.app import LARGEST_BODY, create_app
from api.errors import BACKLOGGED_RETRY_AFTER_S, RETRY_AFTER_S, status_of
from precompute.errors import (
    Backlogged,
    BadParameters,
    BrokerUnavailable,
    LeaseLost,
    PrecomputeError,
    StoreUnavailable,
    UnknownPrecomputation,
)
from precompute.settings import Settings
from workers.wiring import precomputer

VIDEO = "/api/precompute/video"


@pytest.fixture(scope="module")
def app() -> Flask:
    """An app whose cache and broker are not there."""
    settings = Settings(redis_url="redis://127.0.0.1:1/0", broker_url="redis://127.0.0.1:1/0")
    return create_app(precomputer(settings), settings)


@pytest.fixture
def client(app: Flask) -> Client:
    """A caller."""
    return app.test_client()


BODIES = {
    "nothing": b"",
    "no JSON": b"video_id=v1",
    "half of it": b'{"video_id": "v1"',
    "a list": b"[]",
    "a string": b'"v1"',
    "null": b"null",
    "not a number": b'{"video_id": "v1", "user_id": "u1", "priority": NaN}',
    "endless": b'{"video_id": "v1", "user_id": "u1", "video_data": {"duration": Infinity}}',
    "beyond a double": b'{"video_id": "v1", "user_id": "u1", "video_data": {"duration": 1e400}}',
    "ten thousand digits": b'{"priority": ' + b"9" * 10_000 + b"}",
    "a lone surrogate": b'{"video_id": "\\ud800"}',
    "not UTF-8": b'{"video_id": "\xff"}',
    "UTF-16": '{"video_id": "v1"}'.encode("utf-16"),
    "a hundred thousand brackets": b"[" * 100_000,
    "deep but closed": b'{"video_data":' + b"[" * 2000 + b"]" * 2000 + b"}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_no_json_object_is_a_bad_request(client: Client, body: bytes) -> None:
    """A body that is empty, not JSON or not an object answers 400 with a sentence."""
    answer = client.post(VIDEO, data=body, content_type="application/json")
    assert answer.status_code == 400
    said = answer.get_json()
    assert (said["success"], said["error"]["code"]) == (False, "bad_request")
    assert "body" in said["error"]["message"]


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", None]
)
def test_a_body_must_say_that_it_is_json(client: Client, content_type: str | None) -> None:
    """Without `Content-Type: application/json`, as curl -d sends it, the answer is 415 and says what to send."""
    answer = client.post(VIDEO, data=b'{"video_id": "v1"}', content_type=content_type)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (415, "unsupported_media_type")
    assert "application/json" in answer.get_json()["error"]["message"]


def test_json_with_a_charset_is_json(client: Client) -> None:
    """Parameters of the content type do no harm: the body is read, and its fields are judged."""
    answer = client.post(VIDEO, data=b"{}", content_type="application/json; charset=utf-8")
    assert answer.status_code == 422
    assert set(answer.get_json()["error"]["fields"]) == {"video_id", "user_id"}


def _in_chunks(client: Client, body: bytes) -> Any:
    # As a WSGI server hands over a body whose length nobody knows.
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    environ = {"CONTENT_TYPE": "application/json", **chunked}
    return client.post(VIDEO, input_stream=BytesIO(body), environ_overrides=environ)


def test_a_body_of_another_transfer_coding_is_refused(client: Client) -> None:
    """Nobody has unpacked it, so its bytes are not what was meant."""
    coded = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "gzip, chunked"}
    environ = {"CONTENT_TYPE": "application/json", **coded}
    answer = client.post(VIDEO, input_stream=BytesIO(b"{}"), environ_overrides=environ)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (415, "unsupported_media_type")


def _whole(client: Client, body: bytes) -> Any:
    return client.post(VIDEO, data=body, content_type="application/json")


@pytest.mark.parametrize("send", [_whole, _in_chunks])
def test_a_large_body_is_refused(client: Client, send: Callable[[Client, bytes], Any]) -> None:
    """More than 1 MB answers 413, whether its length was said before or not."""
    answer = send(client, b'{"video_id": "' + b"a" * LARGEST_BODY + b'"}')
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/precompute/campaign",
        "/api/precompute/login",
        "/api/precompute/batch",
        "/api/precompute/cache",
        "/api/precompute/cache/a/b",
        "/api/precompute//queue",
        "/static//frame.css",
        "/docs/nothing.js",
        "/%00",
        "/%ed%a0%80",
    ],
)
def test_an_unknown_address_is_not_found(client: Client, path: str) -> None:
    """An address that nothing is served at answers 404, or 405 where another method is, in the usual shape."""
    answer = client.get(path)
    assert answer.status_code in {404, 405}
    assert set(answer.get_json()) == {"success", "error"}
    assert set(answer.get_json()["error"]) == {"code", "message"}


def test_a_wrong_method_says_which_are_right(client: Client) -> None:
    """405 comes with `Allow`."""
    answer = client.get(VIDEO)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_an_unforeseen_error_tells_nothing(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of ours answers 500 in the usual shape without what happened inside, which is logged."""
    broken = create_app(app.extensions["precompute"], app.extensions["precompute"].settings)

    @broken.get("/broken")
    def _() -> str:
        raise RuntimeError("the secret of line 7")

    answer = broken.test_client().get("/broken")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "secret of line 7" in caplog.text


def test_an_error_of_ours_that_is_in_no_table_is_a_fault(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """An error that no caller can be told about answers 500 without its message, which is logged."""
    broken = create_app(app.extensions["precompute"], app.extensions["precompute"].settings)

    @broken.get("/broken")
    def _() -> str:
        raise LeaseLost("inside matters")

    answer = broken.test_client().get("/broken")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (500, "internal")
    assert "inside" not in answer.text
    assert "inside matters" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"),
    [(BadParameters(), 422), (UnknownPrecomputation(), 404), (StoreUnavailable(), 503), (LeaseLost(), 500)],
)
def test_the_table_knows_branches(error: PrecomputeError, status: int) -> None:
    """A class has the status of its nearest ancestor in the table; what is not there is 500."""
    heir = type("Heir", (type(error),), {})("inherited")
    assert (status_of(error), status_of(heir)) == (status, status)


@pytest.mark.parametrize(
    ("error", "code", "seconds"),
    [
        (BrokerUnavailable(), "broker_unavailable", RETRY_AFTER_S),
        (Backlogged("60000 tasks wait"), "backlog", BACKLOGGED_RETRY_AFTER_S),
    ],
)
def test_whoever_is_to_come_again_is_told_when(app: Flask, error: PrecomputeError, code: str, seconds: int) -> None:
    """A backlog takes longer to go down than a server to restart."""
    with app.test_request_context():
        answer = app.handle_user_exception(error)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(seconds))  # type: ignore[union-attr]
    assert answer.get_json()["error"] == {"code": code, "message": error.message}  # type: ignore[union-attr]
