"""``precompute models``: what has been trained, what is in use, and the way back."""

import os

import click
from rich.console import Console
from rich.table import Table

from api.console import console_for
from models.manifest import ModelVersion
from models.registry import ModelKind, Registry, registry_in
from precompute.clock import iso
from precompute.errors import ModelNotTrained
from precompute.settings import Settings


@click.group(invoke_without_command=True)
@click.pass_context
def models(ctx: click.Context) -> None:
    """List the trained models and which are in use."""
    if ctx.invoked_subcommand is None:
        _list(_registry(), console=console_for())


@models.command()
@click.argument("kind", type=click.Choice([kind.value for kind in ModelKind]))
@click.argument("version", required=False)
def rollback(kind: str, version: str | None) -> None:
    """Use the model of KIND that was in use before, or any VERSION of it; running processes follow at once."""
    registry, chosen = _registry(), ModelKind(kind)
    if version:
        registry.load(chosen, version)  # refused here rather than by every worker
        now = registry.promote(chosen, version)
    else:
        now = registry.roll_back(chosen)
    click.echo(f"{kind} {now.version} is in use")


def _registry() -> Registry:
    return registry_in(Settings.from_environ(os.environ).data_dir)


def _list(registry: Registry, *, console: Console) -> None:
    table = Table("kind", "version", "trained at", "", box=None, pad_edge=False)
    table.add_column("metrics", overflow="fold")
    for kind in ModelKind:
        in_use = _in_use(registry, kind)
        for version in registry.versions(kind):
            state = "in use" if version.version == in_use else ""
            shown = " ".join(f"{name}={value:g}" for name, value in version.lineage.metrics.items())
            table.add_row(
                kind, version.version, iso(version.trained_at), state + _damage(registry, kind, version), shown
            )
    console.print(table)


def _in_use(registry: Registry, kind: ModelKind) -> str | None:
    try:
        return registry.in_use(kind).version
    except ModelNotTrained:
        return None


def _damage(registry: Registry, kind: ModelKind, version: ModelVersion) -> str:
    try:
        registry.load(kind, version.version)
    except ModelNotTrained:
        return " damaged"
    return ""
