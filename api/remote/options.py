"""The options of commands that talk to a running service."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from api.remote.service import Service, service_url
from precompute.settings import Settings

Command = Callable[..., Any]

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def of_service(command: Command) -> Command:
    """Give a command ``--url`` and ``--key``; it is called with the ``service`` that they lead to."""

    @click.option(
        "--url", envvar="PRECOMPUTE_URL", show_envvar=True, help="Of the service.  [default: http://127.0.0.1:8003]"
    )
    @click.option(
        "--key", envvar="PRECOMPUTE_API_KEY", show_envvar=True, help="API key, where the service asks for one."
    )
    @wraps(command)
    def asked(*args: Any, url: str | None, key: str | None, **options: Any) -> Any:
        found = url or service_url(Settings.from_environ(os.environ))
        return command(*args, service=Service(found, key=key), **options)

    return asked
