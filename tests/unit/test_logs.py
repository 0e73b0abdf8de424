"""Log lines: for people and for programs, and nothing that callers send can forge one."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest

from precompute.correlation import REQUEST_ID
from precompute.logs import formatter

HOSTILE = "vid\n2026-01-01T00:00:00Z [info     ] Entry stored \x1b[2J\u202e"

Write = Callable[[str], tuple[logging.Logger, StringIO]]


@pytest.fixture(autouse=True)
def nobody_asked() -> Iterator[None]:
    """Requests of other tests in this thread are over."""
    token = REQUEST_ID.set("")
    yield
    REQUEST_ID.reset(token)


@pytest.fixture
def writing() -> Write:
    """Gives a logger that writes in a format, and what it wrote."""

    def in_format(log_format: str) -> tuple[logging.Logger, StringIO]:
        out = StringIO()
        handler = logging.StreamHandler(out)
        handler.setFormatter(formatter(log_format, stream=out))
        logger = logging.Logger("precompute.somewhere")
        logger.addHandler(handler)
        return logger, out

    return in_format


def told(out: StringIO) -> dict[str, Any]:
    """The one JSON line."""
    [line] = out.getvalue().splitlines()
    told: dict[str, Any] = json.loads(line)
    return told


def test_a_line_for_programs_says_what_when_where_and_for_whom(writing: Write) -> None:
    """One JSON object: message, level, logger, instant in UTC, the extras, and the request."""
    logger, out = writing("json")
    token = REQUEST_ID.set("r-1")
    logger.info("Entry stored", extra={"action": "entry_stored", "key": "a:video:v1", "seconds": 1.5})
    REQUEST_ID.reset(token)
    line = told(out)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("at"))
    assert line == {
        "message": "Entry stored",
        "level": "info",
        "logger": "precompute.somewhere",
        "action": "entry_stored",
        "key": "a:video:v1",
        "seconds": 1.5,
        "request_id": "r-1",
    }


def test_work_that_nobody_asked_for_names_no_request(writing: Write) -> None:
    """A refresh has no request id, rather than an empty one."""
    logger, out = writing("json")
    logger.info("Refreshed")
    assert "request_id" not in told(out)


def test_a_line_for_people_reads_from_left_to_right(writing: Write) -> None:
    """Instant, level, message, logger, then what it is about as name=value; no colours where nobody looks."""
    logger, out = writing("text")
    logger.warning("Task failed", extra={"action": "task_failed", "key": "a:video:v1"})
    line = out.getvalue()
    assert line.count("\n") == 1
    assert "\x1b" not in line
    assert line.index("warning") < line.index("Task failed") < line.index("precompute.somewhere")
    assert line.rstrip().endswith("action=task_failed key=a:video:v1")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_what_callers_send_forges_no_line(writing: Write, log_format: str) -> None:
    """Line breaks, terminal codes and text direction marks are written out, in a value, a message and an error."""
    logger, out = writing(log_format)
    logger.info("Sent %s", HOSTILE, extra={"key": HOSTILE})
    assert out.getvalue().count("\n") == 1
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logger.exception("Broke")
    lines = out.getvalue().splitlines()
    assert "\x1b" not in out.getvalue()
    assert "\u202e" not in lines[0]
    assert not any(line.startswith("2026-01-01") for line in lines)


def test_a_trace_does_not_show_variables(writing: Write) -> None:
    """They may be secrets."""
    logger, out = writing("text")
    password = "hunter" + "2"
    try:
        raise ValueError(len(password))
    except ValueError:
        logger.exception("Broke")
    assert "hunter2" not in out.getvalue()
    assert "ValueError: 7" in out.getvalue()


def test_what_json_does_not_know_is_told_as_text(writing: Write) -> None:
    """A path or a set as an extra breaks no line."""
    logger, out = writing("json")
    logger.info("Looked", extra={"kinds": {"a"}, "number": 10**30})
    assert told(out)["kinds"] == "{'a'}"
    assert told(out)["number"]


def test_an_error_is_told_with_its_trace_in_one_line(writing: Write) -> None:
    """Programs get the trace as one more name of the object."""
    logger, out = writing("json")
    try:
        raise ValueError("7")
    except ValueError:
        logger.exception("Broke")
    line = told(out)
    assert line["message"] == "Broke"
    assert line["level"] == "error"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: 7")


@pytest.mark.parametrize("odd", [{1: "one"}, {"half": "\ud800"}, float("nan"), b"\xff", "H\u00f6he \U0001f600"])
def test_every_value_becomes_one_line_in_ascii(writing: Write, odd: object) -> None:
    """Whatever is told: names that are no text, half a character, bytes, other scripts."""
    logger, out = writing("json")
    logger.info("Looked", extra={"key": "a:video:v1", "odd": odd})
    assert told(out)["key"] == "a:video:v1"
    assert out.getvalue().isascii()


def test_auto_writes_for_programs_where_no_terminal_is(writing: Write) -> None:
    """In production, lines are objects without anything being set."""
    logger, out = writing("auto")
    logger.info("Up")
    assert told(out)["message"] == "Up"
