"""Where commands write tables and values for people, and JSON for programs."""

from typing import Any

import click
import orjson
from rich.console import Console

_UNFOLDED = 500
"""Columns of what is no terminal; nothing of ours is wider."""


def console_for(*, errors: bool = False) -> Console:
    """Standard output, or standard error; into a file or a pipe no line is folded."""
    console = Console(highlight=False, stderr=errors)
    if not console.is_terminal:
        console.width = _UNFOLDED
    return console


def print_json(value: Any) -> None:
    """One JSON value, indented."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
