"""The page about everything that can be set: ``python -m precompute.configuration > docs/configuration.md``."""

import sys
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from precompute.catalogue import ROWS
from precompute.settings import SLOW_PREFIX, TTL_PREFIX, Settings

_HEAD = """\
# Configuration

Everything is set by environment variables, read once when a process starts. An empty variable counts as unset. A value
that does not fit stops the process with one line that names the variable and what it takes. Durations are seconds or a
number with a unit: `90`, `15m`, `6h`, `1d`.

This page is made from `precompute/settings/`: `python -m precompute.configuration > docs/configuration.md`.

| variable | default | |
| --- | --- | --- |
"""

_TTL_HEAD = f"""
## How long results are fresh

`{TTL_PREFIX}<TASK_TYPE>` says how long a result of that type is fresh. It is served, stale, for a while longer,
until a new one is computed. A type of a plug-in has its variable too.

| variable | default |
| --- | --- |
"""

_SLOW_HEAD = f"""
## What is slow

An alert says when one computation in twenty takes longer than `{SLOW_PREFIX}<TASK_TYPE>` (docs/alerts.md). A type of a
plug-in has its variable too.

| variable | default |
| --- | --- |
"""

_CALLERS = """
## Of those who call

The service itself does not read these.

| variable | read by | |
| --- | --- | --- |
| `PRECOMPUTE_URL` | `precompute submit`, `watch`, `queue`, `metrics`, `failed`, `doctor`; the gateway | \
Where the service is; this machine and `PRECOMPUTE_PORT` where it is unset. |
| `PRECOMPUTE_API_KEY` | the same, `demo` and `replay` | \
The key to show, where the service has keys; `precompute keys create` prints it once. Not to be mixed up with \
`PRECOMPUTE_API_KEYS`, which holds hashes. |
| `PRECOMPUTE_SCRAPE_KEY` | Docker Compose, profile `watch` | \
The key that Prometheus shows, with the scope `read`; it goes to that container alone ([deploying](deploying.md)). |
"""

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def configuration_page() -> str:
    """The whole page, Markdown."""
    settings = (setting for setting in fields(Settings) if setting.metadata)
    lines = [
        f"| `{setting.metadata['variable']}` | {_shown(setting.default)} | {setting.metadata['about']} |"
        for setting in settings
    ]
    ttls = [f"| `{TTL_PREFIX}{row.name.upper()}` | `{in_words(row.ttl)}` |" for row in ROWS]
    slow = [f"| `{SLOW_PREFIX}{row.name.upper()}` | `{in_words(row.slow)}` |" for row in ROWS]
    tables = ((_HEAD, lines), (_TTL_HEAD, ttls), (_SLOW_HEAD, slow))
    return "".join(head + "\n".join(rows) + "\n" for head, rows in tables) + _CALLERS


def in_words(duration: timedelta) -> str:
    """As a person would set it: ``6h``; the largest unit that leaves no rest, seconds else."""
    seconds = duration.total_seconds()
    for size, unit in _UNITS:
        if seconds % size == 0 and (unit != "d" or seconds > size):
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:g}s"


def _shown(default: Any) -> str:
    if default is None or default == ():
        return "unset"
    if isinstance(default, timedelta):
        return f"`{in_words(default)}`"
    return f"`{default.as_posix() if isinstance(default, Path) else default}`"


if __name__ == "__main__":
    sys.stdout.write(configuration_page())
