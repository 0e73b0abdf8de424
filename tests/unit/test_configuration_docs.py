"""The page about settings says what the table of settings says."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from precompute.catalogue import ROWS
from precompute.configuration import configuration_page, in_words
from precompute.durations import parse_duration
from precompute.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_what_the_table_gives() -> None:
    """After a change of the settings: python -m precompute.configuration > docs/configuration.md."""
    assert PAGE.read_text() == configuration_page()


def test_every_variable_stands_on_the_page() -> None:
    """Those of the table, and for each row of the catalogue a TTL and what is slow, with their defaults."""
    page = configuration_page()

    for setting in fields(Settings):
        assert setting.name in ("ttls", "slow") or f"| `{setting.metadata['variable']}` |" in page
    for row in ROWS:
        assert f"| `PRECOMPUTE_TTL_{row.name.upper()}` | `{in_words(row.ttl)}` |" in page
        assert f"| `PRECOMPUTE_SLOW_{row.name.upper()}` | `{in_words(row.slow)}` |" in page


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(hours=24), "24h"),
        (timedelta(hours=48), "2d"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=60), "1m"),
        (timedelta(seconds=15), "15s"),
        (timedelta(milliseconds=500), "0.5s"),
    ],
)
def test_durations_are_shown_as_they_can_be_set(duration: timedelta, words: str) -> None:
    """What the page shows can be pasted as a value."""
    assert in_words(duration) == words
    assert parse_duration(words) == duration
