"""The demo, step by step."""

import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.console import print_json
from api.demo.borrowed_stack import borrowed_stack
from api.demo.caller import API, Caller
from api.demo.errors import DemoFailed
from api.demo.findings import in_words
from api.demo.progress import Tasks, follow
from api.stack.welcome import CLIP, url_of
from precompute.settings import Settings
from precompute.urls import captions_path, thumbnail_path


@click.command()
@click.option("--url", help="A video on the web instead of the project's own clip.")
@click.option(
    "--video",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A video on this machine; inside PRECOMPUTE_MEDIA_ROOT where the stack runs already.",
)
@click.option("--video-id", help="Under which id; by default the name of the file.")
@click.option("--fresh", is_flag=True, help="Compute again what the cache holds.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON; the rest goes to standard error.")
def demo(url: str | None, video: Path | None, video_id: str | None, fresh: bool, as_json: bool) -> None:
    """Precompute a video before your eyes; starts the stack where it is not up, and ends it again."""
    if url and video:
        raise click.UsageError("--url and --video exclude each other")
    signal.signal(signal.SIGTERM, _leave)
    settings = Settings.from_environ(os.environ)
    service = url_of(settings.host, settings.port)
    console = Console(highlight=False, stderr=as_json)
    caller = Caller.of(service, key=os.environ.get("PRECOMPUTE_API_KEY"))
    source = {"url": url} if url else {"url": str(video.resolve())} if video else {}
    video_id = video_id or _id_for(source.get("url"))
    with ExitStack() as closing:
        borrowed = not caller.is_up()
        if borrowed:
            environ = {**os.environ, **({"PRECOMPUTE_MEDIA_ROOT": str(video.resolve().parent)} if video else {})}
            log = settings.data_dir / "demo.log"
            console.print(f"Starting the stack; its output goes to {log}")
            closing.enter_context(borrowed_stack(log, environ=environ, is_up=caller.is_up))
        ended = _run(caller, video_id=video_id, source=source, fresh=fresh, console=console)
        if as_json:
            print_json(_told(caller, tasks=ended, video_id=video_id))
        else:
            console.print(_found(caller, tasks=ended, video_id=video_id))
        if failed := [name for name, task in ended.items() if task["state"] != "ready"]:
            raise DemoFailed(f"not everything was computed: {', '.join(failed)}")
        _say_where(console, service=service, video_id=video_id)
        if borrowed:
            _hold(console)


def _run(caller: Caller, *, video_id: str, source: Mapping[str, Any], fresh: bool, console: Console) -> Tasks:
    if fresh:
        console.print(f"Forgot {caller.forget(video_id)} results of {video_id}")
    console.print(f"{video_id}: {caller.upload(video_id, data=source)['message']}", style="bold")
    return follow(lambda: caller.tasks(video_id), console=console)


def _told(caller: Caller, *, tasks: Tasks, video_id: str) -> dict[str, Any]:
    ready = [name for name, task in tasks.items() if task["state"] == "ready"]
    return {
        "video_id": video_id,
        "tasks": tasks,
        "results": {name: caller.result(name, video_id=video_id) for name in ready},
    }


def _found(caller: Caller, *, tasks: Tasks, video_id: str) -> Table:
    table = Table(title=f"What was found in {video_id}", show_header=False, show_lines=True, title_justify="left")
    for name, task in tasks.items():
        if task["state"] == "ready":
            lines = in_words(name, caller.result(name, video_id=video_id))
        else:
            lines = [f"{task['state']}: {(task.get('error') or {}).get('message', 'without a reason')}"]
        table.add_row(Text(name.replace("_", " "), style="bold"), Text("\n".join(lines)))
    return table


def _say_where(console: Console, *, service: str, video_id: str) -> None:
    console.print("Where to look:", style="bold")
    for where in (
        f"{service}{API}/status/video/{video_id}",
        f"{service}{API}/cache/ctr_prediction:video:{video_id}",
        f"{service}{thumbnail_path(video_id, rank=1)}",
        f"{service}{captions_path(video_id, extension='vtt')}",
        f"{service}/docs",
    ):
        console.print(f"  {where}", soft_wrap=True, markup=False)


def _hold(console: Console) -> None:
    if sys.stdin.isatty():
        console.print("The stack runs until you press Enter; `make run` brings it back with what was found.")
        sys.stdin.readline()
    console.print("Ending the stack.")


def _id_for(url: str | None) -> str:
    if url is None:
        return CLIP
    stem = Path(url.partition("?")[0]).stem
    return re.sub(r"[^A-Za-z0-9._-]+", "_", stem)[:128] or "demo"


def _leave(number: int, _: object) -> NoReturn:
    # An exception, unlike the default of dying at once, ends the borrowed stack on its way out.
    sys.exit(128 + number)
