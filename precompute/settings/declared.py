"""How a setting is declared: its variable, its default, what it takes, and a sentence about it."""

from collections.abc import Callable
from dataclasses import field
from typing import Any


def setting(variable: str, default: Any, parse: Callable[[str], Any], about: str, *, secret: bool = False) -> Any:
    """A field of a group of settings.

    Args:
        variable: Of the environment.
        default: Where the variable is unset or empty.
        parse: Makes a value of the variable's text; raises :class:`ValueError` that says what it takes.
        about: For ``docs/configuration.md``.
        secret: What may hold a password is shown nowhere: not in a repr, nor in the message about a wrong value.
    """
    metadata = {"variable": variable, "parse": parse, "about": about, "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret)
