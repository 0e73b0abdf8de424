"""A behaviour log as a file: CSV or Parquet, with a column for who, one for when and one for what."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet

from models.behaviour import Log
from models.replay.instants import seconds
from precompute.errors import BadParameters

NAMES: Mapping[str, tuple[str, ...]] = {
    "user": ("user_id", "user", "userid", "uid", "visitor_id", "visitorid", "visitor", "customer_id", "member_id",
             "account_id", "client_id", "actor", "username"),
    "time": ("timestamp", "time", "at", "datetime", "ts", "event_time", "event_timestamp", "occurred_at",
             "created_at", "date_time", "date"),
    "action": ("action", "event", "event_name", "event_type", "action_type", "activity", "type", "page", "name"),
}  # fmt: skip
"""What the columns are called when nothing is said, likeliest first; upper and lower case are the same."""

_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns are called; None to tell from the names in the file."""

    user: str | None = None
    time: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A log that was read.

    Attributes:
        log: Its events by time; those of one instant as they stood in the file.
        columns: The columns that were read.
        out_of_order: Rows that stood right after a later one.
    """

    log: Log
    columns: Columns
    out_of_order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The three columns as they stand, and where each row stands in the file."""

    used: Columns
    values: Mapping[str, Sequence[Any]]
    places: Sequence[int]
    unit: str
    file: str

    def where(self, row: int, role: str) -> str:
        return f"{self.file}, {self.unit} {self.places[row]}, column {getattr(self.used, role)!r}"


def read_log(path: Path, *, columns: Columns | None = None) -> LogFile:
    """The behaviour log in a file whose name ends in ``.csv``, ``.tsv`` or ``.parquet``.

    Times are as :func:`models.replay.instants.seconds` takes them.

    Raises:
        BadParameters: It cannot be read; names the column or the line.
    """
    if not path.is_file():
        raise BadParameters(f"there is no file {path}")
    ending = path.suffix.lower()
    if ending in _DELIMITERS:
        table = _csv(path, columns or Columns(), delimiter=_DELIMITERS[ending])
    elif ending in (".parquet", ".pq"):
        table = _parquet(path, columns or Columns())
    else:
        raise BadParameters(f"{path.name}: takes a log whose name ends in .csv, .tsv or .parquet")
    if not table.places:
        raise BadParameters(f"{path.name} has no events")
    users, actions = (_texts(table, role) for role in ("user", "action"))
    at = seconds(table.values["time"], where=lambda row: table.where(row, "time"))
    order = np.argsort(at, kind="stable")
    log = Log.from_columns(users=[users[row] for row in order], actions=[actions[row] for row in order], at=at[order])
    return LogFile(log=log, columns=table.used, out_of_order=int((np.diff(at) < 0).sum()))


def find_columns(there: Sequence[str], *, wanted: Columns, file: str) -> Columns:
    """The columns to read.

    Raises:
        BadParameters: One is missing; names it, what is there, and the option that says which it is.
    """
    listed = ", ".join(repr(name) for name in there) or "no columns"
    lowered = {name.strip().lower(): name for name in reversed(there)}
    found = {}
    for role, known in NAMES.items():
        asked = getattr(wanted, role)
        if asked is not None and asked not in there:
            raise BadParameters(f"{file} has no column {asked!r}; it has {listed}")
        name = asked or next((lowered[one] for one in known if one in lowered), None)
        if name is None:
            raise BadParameters(f"{file}: which column is the {role}? It has {listed}; say --{role}-column NAME")
        found[role] = name
    return Columns(**found)


def _csv(path: Path, wanted: Columns, *, delimiter: str) -> _Table:
    values: dict[str, list[str]] = {role: [] for role in NAMES}
    lines: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, delimiter=delimiter)
            header = next(rows, [])
            if not header:
                raise BadParameters(f"{path.name} is empty")
            used = find_columns(header, wanted=wanted, file=path.name)
            takers = [(values[role].append, header.index(getattr(used, role))) for role in NAMES]
            for row in rows:
                if not row:
                    continue
                if len(row) != len(header):
                    message = (
                        f"{path.name}, line {rows.line_num}: {len(row)} fields, where the header has {len(header)}"
                    )
                    raise BadParameters(message)
                for take, place in takers:
                    take(row[place])
                lines.append(rows.line_num)
    except (UnicodeDecodeError, csv.Error) as problem:
        raise BadParameters(f"{path.name} is no CSV in UTF-8: {problem}") from problem
    return _Table(used=used, values=values, places=lines, unit="line", file=path.name)


def _parquet(path: Path, wanted: Columns) -> _Table:
    try:
        file = parquet.ParquetFile(path)
        used = find_columns(file.schema_arrow.names, wanted=wanted, file=path.name)
        names = {role: getattr(used, role) for role in NAMES}
        read = file.read(columns=list(dict.fromkeys(names.values())))
    except pyarrow.ArrowException as problem:
        raise BadParameters(f"{path.name} is no Parquet file: {problem}") from problem
    values = {role: read[name].to_pylist() for role, name in names.items()}
    return _Table(used=used, values=values, places=range(1, read.num_rows + 1), unit="row", file=path.name)


def _texts(table: _Table, role: str) -> list[str]:
    texts = []
    for row, value in enumerate(table.values[role]):
        text = "" if value is None else str(value)
        if not text.strip():
            raise BadParameters(f"{table.where(row, role)}: is empty")
        texts.append(text)
    return texts
