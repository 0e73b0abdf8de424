"""``precompute warm``: what is likely to be asked for, computed ahead while there is room."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from api.console import console_for, print_json, print_table, table_of
from precompute.candidates import MOST, Candidate, candidates
from precompute.errors import PrecomputeError
from precompute.measures import running_workers
from precompute.settings import Settings
from precompute.subjects import Subject
from precompute.warming import Started, Tally, WarmUp
from workers.warming import warm_up_of
from workers.wiring import engine

LOOK_AGAIN_S = 1.0
"""While there is no room, the backlog is looked at this often."""

NEW_PACE_S = 15.0
"""The pace follows what results have cost this often: in an empty cache nothing was measured at first."""

NOTHING = "Nothing to warm up: no video or campaign of the last two weeks, and no user who is expected today."


class NobodyWorks(PrecomputeError):
    """No worker runs, so what is queued is not computed."""

    code = "no_workers"


@click.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=MOST, show_default=True, help="Subjects at most.")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 10_000),
    help="Results a second; by default what half of the background processes' time is enough for.",
)
@click.option("--videos", is_flag=True, help="Recent videos only; with the next two, these kinds only.")
@click.option("--campaigns", is_flag=True, help="Active campaigns.")
@click.option("--users", is_flag=True, help="Users expected today.")
@click.option("--dry-run", is_flag=True, help="Tell what would be computed, and queue nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def warm(
    *, limit: int, rate: float | None, videos: bool, campaigns: bool, users: bool, dry_run: bool, as_json: bool
) -> None:
    """Precompute for recent videos, active campaigns and users expected today, most useful first.

    What is fresh is left. Everything else goes to the background queue, and waits while the workers have enough to do.
    A cache that is found empty is warmed up in the same way by itself.
    """
    asked = {Subject.VIDEO: videos, Subject.CAMPAIGN: campaigns, Subject.USER: users}
    subjects = [subject for subject, wanted in asked.items() if wanted] or list(Subject)
    parts = engine(Settings.from_environ(os.environ))
    parts.cache.ping()
    try:
        todo = candidates(parts.facts, at=parts.cache.clock(), subjects=subjects, most=limit)
    finally:
        parts.facts.close()
    warm_up = warm_up_of(parts)
    if dry_run:
        _tell_plan([(one, warm_up.look(one)) for one in todo], as_json=as_json)
    else:
        done: list[tuple[Candidate, Started]] = []
        try:
            _warm(warm_up, todo, rate=rate, into=done)
        except KeyboardInterrupt:
            click.echo(f"Stopped: {len(todo) - len(done)} of {len(todo)} subjects are left as they were.", err=True)
            sys.exit(1)
        finally:
            _tell_done(done, of=len(todo), as_json=as_json)


def _warm(
    warm_up: WarmUp, todo: Sequence[Candidate], *, rate: float | None, into: list[tuple[Candidate, Started]]
) -> None:
    columns = (
        SpinnerColumn(finished_text="•"),
        TextColumn("{task.description:<40}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    pace, paced_at = warm_up.pace(rate=rate), time.monotonic()
    with Progress(*columns, TimeElapsedColumn(), console=console_for(errors=True)) as progress:
        bar = progress.add_task("warming up", total=len(todo))
        for candidate in todo:
            _hold_on(warm_up, candidate, progress, bar)
            started = warm_up.start(candidate)
            into.append((candidate, started))
            progress.update(bar, advance=1, description=candidate.name)
            if time.monotonic() - paced_at > NEW_PACE_S:
                pace, paced_at = warm_up.pace(rate=rate), time.monotonic()
            if len(into) < len(todo):
                time.sleep(pace.after(started))


def _hold_on(warm_up: WarmUp, candidate: Candidate, progress: Progress, bar: TaskID) -> None:
    while not warm_up.has_room(candidate):
        if not running_workers(warm_up.cache):
            raise NobodyWorks("no worker runs: what was queued waits for one; start it and warm up again")
        progress.update(bar, description="the workers have enough to do")
        time.sleep(LOOK_AGAIN_S)


def _tell_plan(planned: Sequence[tuple[Candidate, Started]], *, as_json: bool) -> None:
    if as_json:
        print_json({"dry_run": True, **_summary(planned), "candidates": [_told(*pair) for pair in planned]})
        return
    table = table_of("subject", "chance", "to be computed")
    for candidate, would in planned:
        missing = would.refused or ", ".join(would.queued) or "nothing: all is fresh"
        table.add_row(candidate.name, f"{candidate.chance:.2f}", missing)
    if planned:
        print_table(console_for(), table)
    queued = sum(len(would.queued) for _, would in planned)
    click.echo(f"{queued} results of {len(planned)} subjects would be queued." if planned else NOTHING)


def _tell_done(done: Sequence[tuple[Candidate, Started]], *, of: int, as_json: bool) -> None:
    if as_json:
        print_json({"dry_run": False, **_summary(done)})
        return
    told = _summary(done)
    for one in told["refused"]:
        click.echo(f"{one['candidate']}: {one['reason']}", err=True)
    text = f"{told['queued']} results of {len(done)} subjects are queued, {told['fresh']} were fresh."
    click.echo(text if of else NOTHING)


def _summary(pairs: Sequence[tuple[Candidate, Started]]) -> dict[str, Any]:
    tally = Tally()
    for _, started in pairs:
        tally.add(started)
    refused = [{"candidate": one.name, "reason": started.refused} for one, started in pairs if started.refused]
    return {"subjects": len(pairs), "queued": tally.queued, "fresh": tally.fresh, "refused": refused}


def _told(candidate: Candidate, would: Started) -> dict[str, Any]:
    chance = round(candidate.chance, 4)
    return {"candidate": candidate.name, "chance": chance, "missing": would.queued, "refused": would.refused}
