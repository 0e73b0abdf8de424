"""``precompute doctor``: whether this installation can work, and how to mend what is wrong."""

import os
import sys
from collections.abc import Iterator

import click
from rich.text import Text

from api.console import console_for, print_json, print_table, table_of
from api.doctor.files import decoder_finding, disk_findings, folder_findings, model_findings
from api.doctor.finding import Finding, Health, broken, ok
from api.doctor.servers import broker_findings, cache_findings
from api.doctor.work import (
    api_findings,
    beat_finding,
    database_findings,
    failure_findings,
    port_findings,
    worker_findings,
)
from api.remote.options import as_json
from models.registry import registry_in
from precompute.errors import DeclarationError
from precompute.settings import Settings
from workers.wiring import engine

_MARKS = {Health.OK: ("ok", "green"), Health.WARNING: ("warning", "yellow"), Health.BROKEN: ("broken", "bold red")}


@click.command()
@click.option("--url", envvar="PRECOMPUTE_URL", show_envvar=True, help="Of the API.  [default: http://127.0.0.1:8003]")
@click.option("--key", envvar="PRECOMPUTE_API_KEY", show_envvar=True, help="API key, where the service asks for one.")
@as_json
def doctor(*, url: str | None, key: str | None, as_json: bool) -> None:
    """Look at everything the service needs, and tell how to mend what is wrong.

    Nothing is changed. The exit code is 1 when something is broken; warnings leave it at 0.
    """
    found = []
    console = console_for()
    for finding in findings(url=url, key=key):
        found.append(finding)
    is_well = all(finding.health is not Health.BROKEN for finding in found)
    if as_json:
        told = [{"name": one.name, "health": one.health, "found": one.found, "mend": one.mend or None} for one in found]
        print_json({"ok": is_well, "checks": told})
    else:
        table = table_of("", "what", "found")
        for finding in found:
            word, style = _MARKS[finding.health]
            text = Text(finding.found)
            if finding.mend:
                text.append(f"\n→ {finding.mend}", style="bold")
            table.add_row(Text(word, style=style), finding.name, text)
        print_table(console, table)
        _say(found)
    if not is_well:
        sys.exit(1)


def findings(*, url: str | None, key: str | None) -> Iterator[Finding]:
    """Everything that is looked at, the settings first; without them there is nothing more to see."""
    try:
        settings = Settings.from_environ(os.environ)
        parts = engine(settings)
    except DeclarationError as problem:
        yield broken("settings", problem.message, "mend that variable; docs/configuration.md says what it takes")
        return
    yield ok("settings", f"can be read, and {len(parts.catalogue.served())} task types are known")
    clock = parts.cache.clock
    yield from port_findings(settings)
    yield from cache_findings(settings, clock=clock)
    yield from broker_findings(settings, dispatch=parts.dispatch)
    yield from database_findings(settings, clock=clock)
    yield from folder_findings(settings)
    yield from disk_findings(settings)
    yield from model_findings(registry_in(settings.data_dir))
    yield decoder_finding()
    yield from beat_finding(settings)
    yield from worker_findings(settings, parts.cache)
    yield from api_findings(settings, url=url, key=key)
    yield from failure_findings(parts.cache, parts.catalogue)


def _say(found: list[Finding]) -> None:
    count = {health: sum(one.health is health for one in found) for health in Health}
    if count[Health.BROKEN]:
        words = f"{count[Health.BROKEN]} of {len(found)} checks found something broken."
    else:
        words = f"All {len(found)} checks are well" + (
            f", with {count[Health.WARNING]} warnings." if count[Health.WARNING] else "."
        )
    click.echo(words, err=True)
