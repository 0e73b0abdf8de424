"""``precompute cache``: what is stored, how old it is, and away with it."""

import os
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import IO, Any

import click
from rich.table import Table

from api.amounts import duration, size
from api.completion import cache_keys
from api.console import console_for, print_json, print_table
from api.figures import cache_figures
from precompute.clock import iso
from precompute.errors import UnknownPrecomputation
from precompute.invalidation import Invalidation
from precompute.listing import Listed, count, find, look_at, parts_of
from precompute.patterns import Pattern
from precompute.precomputer import Precomputer
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.wiring import precomputer

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def cache() -> None:
    """Look at what is stored, and drop it."""


@cache.command()
@click.argument("pattern", default="*", shell_complete=cache_keys)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Entries at most.")
@_JSON
def ls(pattern: str, limit: int, as_json: bool) -> None:
    """List the entries that PATTERN matches (a glob over keys, as 'ctr_prediction:*' or 'video:vid_1:*').

    Nothing counts as read. Only as much of the indexes is walked as it takes to find --limit entries.
    """
    engine = _engine()
    found, more = find(engine.cache, Pattern(pattern), rows=engine.catalogue, most=limit)
    if as_json:
        print_json({"entries": [_told(one) for one in found], "more": more})
        return
    print_table(console_for(), _table(found))
    if more:
        click.echo(f"There are more than these {limit}; --limit shows more.", err=True)
    elif not found:
        click.echo(f"Nothing is stored that {pattern} matches.", err=True)


@cache.command()
@click.argument("key", shell_complete=cache_keys)
@click.option("--part", metavar="NAME", help="The bytes kept beside the result under NAME instead.")
@click.option("--output", type=click.File("wb"), default="-", help="Where they go; standard output by default.")
@_JSON
def show(key: str, part: str | None, output: IO[bytes], as_json: bool) -> None:
    """Show the entry under KEY: its ages, where it comes from, and the result. Nothing counts as read."""
    engine, wanted = _engine(), CacheKey.parse(key)
    found = look_at(engine.cache, [wanted])
    if not found:
        raise UnknownPrecomputation(_why_not(engine, wanted))
    if part is not None:
        _write_part(engine, wanted, part, output)
        return
    value = engine.cache.stored(wanted).value
    told = {**_told(found[0]), "parts": parts_of(engine.cache, wanted)}
    if as_json:
        print_json({**told, "result": value})
        return
    console = console_for()
    print_table(console, _details(found[0], told))
    console.print_json(data=value)


@cache.command()
@click.argument("pattern", shell_complete=cache_keys)
@click.option("--soft", is_flag=True, help="Mark stale instead: still served, until computed anew.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_JSON
def rm(pattern: str, soft: bool, yes: bool, as_json: bool) -> None:
    """Delete the entries that PATTERN matches, and what was computed from them.

    A computation that is running does not write its result.
    """
    if as_json and not yes:
        raise click.UsageError("--json does not ask, so it needs --yes")
    engine = _engine()
    if not yes:
        taken = Invalidation(cache=engine.cache, catalogue=engine.catalogue).matching(Pattern(pattern))
        if held := count(engine.cache, taken):
            doing = "Mark as stale" if soft else "Delete"
            click.confirm(f"{doing} {_results(held)} that {pattern} matches or that came of them?", abort=True)
    dropped = engine.invalidate(pattern, soft=soft)
    if as_json:
        print_json({"invalidated": dropped, "soft": soft})
    else:
        click.echo(f"{_results(dropped)} {'marked as stale' if soft else 'deleted'}")


@cache.command()
@_JSON
def stats(as_json: bool) -> None:
    """Tell by task type how much is stored, how often it is there when asked for, and whether it was read at all."""
    told = cache_figures(_engine())
    if as_json:
        print_json(told)
        return
    table = Table("task type", box=None, pad_edge=False)
    for name in ("entries", "memory", "reads", "hit rate", "results read", "refreshed", "unchanged", "parked"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, each in [*told["by_type"].items(), ("all", told["all"])]:
        counts = (str(each[what]) for what in ("computed", "unchanged", "parked"))
        held = (str(each["entries"]), size(each["bytes"]), str(each["reads"]))
        table.add_row(name, *held, *_percents(each), *counts)
    print_table(console_for(), table)


def _percents(each: Mapping[str, Any]) -> list[str]:
    shares = (each["hit_rate"], each["share_read"])
    return ["" if share is None else f"{100 * share:.0f} %" for share in shares]


def _engine() -> Precomputer:
    return precomputer(Settings.from_environ(os.environ))


def _results(number: int) -> str:
    return f"{number} result{'' if number == 1 else 's'}"


def _told(one: Listed) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for field in fields(one):
        value = getattr(one, field.name)
        told[field.name] = str(value) if field.name == "key" else iso(value) if isinstance(value, datetime) else value
    ages = {"age_seconds": round(one.age_seconds, 3), "expires_in_seconds": round(one.expires_in_seconds, 3)}
    return {**told, **ages}


def _table(found: list[Listed]) -> Table:
    table = Table("key", "state", box=None, pad_edge=False)
    for name in ("age", "fresh for", "size", "reads"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("cause")
    table.add_column("cost", justify="right", no_wrap=True)
    for one in found:
        ages = (duration(one.age_seconds), duration(one.expires_in_seconds) if one.expires_in_seconds else "")
        cells = (*ages, size(one.bytes), str(one.reads), one.cause, duration(one.cost_seconds))
        table.add_row(str(one.key), _state(one), *cells)
    return table


def _state(one: Listed) -> str:
    return f"{one.age}, parked" if one.parked else one.age.value


def _details(one: Listed, told: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    shown = {
        "key": str(one.key),
        "state": _state(one),
        "computed": f"{told['computed_at']}, {duration(one.age_seconds)} ago, in {duration(one.cost_seconds)}",
        "cause": f"{one.cause}; the result number {one.generation} under this key",
        "fresh until": told["stale_at"],
        "served until": told["gone_at"],
        "kept until": f"{told['kept_until']}, for the case that computing it anew fails",
        "refresh due": told["refresh_at"] or "never",
        "read": f"{one.reads} times" + (f", last {told['read_at']}" if one.read_at else ""),
        "wanted until": told["wanted_until"] or "",
        "computed from": one.source,
        "etag": one.etag,
        "size": size(one.bytes),
        "parts": ", ".join(f"{name} ({size(length)})" for name, length in told["parts"].items()),
    }
    for name, text in shown.items():
        if text:
            table.add_row(name, text)
    return table


def _why_not(engine: Precomputer, key: CacheKey) -> str:
    [record] = engine.ledger.records([key])
    if record.failure is not None:
        return f"nothing is stored under {key}: its task failed ({record.failure.code}): {record.failure.message}"
    doing = f"its task is {record.state}" if record.state.on_its_way else "no task is on its way"
    return f"nothing is stored under {key}; {doing}"


def _write_part(engine: Precomputer, key: CacheKey, name: str, output: IO[bytes]) -> None:
    content = engine.cache.read_part(key, name)
    if content is None:
        known = ", ".join(parts_of(engine.cache, key)) or "none"
        raise UnknownPrecomputation(f"{key} has no part called {name!r}; it has {known}")
    output.write(content)
