"""Watching the tasks of a subject: bars in a terminal, lines in a pipe, JSON for programs."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from api.console import console_for, print_json_line
from api.remote.service import Service
from api.remote.stream import changes

Change = Mapping[str, Any]

Show = Callable[[Change], None]
"""Takes each change as it comes."""

_STYLES = {"ready": "green", "failed": "red", "running": "cyan", "missing": "dim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the tasks of a subject ended, by their state."""

    latest: dict[str, Change] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def take(self, change: Change) -> None:
        """Note how a task stands."""
        name = change["task_type"]
        self.latest[name] = change
        # What nobody asked for is missing from the start; what was lost on the way was something before.
        if change["state"] != "missing":
            self.known.add(name)

    def ended(self, state: str) -> list[str]:
        """Task types that ended so, of those that somebody asked for."""
        return [name for name, change in self.latest.items() if name in self.known and change["state"] == state]

    @property
    def well(self) -> bool:
        """Whether there was something, and all of it is ready."""
        return bool(self.known) and set(self.ended("ready")) == self.known


def follow(
    service: Service, subject: str, subject_id: str, *, as_json: bool, expected: Collection[str] = ()
) -> Outcome:
    """How the tasks of a subject end, shown on the way.

    Args:
        service: Where.
        subject: A kind of subject.
        subject_id: Which one.
        as_json: One JSON object a line instead.
        expected: Task types that were asked for; they count though they are missing.

    Raises:
        ServiceAway, ServiceRefused: The service is gone for good, or will not tell.
    """
    outcome = Outcome(known=set(expected))
    with _shown(as_json=as_json) as show:
        for change in changes(service, subject, subject_id):
            outcome.take(change)
            if change["task_type"] in outcome.known:
                show(change)
    if as_json:
        print_json_line({"event": "done", **{state: outcome.ended(state) for state in ("ready", "failed", "missing")}})
    return outcome


def tell(outcome: Outcome, *, subject: str, subject_id: str) -> None:
    """Say in a line or a few what came of it, and why where it failed."""
    if not outcome.known:
        click.echo(f"Nothing was asked for about {subject} {subject_id}.", err=True)
        return
    for name in outcome.ended("failed"):
        error = outcome.latest[name].get("error") or {}
        click.echo(f"{name} failed ({error.get('code', 'internal')}): {error.get('message', '')}", err=True)
    for name in sorted(outcome.known - set(outcome.ended("ready")) - set(outcome.ended("failed"))):
        click.echo(f"{name} is not there, and not on its way any more.", err=True)
    click.echo(f"{len(outcome.ended('ready'))} of {len(outcome.known)} results are ready.", err=True)


@contextmanager
def _shown(*, as_json: bool) -> Iterator[Show]:
    console = console_for()
    if as_json:
        yield lambda change: print_json_line({"event": "state", **change})
    elif console.is_terminal:
        with _bars(console) as show:
            yield show
    else:
        yield _lines()


@contextmanager
def _bars(console: Console) -> Iterator[Show]:
    columns = (SpinnerColumn(finished_text="•"), TextColumn("{task.description:<22}"), BarColumn())
    with Progress(*columns, TextColumn("{task.fields[state]}"), TimeElapsedColumn(), console=console) as progress:
        bars: dict[str, TaskID] = {}

        def show(change: Change) -> None:
            name, state = change["task_type"], change["state"]
            if name not in bars:
                bars[name] = progress.add_task(name, total=1, state="")
            over = state not in {"queued", "running"}
            share = 1.0 if over else float(change.get("progress") or 0)
            shown = f"[{_STYLES[state]}]{state}[/]" if state in _STYLES else state
            progress.update(bars[name], completed=share, state=shown)
            if over:
                progress.stop_task(bars[name])

        yield show


def _lines() -> Show:
    states: dict[str, str] = {}

    def show(change: Change) -> None:
        # Progress moves several times a second; in a log only what becomes of a task is worth a line.
        name, state = change["task_type"], change["state"]
        if states.get(name) != state:
            states[name] = state
            error = change.get("error") or {}
            click.echo(f"{name} {state}" + (f": {error.get('message', '')}" if error else ""))

    return show


def styled(state: str) -> Text:
    """A state in its colour."""
    return Text(state, style=_STYLES.get(state, ""))
