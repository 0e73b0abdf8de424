"""``precompute keys``: make a key for a caller, and see which there are."""

import os

import click
from rich.table import Table

from api.console import console_for, print_json
from precompute.api_keys import Scope, new_key
from precompute.settings import Settings

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def keys() -> None:
    """Make API keys, and list those that are let in."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([str(scope) for scope in Scope]),
    default=("read", "write"),
    show_default=True,
    help="What it is good for; may be given several times. admin is good for everything.",
)
@_JSON
def create(name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a key called NAME. It is shown once; what is added to PRECOMPUTE_API_KEYS is its hash alone."""
    try:
        secret, key = new_key(name, map(Scope, scopes))
    except ValueError as flaw:
        raise click.UsageError(str(flaw)) from flaw
    if as_json:
        print_json({"name": key.name, "scopes": sorted(key.scopes), "key": secret, "setting": str(key)})
        return
    click.echo(
        f"The key, shown this once:\n\n  {secret}\n\nAdd to PRECOMPUTE_API_KEYS, and restart the API:\n\n  {key}\n"
    )
    click.echo("Callers send it as `Authorization: Bearer KEY`; a browser asks for it as the password.")


@keys.command()
@_JSON
def ls(as_json: bool) -> None:
    """List the keys of PRECOMPUTE_API_KEYS by name and scope."""
    known = Settings.from_environ(os.environ).api_keys
    if as_json:
        print_json({"keys": [{"name": key.name, "scopes": sorted(key.scopes)} for key in known]})
        return
    if not known:
        click.echo("There are no keys; the API answers on this machine only.", err=True)
        return
    table = Table("name", "good for", box=None, pad_edge=False)
    for key in known:
        table.add_row(key.name, ", ".join(scope for scope in Scope if scope in key.scopes))
    console_for().print(table)
