"""``precompute models``: what has been trained, what is in use, and the way back."""

import os
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from api.console import console_for, print_json, print_table
from models.manifest import ModelVersion
from models.registry import ModelKind, Registry, registry_in
from precompute.clock import iso
from precompute.errors import ModelNotTrained
from precompute.settings import Settings

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@_JSON
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the trained models and which are in use."""
    if ctx.invoked_subcommand is None:
        _list(_registry(), console=console_for(), as_json=as_json)


@models.command()
@click.argument("kind", type=click.Choice([kind.value for kind in ModelKind]))
@click.argument("version", required=False, shell_complete=lambda ctx, _param, begun: _completed(ctx, begun))
@_JSON
def rollback(kind: str, version: str | None, as_json: bool) -> None:
    """Use the model of KIND that was in use before, or any VERSION of it; running processes follow at once."""
    registry, chosen = _registry(), ModelKind(kind)
    if version:
        registry.load(chosen, version)  # refused here rather than by every worker
        now = registry.promote(chosen, version)
    else:
        now = registry.roll_back(chosen)
    if as_json:
        print_json({"kind": kind, **version_told(now)})
    else:
        click.echo(f"{kind} {now.version} is in use")


def version_told(version: ModelVersion) -> dict[str, Any]:
    """One version as JSON tells it."""
    lineage = version.lineage
    return {
        "version": version.version,
        "trained_at": iso(version.trained_at),
        "sha256": version.sha256,
        "sklearn_version": version.sklearn_version,
        "metrics": dict(lineage.metrics),
    }


def _registry() -> Registry:
    return registry_in(Settings.from_environ(os.environ).data_dir)


def _completed(ctx: click.Context, begun: str) -> list[str]:
    if ctx.params.get("kind") not in set(ModelKind):
        return []
    names = (version.version for version in _registry().versions(ModelKind(ctx.params["kind"])))
    return [name for name in names if name.startswith(begun)]


def _list(registry: Registry, *, console: Console, as_json: bool) -> None:
    table = Table("kind", "version", "trained at", "", box=None, pad_edge=False)
    table.add_column("metrics", overflow="fold")
    told = []
    for kind in ModelKind:
        in_use = _in_use(registry, kind)
        for version in registry.versions(kind):
            is_used, damage = version.version == in_use, _damage(registry, kind, version)
            told.append({"kind": kind, **version_told(version), "in_use": is_used, "damaged": bool(damage)})
            shown = " ".join(f"{name}={value:g}" for name, value in version.lineage.metrics.items())
            state = ("in use" if is_used else "") + damage
            table.add_row(kind, version.version, iso(version.trained_at), state, shown)
    if as_json:
        print_json({"models": told})
    else:
        print_table(console, table)


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
