"""Every request has an id, and those that change nothing are told only when somebody asks for it."""

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from werkzeug.test import Client

from api.correlation import Correlated
from precompute.correlation import REQUEST_ID, accepted


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with the id that the request has in here; /fault fails."""
    status = "500 Our Fault" if environ["PATH_INFO"] == "/fault" else "200 OK"
    start_response(status, [("X-Cache", "HIT")])
    return [REQUEST_ID.get().encode()]


client = Client(Correlated(app))


def test_the_callers_id_is_kept_and_answered() -> None:
    """What a gateway calls the request is what the header says and what is logged in between."""
    answer = client.get("/", headers={"X-Request-Id": "gw-42:7"})
    assert answer.headers["X-Request-Id"] == answer.text == "gw-42:7"


def test_without_one_each_request_gets_its_own() -> None:
    """Two requests are never mistaken for each other."""
    first, second = client.get("/"), client.get("/")
    assert first.headers["X-Request-Id"] == first.text
    assert first.text != second.text


@pytest.mark.parametrize("offered", ["", "a b", "x" * 129, "\u00e9", "a;b", "<script>"])
def test_what_is_no_id_is_replaced(offered: str) -> None:
    """What cannot stand in a log line or a header is not taken over."""
    assert accepted(offered) != offered


def test_a_change_is_told_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """Method, path, status and time."""
    caplog.set_level(logging.INFO)
    client.post("/api/x")
    [record] = caplog.records
    about = {name: vars(record)[name] for name in ("action", "method", "path", "status")}
    assert about == {"action": "request_answered", "method": "POST", "path": "/api/x", "status": 200}


def test_a_read_is_told_when_somebody_asks_for_it(caplog: pytest.LogCaptureFixture) -> None:
    """At debug, with what the cache had; at info not, for there are thousands a second."""
    caplog.set_level(logging.INFO)
    client.get("/x")
    assert not caplog.records
    caplog.set_level(logging.DEBUG)
    client.get("/x")
    assert [vars(record)["cache"] for record in caplog.records] == ["HIT"]


def test_a_fault_of_ours_is_told_whatever_it_was(caplog: pytest.LogCaptureFixture) -> None:
    """A read that fails by our fault stands in the log."""
    caplog.set_level(logging.INFO)
    client.get("/fault")
    assert [vars(record)["status"] for record in caplog.records] == [500]


def test_nobody_fills_the_log_with_an_address(caplog: pytest.LogCaptureFixture) -> None:
    """Who has no key is told of as well: a path or a method of kilobytes is cut."""
    caplog.set_level(logging.INFO)
    client.open("/" + "x" * 60_000, method="Y" * 3_000)
    [record] = caplog.records
    about = vars(record)
    assert (len(about["path"]), len(about["method"])) == (400, 20)
