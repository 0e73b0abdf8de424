"""Off-peak hours: what may be written, how long they are, and when beat asks for training."""

import subprocess
import sys
from datetime import time, timedelta

import pytest

from precompute.errors import DeclarationError
from precompute.off_peak import parse_off_peak
from precompute.settings import Settings


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("01:00-06:00", time(1), timedelta(hours=5)),
        ("23:30-04:00", time(23, 30), timedelta(hours=4, minutes=30)),
        ("00:00-23:59", time(0), timedelta(hours=23, minutes=59)),
    ],
)
def test_hours_are_read_also_past_midnight(text: str, start: time, length: timedelta) -> None:
    """And shown as they were written."""
    found = parse_off_peak(text)
    assert (found.start, found.length, str(found)) == (start, length, text)


@pytest.mark.parametrize(
    "text", ["1-6", "01:00", "24:00-06:00", "01:60-06:00", "01:00-01:00", "night", "\u0661:00-06:00"]
)
def test_what_is_no_stretch_of_the_day_is_refused(text: str) -> None:
    """The message names the variable and what it takes."""
    with pytest.raises(DeclarationError, match=r"PRECOMPUTE_OFF_PEAK takes two different times of the day in UTC"):
        Settings.from_environ({"PRECOMPUTE_OFF_PEAK": text})


def test_beat_asks_for_training_when_they_begin_and_not_after_their_end() -> None:
    """On the last queue; read by a process of its own, as beat reads it."""
    script = (
        "import celeryconfig as c; entry = c.beat_schedule['train']; when = entry['schedule']\n"
        "print(when.hour, when.minute, entry['options']['expires'], c.task_routes[entry['task']]['queue'], c.timezone)"
    )
    environ = {"PRECOMPUTE_OFF_PEAK": "23:30-04:00", "PYTHONPATH": ":".join(sys.path)}
    told = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["{23}", "{30}", "16200.0", "background", "UTC"]


def test_beat_asks_for_the_morning_each_minute_of_the_hours_in_which_they_end() -> None:
    """On the last queue; what waited for a minute is followed by the next."""
    script = (
        "import celeryconfig as c; entry = c.beat_schedule['morning']; when = entry['schedule']\n"
        "print(sorted(when.hour), len(when.minute), entry['options']['expires'], c.task_routes[entry['task']]['queue'])"
    )
    environ = {"PRECOMPUTE_OFF_PEAK": "23:30-04:15", "PYTHONPATH": ":".join(sys.path)}
    told = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[3, 4] 60 60.0 background"
