"""Where commands write tables and values for people, and JSON for programs."""

import sys
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

_UNFOLDED = 500
"""Columns of what is no terminal; nothing of ours is wider."""


def console_for(*, errors: bool = False) -> Console:
    """Standard output, or standard error; into a file or a pipe no line is folded."""
    console = Console(highlight=False, stderr=errors)
    if not console.is_terminal:
        console.width = _UNFOLDED
    return console


def print_table(console: Console, table: Table) -> None:
    """The table; into a pipe without the blanks that fill its last column."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as shown:
        console.print(table)
    for line in shown.get().splitlines():
        click.echo(line.rstrip())


def table_of(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table without lines; columns named in ``right`` hold numbers, and are not folded."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        numeric = column in right
        table.add_column(column, justify="right" if numeric else "left", no_wrap=numeric)
    return table


def print_json(value: Any) -> None:
    """One JSON value, indented."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def print_json_line(value: Any) -> None:
    """One JSON value on a line of its own, passed on at once: whoever reads the pipe acts on it."""
    click.echo(orjson.dumps(value).decode())
    sys.stdout.flush()
