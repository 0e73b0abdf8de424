"""``precompute train``: one kind of model anew, from what the store knows."""

import os

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.console import print_json
from api.models_command import version_told
from models.registry import ModelKind, registry_in
from models.training import Training
from models.training import train as train_kind
from precompute.clock import system_clock
from precompute.settings import Settings
from precompute.store.database import Database


@click.command()
@click.argument("kind", type=click.Choice([kind.value for kind in ModelKind]))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def train(kind: str, as_json: bool) -> None:
    """Train KIND from the outcomes and actions in the store; it comes into use at once if better than what is."""
    settings = Settings.from_environ(os.environ)
    done = _shown(ModelKind(kind), settings=settings, console=Console(stderr=True, highlight=False))
    if as_json:
        print_json({"kind": kind, "told": done.told, **version_told(done.version)})
        return
    click.echo(done.told)
    for name, value in done.version.lineage.metrics.items():
        click.echo(f"  {name}: {value:g}")


def _shown(kind: ModelKind, *, settings: Settings, console: Console) -> Training:
    facts = Database(settings.database)
    columns = (SpinnerColumn(finished_text="•"), TextColumn("{task.description:<40}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(f"{kind}: beginning", total=1)
        try:
            return train_kind(
                kind,
                facts=facts,
                registry=registry_in(settings.data_dir),
                at=system_clock(),
                report=lambda step, share: progress.update(bar, description=f"{kind}: {step}", completed=share),
            )
        finally:
            facts.close()
