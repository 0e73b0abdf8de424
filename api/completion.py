"""What the shell offers on Tab: task types from the catalogue, keys and ids from what is stored. Never an error."""

import os
from collections.abc import Callable, Iterable, Iterator

import click
from click.shell_completion import CompletionItem

from precompute.catalogue import Catalogue
from precompute.errors import PrecomputeError
from precompute.plugins import catalogue_for
from precompute.scripts import connect, reaching_cache
from precompute.settings import Settings

MOST_OFFERED = 50
"""More than fit on a screen."""

MOST_LOOKED_AT = 2000
"""Names of one index; a moment for the server, and for whoever pressed Tab."""

PATIENCE_S = 0.5

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _offering(found: Callable[[click.Context, str], Iterable[tuple[str, str]]]) -> Complete:
    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            offered = dict(pair for pair in found(ctx, incomplete) if pair[0].startswith(incomplete))
        except (PrecomputeError, OSError):
            # The line that somebody is typing is no place to say that the stack is down.
            return []
        return [CompletionItem(value, help=about or None) for value, about in sorted(offered.items())[:MOST_OFFERED]]

    return complete


def _types(_ctx: click.Context, _incomplete: str) -> Iterator[tuple[str, str]]:
    return ((row.name, f"about a {row.subject}") for row in _catalogue().served())


def _keys(_ctx: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    for row in _catalogue().served():
        if incomplete.startswith(f"{row.name}:"):
            yield from ((key, "") for key in _named(f"pc:y:{row.name}"))
        else:
            yield f"{row.name}:{row.subject}:", ""


def _failed(_ctx: click.Context, _incomplete: str) -> Iterator[tuple[str, str]]:
    aside = set(_named("pc:aside"))
    hidden = {row.name for row in _catalogue() if not row.served}
    names = (key for key in _named("pc:failed") if key.partition(":")[0] not in hidden)
    return ((key, "set aside" if key in aside else "failed") for key in names)


def _ids(ctx: click.Context, _incomplete: str) -> Iterator[tuple[str, str]]:
    subject = ctx.params.get("subject")
    rows = [row for row in _catalogue().served() if row.subject == subject]
    indexes = ["pc:watch", *(f"pc:y:{row.name}" for row in rows)]
    keys = (key.split(":") for index in indexes for key in _named(index))
    return ((parts[2], "") for parts in keys if len(parts) == 3 and parts[1] == subject)


def _catalogue() -> Catalogue:
    return catalogue_for(Settings.from_environ(os.environ))


def _named(index: str) -> list[str]:
    client = connect(Settings.from_environ(os.environ).redis_url, answer_timeout_s=PATIENCE_S)
    with reaching_cache():
        names: list[bytes] = client.zrange(index, 0, MOST_LOOKED_AT - 1, desc=True)  # type: ignore[assignment]
    return [name.decode() for name in names]


task_types = _offering(_types)
"""Names of task types."""

cache_keys = _offering(_keys)
"""Cache keys: first the beginning of each task type's, then those of what is stored."""

failed_keys = _offering(_failed)
"""Keys of what has failed."""

subject_ids = _offering(_ids)
"""Ids of which something is stored or on its way, of the kind of subject that stands before."""
