"""The command line, ``precompute …``. A sub-command is imported when it is called, so that ``--help`` is fast."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from precompute import __version__
from precompute.errors import DeclarationError, PrecomputeError, StoreUnavailable

COMMANDS = {
    "up": ("api.stack.run:up", "Run the whole stack until Ctrl-C."),
    "demo": ("api.demo.run:demo", "Precompute a video before your eyes."),
    "submit": (
        "api.submit_command:submit",
        "Say that a video was uploaded, a campaign created, or that a user logged in.",
    ),
    "watch": ("api.watch_command:watch", "Follow what is computed about a video, campaign or user, live."),
    "queue": ("api.figures_command:queue", "How many tasks wait, where, and for how long."),
    "metrics": ("api.figures_command:metrics", "What the service counts about itself."),
    "failed": ("api.failed_command:failed", "See to what has failed or is set aside (ls, retry, drop)."),
    "cache": ("api.cache_command:cache", "Look at what is stored (ls, show, stats), and drop it (rm)."),
    "warm": ("api.warm_command:warm", "Precompute what is likely to be asked for, most useful first."),
    "models": ("api.models_command:models", "List the trained models; `models rollback` goes back."),
    "train": ("api.train:train", "Train a kind of model (ctr, roas, text, actions) from what is in the store."),
    "replay": ("api.replay_command:replay_log", "What computing ahead would have saved on a log of what people did."),
    "alerts": ("api.alerts_command:alerts", "What is wrong now; `--test` sends a message to where alerts go."),
    "keys": ("api.keys_command:keys", "Make API keys, and list those that are let in."),
    "completion": ("api.completion_command:completion", "What makes bash, zsh or fish complete all this on Tab."),
    "doctor": ("api.doctor_command:doctor", "Whether this installation can work, and how to mend what is wrong."),
}
"""Where each sub-command lives, and what it does in a line."""

SETTINGS_ARE_WRONG = 2
"""The exit code for a wrong setting, as for a wrong option; everything else that is told in one line exits with 1."""


AWAY = "; is the stack running (`make run`), or REDIS_URL right?"
"""Said when the cache cannot be reached."""


class LazyGroup(click.Group):
    """Knows its commands by name and line; errors of ours end it with their message instead of a stack trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands for ``--help``, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, without importing any, and the group's own options."""
        commands = [CompletionItem(name, help=about) for name, (_, about) in COMMANDS.items()]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [each for each in commands if each.value.startswith(incomplete)] + options

    def main(  # type: ignore[override]  # click says in overloads that it never returns as a program
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **named: Any
    ) -> Any:
        """Run as a program: what is wrong with its use is told in a line, like all that goes wrong."""
        as_program = named.pop("standalone_mode", True)
        if not as_program:
            return super().main(args, prog_name, standalone_mode=False, **named)
        try:
            code = super().main(args, prog_name, standalone_mode=False, **named)
        except click.exceptions.NoArgsIsHelpError as bare:
            bare.show()
            sys.exit(bare.exit_code)
        except click.ClickException as wrong:
            path = wrong.ctx.command_path if isinstance(wrong, click.UsageError) and wrong.ctx else ""
            told = " ".join(wrong.format_message().split()).rstrip(".")
            hint = f" (`{path} -h` says what it takes)" if path else ""
            click.echo(f"precompute: {told}{hint}", err=True)
            sys.exit(wrong.exit_code)
        except click.Abort:
            click.echo("precompute: given up", err=True)
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PrecomputeError as problem:
            hint = AWAY if isinstance(problem, StoreUnavailable) else ""
            click.echo(f"precompute: {problem.message}{hint}", err=True)
            ctx.exit(SETTINGS_ARE_WRONG if isinstance(problem, DeclarationError) else 1)
        except BrokenPipeError:
            # Whoever read the other end has seen enough, as `head` has; click ends in silence.
            raise
        except OSError as problem:
            where = f"{problem.filename}: " if problem.filename else ""
            click.echo(f"precompute: {where}{problem.strerror or type(problem).__name__}", err=True)
            ctx.exit(1)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Work out what people will ask for, compute it before they ask, and keep it fresh in a cache."""


if __name__ == "__main__":
    main()
