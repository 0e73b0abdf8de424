"""What a benchmark found out: a figure, its rival of the same run, the target, and the verdict that follows from them.

``told("cached_read", [Figure(what="cached read", ours=1234.5, rival=1500.0, unit="requests/s", target=">= 0.80")],
as_json=options.json)`` prints them.
"""

import json
import operator
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.table import Table

# Benchmarks start the servers that tests start, whose modules stand in no package.
sys.path.append(str(Path(__file__).parents[1] / "tests"))

COMPARED = {"<=": operator.le, ">=": operator.ge}

TARGET = re.compile(r"^(<=|>=) (\d+(?:\.\d+)?)( \S.*)?$")
"""A comparison, a number, and for people its unit: ``>= 0.80``, ``<= 15 ms``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number.

    The target holds for the ratio where there is a rival, else for the number itself, in its own unit. What is told
    for its own sake has no target. A row of the issue that promises two things is two figures.

    Raises:
        ValueError: The target is not a comparison with a number.
    """

    what: str
    ours: float
    unit: str
    rival: float | None = None
    target: str | None = None
    note: str = ""
    """What is compared with what, and, where the target is missed, why."""
    own: bool = False
    """Whether the target is one that we set ourselves, beside those of the project's table."""

    def __post_init__(self) -> None:
        if self.target is not None and not TARGET.match(self.target):
            raise ValueError(f"A target is like '>= 0.80' or '<= 15 ms', not {self.target!r}")

    @property
    def ratio(self) -> float | None:
        """Ours by the rival's; None without a rival, or where it did nothing at all."""
        return self.ours / self.rival if self.rival else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        match = TARGET.match(self.target or "")
        if match is None:
            return None
        held = self.ours if self.rival is None else self.ratio
        return held is not None and COMPARED[match[1]](held, float(match[2]))

    @property
    def aim(self) -> str:
        """The target as it is shown, with whose it is where it is ours; empty where there is none."""
        return f"{self.target or ''}{' (own)' if self.target and self.own else ''}"

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """What :meth:`as_dict` gave; ratio and verdict are worked out anew."""
        fields = ("what", "ours", "unit", "rival", "target", "note", "own")
        return cls(**{name: told[name] for name in fields if name in told})

    def as_dict(self) -> dict[str, Any]:
        """As benchmarks/measure_all.py reads it."""
        return {
            "what": self.what,
            "ours": self.ours,
            "rival": self.rival,
            "unit": self.unit,
            "ratio": self.ratio,
            "target": self.target,
            "met": self.met,
            "note": self.note,
            "own": self.own,
        }


def told(name: str, figures: Sequence[Figure], *, as_json: bool) -> None:
    """Print the figures as a table; with ``as_json`` the table goes to stderr, and stdout ends with one JSON object."""
    Console(stderr=as_json).print(table_of(name, figures))
    if as_json:
        sys.stderr.flush()
        print(json.dumps({"name": name, "figures": [figure.as_dict() for figure in figures]}), flush=True)


def table_of(name: str, figures: Sequence[Figure]) -> Table:
    """The figures for people, with the notes below."""
    notes = dict.fromkeys(figure.note for figure in figures if figure.note)
    table = Table(title=name, caption="\n".join(notes) or None)
    table.add_column("what")
    for heading in ("ours", "rival", "ratio", "target"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for figure in figures:
        table.add_row(
            figure.what,
            f"{readable(figure.ours)} {figure.unit}",
            "" if figure.rival is None else f"{readable(figure.rival)} {figure.unit}",
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.aim,
            {True: "met", False: "missed", None: ""}[figure.met],
        )
    return table


def readable(number: float) -> str:
    """Three digits that matter, and thousands told apart: 1,234; 12.3; 0.00123."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"
