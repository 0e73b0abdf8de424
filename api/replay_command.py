"""``precompute replay``: what computing ahead would have saved on a log of what people did."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import orjson
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.console import console_for, print_json
from api.remote.service import Service
from models.next_action import NextActionModel, model_in
from models.registry import ModelKind, registry_in
from models.replay.assumptions import Assumptions
from models.replay.columns import COLUMNS, about, summary
from models.replay.log_file import NAMES, Columns, LogFile, read_log
from models.replay.page import page
from models.replay.replay import Replay, Setup, replay
from precompute.admission import Bounds
from precompute.durations import parse_duration
from precompute.errors import BadParameters, ModelNotTrained
from precompute.plugins import catalogue_for
from precompute.refresh_order import CHECK_S
from precompute.settings import Settings

_FILE = click.Path(path_type=Path, dir_okay=False)

Durations = tuple[timedelta | None, dict[str, timedelta]]


def _durations(_ctx: click.Context, option: click.Parameter, values: Sequence[str]) -> Durations:
    """``2.5`` or ``6h`` for every action, ``name=2.5`` for one."""
    usual, others = None, {}
    for value in values:
        name, _, text = value.rpartition("=")
        try:
            duration = parse_duration(text)
        except ValueError as problem:
            raise click.BadParameter(f"{value!r}: {problem}", param=option) from problem
        if name:
            others[name] = duration
        else:
            usual = duration
    return usual, others


def _duration(_ctx: click.Context, option: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    try:
        return parse_duration(value)
    except ValueError as problem:
        raise click.BadParameter(f"{value!r}: {problem}", param=option) from problem


@click.command(name="replay")
@click.argument("log", type=_FILE)
@click.option("--user-column", help="Who did it; told from the usual names otherwise, as the next two.")
@click.option("--time-column", help="When.")
@click.option("--action-column", help="What.")
@click.option("--reads", multiple=True, metavar="ACTION=TYPE,…|FILE", help="What an action reads; a FILE is JSON.")
@click.option("--cost", multiple=True, callback=_durations, help="Of computing a result; NAME=… of one. Default 2s.")
@click.option("--costs", metavar="URL", help="Of a running service that has measured them.")
@click.option("--key", envvar="PRECOMPUTE_API_KEY", help="API key, where that service asks for one.")
@click.option("--ttl", multiple=True, callback=_durations, help="How long a result is fresh; NAME=… of one.")
@click.option("--grace", callback=_duration, help="How long after that it is served.  [default: as the catalogue says]")
@click.option(
    "--check-cost", default=f"{CHECK_S}", show_default=True, callback=_duration, help="Of seeing what changed."
)
@click.option("--changed-by", multiple=True, metavar="ACTION", help="Changes what its user sees. Default: any does.")
@click.option("--workers", type=click.IntRange(1, 10_000), help="How many compute at once. Default: as set.")
@click.option("--threshold", type=click.FloatRange(0, 1, max_open=True), multiple=True, help="To try; repeat for more.")
@click.option("--warm-up", type=click.FloatRange(0.01, 0.9), default=0.2, show_default=True, help="Share not counted.")
@click.option("--retrains", type=click.IntRange(1, 100), default=4, show_default=True, help="Along the log.")
@click.option("--model", type=click.Choice(["walk-forward", "in-use"]), default="walk-forward", show_default=True)
@click.option("--chart", type=_FILE, default="replay.html", show_default=True, help="Where chart and table go.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay_log(*, log: Path, chart: Path, as_json: bool, **options: Any) -> None:
    """Play LOG (CSV or Parquet: user, time, action) through cache, model and the rule of what is computed ahead.

    By a simulated clock; nothing is queued, and no server is needed. Durations take a unit: 2.5, 15m, 6h, 3d.
    """
    settings = Settings.from_environ(os.environ)
    assumptions, setup = _assumptions(options, settings=settings), _setup(options, settings=settings)
    columns = Columns(**{role: options[f"{role}_column"] for role in NAMES})
    read, found = _shown(log, columns=columns, assumptions=assumptions, setup=setup)
    notes = [*assumptions.told(read.log.names), *_order(read)]
    _write(chart, page(found, title=f"Replay of {log.name}", notes=notes))
    if as_json:
        print_json(found.told())
    else:
        _print(found, notes=notes, chart=chart)


def _assumptions(options: Mapping[str, Any], *, settings: Settings) -> Assumptions:
    (cost, costs), (ttl, ttls) = options["cost"], options["ttl"]
    measured = _measured(options["costs"], key=options["key"]) if options["costs"] else {}
    return Assumptions(
        cost=cost or Assumptions().cost,
        costs={**measured, **costs},
        ttl=ttl,
        ttls=ttls,
        grace=options["grace"],
        check=options["check_cost"],
        changed_by=frozenset(options["changed_by"]) or None,
        workers=options["workers"] or settings.workers,
        reads=_reads(options["reads"]),
        catalogue=catalogue_for(settings),
    )


def _measured(url: str, *, key: str | None) -> dict[str, timedelta]:
    """What computing each task type takes on average, as a running service tells."""
    figures = Service(url, key=key).get("/metrics")["metrics"]
    return {name: timedelta(seconds=taken) for name, taken in figures["avg_processing_time"].items() if taken > 0}


def _reads(values: Sequence[str]) -> dict[str, list[str]]:
    """``action=type,type``, or a JSON file that holds an object of actions with a list of types each."""
    found: dict[str, list[str]] = {}
    for value in values:
        action, given, types = value.partition("=")
        found |= {action: [name.strip() for name in types.split(",")]} if given else _reads_in(Path(value))
    return found


def _reads_in(path: Path) -> dict[str, list[str]]:
    try:
        told = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as problem:
        raise BadParameters(f"{path} holds no JSON that can be read: {problem}") from problem
    lists = told.values() if isinstance(told, dict) else [None]
    if not all(isinstance(types, list) and all(isinstance(name, str) for name in types) for types in lists):
        raise BadParameters(f'{path} takes actions with lists of task types, as in {{"look": ["dashboard_data"]}}')
    return dict(told)


def _setup(options: Mapping[str, Any], *, settings: Settings) -> Setup:
    return Setup(
        thresholds=tuple(dict.fromkeys(options["threshold"])) or Setup().thresholds,
        warm_up=options["warm_up"],
        retrains=options["retrains"],
        model=_in_use(settings) if options["model"] == "in-use" else None,
        bounds=Bounds.of(settings),
    )


def _shown(path: Path, *, columns: Columns, assumptions: Assumptions, setup: Setup) -> tuple[LogFile, Replay]:
    shown = (SpinnerColumn(finished_text="•"), TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*shown, console=console_for(errors=True), transient=True) as progress:
        bar = progress.add_task(f"reading {path.name}", total=1)

        def report(step: str, share: float) -> None:
            progress.update(bar, description=step, completed=share)

        read = read_log(path, columns=columns)
        plant = assumptions.plant(read.log.names)
        return read, replay(read.log, plant=plant, setup=setup, report=report)


def _in_use(settings: Settings) -> NextActionModel:
    loaded = registry_in(settings.data_dir).current(ModelKind.ACTIONS)
    model = model_in(loaded.model)
    if model is None:
        raise ModelNotTrained(f"the actions model {loaded.version.version} is of another version of this service")
    return model


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise BadParameters(f"{path} cannot be written: {problem.strerror}") from problem


def _order(read: LogFile) -> list[str]:
    count = read.out_of_order
    return [f"The file was not in the order of time in {count:,} places; its rows were sorted."] if count else []


def _print(found: Replay, *, notes: Sequence[str], chart: Path) -> None:
    console = console_for()
    table = Table(box=None, pad_edge=False)
    table.add_column("policy", no_wrap=True)
    for head, _, _ in COLUMNS:
        table.add_column(head, justify="right", no_wrap=True)
    for line in found.lines:
        table.add_row(line.name, *(cell(line) for _, _, cell in COLUMNS))
    console.print(table)
    console.print()
    for head, says, _ in COLUMNS:
        console.print(f"{head + ':':<11}{says}", soft_wrap=True)
    console.print()
    for sentence in (*about(found), *notes, summary(found)):
        console.print(sentence, soft_wrap=True)
    console.print(f"The chart is in {chart}.", soft_wrap=True)
