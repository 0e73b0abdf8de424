"""Times as logs write them."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precompute.errors import BadParameters

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()

_UNITS_S = (1.0, 1e-3, 1e-6, 1e-9)

_REMEMBERED = 1_000_000
"""Logs name the same instants again and again; so many are parsed once."""


def seconds(values: Sequence[Any], *, where: Callable[[int], str]) -> NDArray[np.float64]:
    """(n,) seconds since 1970.

    Args:
        values: Datetimes, dates, or texts in ISO 8601, in UTC where they name no zone; or numbers since 1970, all in
            seconds or all in one of milli-, micro- and nanoseconds.
        where: Names the place of a value, for messages.

    Raises:
        BadParameters: One is no time between 1990 and 2100; says which.
    """
    told = np.fromiter(_each(values, where=where), np.float64, len(values))
    at = told * _unit(told, values) if len(told) else told
    outside = np.nonzero(~((at >= _EARLIEST) & (at <= _LATEST)))[0]
    if len(outside):
        row = int(outside[0])
        raise BadParameters(f"{where(row)}: {values[row]!r} is no time between 1990 and 2100")
    return np.asarray(at, np.float64)


def _unit(told: NDArray[np.float64], values: Sequence[Any]) -> float:
    if _number(values[0]) is None:
        return 1.0
    return next((unit for unit in _UNITS_S if _EARLIEST <= told[0] * unit <= _LATEST), 1.0)


def _each(values: Sequence[Any], *, where: Callable[[int], str]) -> Iterator[float]:
    known: dict[Any, float] = {}
    for row, value in enumerate(values):
        found = known.get(value)
        if found is None:
            found = _one(value)
            if found is None or not math.isfinite(found):
                raise BadParameters(f"{where(row)}: {value!r} is no time; takes ISO 8601 or a number since 1970")
            if len(known) < _REMEMBERED:
                known[value] = found
        yield found


def _one(value: Any) -> float | None:
    number = _number(value)
    if number is not None:
        return number
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and not value.strip().replace(".", "", 1).isdecimal():
        return None
    return float(value)
