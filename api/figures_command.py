"""``precompute queue`` and ``precompute metrics``: what waits, and how the service is doing."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.table import Table

from api.amounts import duration, size
from api.console import console_for, print_json, print_table, table_of
from api.remote.options import as_json, of_service
from api.remote.service import Service

Figures = Mapping[str, Any]


@click.command()
@of_service
@as_json
def queue(*, service: Service, as_json: bool) -> None:
    """Tell how many tasks have not begun, by queue and by task type, and for how long the oldest has waited."""
    waiting = service.get("/queue")
    figures = service.get("/metrics")["metrics"]
    oldest = figures["oldest_waiting_seconds"]
    if as_json:
        print_json({**waiting, "oldest_waiting_seconds": oldest})
        return
    drained = {name for worker in figures["workers"] for name in worker["queues"]}
    queues = table_of("queue", "waiting", "oldest", "workers", right=("waiting", "oldest"))
    for name, count in waiting["queues"].items():
        waited = duration(oldest[name]) if name in oldest else ""
        queues.add_row(name, str(count), waited, "" if name in drained else "[red]none[/]")
    types = table_of("task type", "waiting", right=("waiting",))
    for name, count in waiting["queue_stats"].items():
        if count and name != "total":
            types.add_row(name, str(count))
    console = console_for()
    print_table(console, queues)
    if types.row_count:
        console.print()
        print_table(console, types)
    console.print(f"\n{waiting['queue_stats']['total']} in all")


@click.command()
@of_service
@as_json
def metrics(*, service: Service, as_json: bool) -> None:
    """Tell what the service counts about itself: hit rate, times, failures, workers, predictions, alerts."""
    figures = service.get("/metrics")["metrics"]
    if as_json:
        print_json(figures)
        return
    console = console_for()
    print_table(console, _overview(figures))
    console.print()
    print_table(console, _by_type(figures))
    console.print()
    print_table(console, _workers(figures))
    for alert in figures.get("alerts", ()):
        console.print(f"\n[bold red]{alert['name']}[/] since {alert['since']}: {alert['summary']}", soft_wrap=True)


def _overview(figures: Figures) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    day = figures["prediction_accuracy"]["day"]["all"]
    for name, shown in (
        ("hit rate", _hit_rate(figures)),
        ("waiting", f"{figures['queue_size']:,} tasks"),
        ("processes", f"{figures['workers_running']}{_of_share(figures['worker_utilisation'], ' busy')}"),
        ("predictions", f"{day['followed']:,} followed by an action within a day{_of_share(day['top_1'], ' right')}"),
    ):
        table.add_row(name, shown)
    return table


def _hit_rate(figures: Figures) -> str:
    reads = figures["total_requests"]
    return f"{figures['cache_hit_rate']:.1f} % of {reads:,} reads" if reads else "nothing was read yet"


def _by_type(figures: Figures) -> Table:
    numbers = ("reads", "hit rate", "computed", "failed", "median", "95 %", "results read", "stored")
    table = table_of("task type", *numbers, right=numbers)
    for name in figures["hits"]:
        table.add_row(name, *_cells(figures, name))
    return table


def _cells(figures: Figures, name: str) -> Iterator[str]:
    answered = figures["hits"][name] + figures["stale_hits"][name]
    reads = answered + figures["misses"][name]
    took = figures["processing_time"].get(name, {})
    share = figures["share_read"].get(name)
    yield f"{reads:,}"
    yield f"{100 * answered / reads:.0f} %" if reads else ""
    yield f"{figures['computations'].get(name, 0):,}"
    yield f"{figures['failures'][name]:,}"
    yield duration(took["p50"]) if took else ""
    yield duration(took["p95"]) if took else ""
    yield "" if share is None else f"{100 * share:.0f} %"
    yield size(figures["memory"].get(name, {}).get("bytes", 0))


def _workers(figures: Figures) -> Table:
    table = table_of("worker", "processes", "busy", "queues", right=("processes", "busy"))
    for worker in figures["workers"]:
        busy = "" if worker["busy"] is None else f"{100 * worker['busy']:.0f} %"
        table.add_row(worker["name"], str(worker["processes"]), busy, ", ".join(worker["queues"]))
    if not figures["workers"]:
        table.add_row("[red]none[/]", "", "", "")
    return table


def _of_share(share: float | None, word: str) -> str:
    return "" if share is None else f", {100 * share:.0f} %{word}"
