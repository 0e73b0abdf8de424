"""One thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What.
        health: How it stands.
        found: What was found, in a line.
        mend: What to do about it, in a line; empty where nothing is to be done.
    """

    name: str
    health: Health
    found: str
    mend: str = ""


def ok(name: str, found: str) -> Finding:
    """Nothing is to be done."""
    return Finding(name=name, health=Health.OK, found=found)


def warning(name: str, found: str, mend: str) -> Finding:
    """It works, and should be better."""
    return Finding(name=name, health=Health.WARNING, found=found, mend=mend)


def broken(name: str, found: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(name=name, health=Health.BROKEN, found=found, mend=mend)
