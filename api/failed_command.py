"""``precompute failed``: what has failed or is set aside, run again or dropped."""

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from api.amounts import duration
from api.completion import failed_keys, task_types
from api.console import console_for, print_json, print_table, table_of
from api.remote.options import as_json, of_service
from api.remote.service import Service
from precompute.clock import system_clock
from precompute.errors import BadParameters
from precompute.failures import MOST_AT_ONCE
from precompute.subjects import CacheKey

Command = Callable[..., Any]


@click.group()
def failed() -> None:
    """See to tasks that have failed, or that are set aside since they ended their workers."""


_type = click.option("--type", "task_type", shell_complete=task_types, help="Of this task type only.")
_aside = click.option("--set-aside", is_flag=True, help="Only what is set aside.")


@failed.command()
@_type
@_aside
@click.option("--limit", type=click.IntRange(1, MOST_AT_ONCE), default=50, show_default=True, help="The latest ones.")
@of_service
@as_json
def ls(*, service: Service, task_type: str | None, set_aside: bool, limit: int, as_json: bool) -> None:
    """List what has failed, the latest first, and why."""
    answer = _listed(service, task_type=task_type, set_aside=set_aside, limit=limit)
    if as_json:
        print_json(answer)
        return
    table = table_of("key", "failed", "why", "deaths", right=("failed", "deaths"))
    for one in answer["failed"]:
        ago = max(0.0, (system_clock() - datetime.fromisoformat(one["failed_at"])).total_seconds())
        why = Text.assemble(
            (one["error"]["code"], "red" if one["set_aside"] else "yellow"), f": {one['error']['message']}"
        )
        table.add_row(one["cache_key"], f"{duration(ago)} ago", why, str(one["deliveries"]) if one["set_aside"] else "")
    if answer["failed"]:
        print_table(console_for(), table)
    _say_how_many(answer)


def _chosen(command: Command) -> Command:
    options: tuple[Command, ...] = (
        as_json,
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option(
            "--all", "all_of_them", is_flag=True, help="Everything that has failed; with the next two, a part."
        ),
        _aside,
        _type,
        click.argument("keys", nargs=-1, metavar="[KEY]...", shell_complete=failed_keys),
    )
    for option in options:
        command = option(command)
    return of_service(command)


@failed.command()
@_chosen
def retry(*, service: Service, **chosen: Any) -> None:
    """Compute what has failed under each KEY once more, now, also what is set aside.

    A key of - reads keys from standard input, one a line. The exit code is 1 when a key was refused.
    """
    _each(
        service, method="POST", path="/failed/retry", count="retried", verb="Run again", done="queued again", **chosen
    )


@failed.command()
@_chosen
def drop(*, service: Service, **chosen: Any) -> None:
    """Forget what has failed under each KEY, as if nobody had asked for it.

    A key of - reads keys from standard input, one a line. The exit code is 1 when a key was refused.
    """
    _each(service, method="DELETE", path="/failed", count="dropped", verb="Forget", done="forgotten", **chosen)


def _each(
    service: Service,
    *,
    method: str,
    path: str,
    count: str,
    verb: str,
    done: str,
    keys: Sequence[str],
    all_of_them: bool,
    task_type: str | None,
    set_aside: bool,
    yes: bool,
    as_json: bool,
) -> None:
    part = bool(all_of_them or task_type or set_aside)
    if bool(keys) == part:
        raise click.UsageError("name keys, or say --all, --type or --set-aside; not both")
    if part:
        if as_json and not yes:
            raise click.UsageError("--json does not ask, so it needs --yes")
        keys = _all_keys(service, task_type=task_type, set_aside=set_aside)
        if keys and not yes:
            click.confirm(f"{verb} {_tasks(len(keys))}?", abort=True)
    named = [_checked(key) for key in _read(keys)]
    results = [
        result
        for first in range(0, len(named), MOST_AT_ONCE)
        for result in service.send(method, path, {"keys": named[first : first + MOST_AT_ONCE]})["results"]
    ]
    _say_what_became(results, count=count, done=done, as_json=as_json)


def _say_what_became(results: Sequence[dict[str, Any]], *, count: str, done: str, as_json: bool) -> None:
    refused = [result for result in results if not result["success"]]
    if as_json:
        print_json({count: len(results) - len(refused), "results": results})
    else:
        for result in refused:
            click.echo(f"{result['cache_key']}: {result['error']['message']}", err=True)
        click.echo(f"{_tasks(len(results) - len(refused))} {done}.")
    if refused:
        sys.exit(1)


def _all_keys(service: Service, *, task_type: str | None, set_aside: bool) -> list[str]:
    """As many as one question gives: who fails by the thousand has another look before the next thousand."""
    answer = _listed(service, task_type=task_type, set_aside=set_aside, limit=MOST_AT_ONCE)
    return [one["cache_key"] for one in answer["failed"]]


def _listed(service: Service, *, task_type: str | None, set_aside: bool, limit: int) -> dict[str, Any]:
    return service.get("/failed", limit=limit, task_type=task_type, set_aside="true" if set_aside else None)


def _checked(key: str) -> str:
    try:
        return str(CacheKey.parse(key))
    except BadParameters as flaw:
        raise BadParameters(f"{key!r} is no cache key: {flaw.message}") from flaw


def _read(keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        if key == "-":
            yield from (line.strip() for line in sys.stdin if line.strip())
        else:
            yield key


def _say_how_many(answer: dict[str, Any]) -> None:
    if not answer["failed"]:
        click.echo("Nothing has failed." if not answer["total"] else "Nothing of that kind has failed.", err=True)
        return
    aside = sum(each["set_aside"] for each in answer["counts"].values())
    more = f"; {aside} of them set aside, which only `precompute failed retry` has tried again" if aside else ""
    click.echo(f"{_tasks(answer['total'])} failed in all{more}.", err=True)


def _tasks(number: int) -> str:
    return f"{number} task{'' if number == 1 else 's'}"
