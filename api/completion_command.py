"""``precompute completion``: what makes the shell complete commands, ids and keys on Tab."""

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_PRECOMPUTE_COMPLETE"
_WHOLE_KEYS = {"bash": "COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}\n"}
"""Bash takes a colon for the end of a word unless told otherwise, and cache keys have two."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print what makes SHELL complete commands, options, ids and keys on Tab; its start-up file evaluates it."""
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click knows the three
    script = found(ctx.find_root().command, {}, "precompute", _VARIABLE).source()
    click.echo(script + _WHOLE_KEYS.get(shell, ""), nl=False)
