"""Durations as people write them."""

from datetime import timedelta

import pytest

from precompute.durations import in_ms, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90", timedelta(seconds=90)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("6h", timedelta(hours=6)),
        ("1d", timedelta(days=1)),
        (" 1.5 h ", timedelta(minutes=90)),
        ("0.25", timedelta(milliseconds=250)),
    ],
)
def test_a_number_and_a_unit_are_a_duration(text: str, duration: timedelta) -> None:
    """Without a unit it is seconds."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", "0", "0h", "-5", "1h30", "1h 30m", "six", "6H", "1e3", ".5", "1,5", "٣", "0.0001", "99999999999d", "nan"],
)
def test_anything_else_is_refused_with_what_it_takes(text: str) -> None:
    """Also what is next to nothing, and what no calendar holds."""
    with pytest.raises(ValueError, match="takes seconds or a number with a unit, like 90, 15m, 6h or 1d"):
        parse_duration(text)


def test_milliseconds_are_whole() -> None:
    """As Redis counts them."""
    assert in_ms(timedelta(seconds=1.2345)) == 1234
