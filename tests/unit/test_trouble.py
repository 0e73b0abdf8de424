"""A thread that must not end tells once of what goes wrong in it."""

import logging

import pytest

from precompute.trouble import Trouble


def _broke(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [type(record.exc_info[1]).__name__ for record in caplog.records if record.exc_info and record.exc_info[1]]


def test_what_lasts_is_told_when_it_begins(caplog: pytest.LogCaptureFixture) -> None:
    """The same every few seconds would fill the log; another kind is told, and so is the same after all was well."""
    trouble = Trouble(logging.getLogger("somewhere"), "Not looked at", action="look_failed", worker="w1")

    trouble.met(KeyError("a"))
    trouble.met(KeyError("b"))
    assert _broke(caplog) == ["KeyError"]
    trouble.met(ValueError())
    assert _broke(caplog) == ["KeyError", "ValueError"]
    trouble.over()
    trouble.met(ValueError())
    assert _broke(caplog) == ["KeyError", "ValueError", "ValueError"]
    record = caplog.records[0]
    assert (record.getMessage(), record.levelname) == ("Not looked at", "ERROR")
    assert (record.__dict__["action"], record.__dict__["worker"]) == ("look_failed", "w1")
