"""From readings to alerts: one starts when something was wrong for a while, and ends when all was well for a while.

Pure. Between the two thresholds of a reading an alert stays as it is, so a value that swings about one of them gives no
more than one message. What cannot be told (too few reads, say) is neither wrong nor well; an alert outlives it for
:data:`UNKNOWN_ENDS` at most.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

UNKNOWN_ENDS = timedelta(minutes=30)
"""An alert about which nothing can be told for so long is over."""


class Finding(StrEnum):
    """What a reading says."""

    WRONG = "wrong"
    BETWEEN = "between"
    WELL = "well"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One thing that is watched, as it is now.

    Attributes:
        name: Of the alert.
        labels: What it is about, such as a task type; bounded.
        value: As it is; None when it cannot be told.
        threshold: Beyond it something is wrong.
        well: From here on all is well again; between the two nothing changes.
        low: Whether less is worse.
        summary: A sentence about how it is.
    """

    name: str
    threshold: float
    well: float
    value: float | None
    summary: str
    labels: Mapping[str, str]
    low: bool = False

    @property
    def finding(self) -> Finding:
        """What the value says."""
        if self.value is None:
            return Finding.UNKNOWN
        sign = -1 if self.low else 1
        if sign * self.value > sign * self.threshold:
            return Finding.WRONG
        return Finding.WELL if sign * self.value <= sign * self.well else Finding.BETWEEN

    @property
    def id(self) -> str:
        """Name and labels, the same for the same thing."""
        return identity(self.name, self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one thing that is or was wrong stands.

    Attributes:
        since: When it was found wrong.
        told: Whether the alert has started; before that it has not been wrong for long enough.
        turned: Since when it is found well, or cannot be told; None while it is neither.
        unknown: Whether ``turned`` is about not being able to tell.
        value: Latest that was known.
    """

    name: str
    labels: Mapping[str, str]
    since: datetime
    told: bool
    value: float
    threshold: float
    summary: str
    turned: datetime | None = None
    unknown: bool = False

    @property
    def id(self) -> str:
        """As that of its readings."""
        return identity(self.name, self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how long something must be wrong, and well, before somebody is told."""

    wrong: timedelta
    well: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What somebody is told: that an alert started, or that it ended."""

    standing: Standing
    ended: bool


def turned(
    standing: Mapping[str, Standing], readings: Iterable[Reading], *, now: datetime, patience: Patience
) -> tuple[dict[str, Standing], list[Turn]]:
    """How everything stands after these readings, and what somebody is to be told; those that ended first."""
    found = {reading.id: reading for reading in readings}
    after: dict[str, Standing] = {}
    turns: list[Turn] = []
    for name in sorted({*standing, *found}):
        known, reading = standing.get(name), found.get(name)
        next_ = _next(known, reading, now=now, patience=patience)
        if next_ is not None:
            after[name] = next_
        if known is not None and known.told and next_ is None:
            turns.append(Turn(standing=_latest(known, reading), ended=True))
        elif next_ is not None and next_.told and not (known is not None and known.told):
            turns.append(Turn(standing=next_, ended=False))
    return after, sorted(turns, key=lambda turn: not turn.ended)


def identity(name: str, labels: Mapping[str, str]) -> str:
    """Name and labels in one line: ``slow_processing{task_type=ctr_prediction}``."""
    return name + (f"{{{','.join(f'{label}={value}' for label, value in sorted(labels.items()))}}}" if labels else "")


def _next(known: Standing | None, reading: Reading | None, *, now: datetime, patience: Patience) -> Standing | None:
    finding = Finding.UNKNOWN if reading is None else reading.finding
    if finding is Finding.WRONG and reading is not None:
        return _wrong(known, reading, now=now, patience=patience)
    if known is None or not known.told:
        # Not wrong the whole time: a peak that nobody needs to hear of.
        return None
    latest = _latest(known, reading)
    if finding is Finding.BETWEEN:
        return replace(latest, turned=None, unknown=False)
    unknown = finding is Finding.UNKNOWN
    since = known.turned if known.turned is not None and known.unknown == unknown else now
    over = now - since >= (UNKNOWN_ENDS if unknown else patience.well)
    return None if over else replace(latest, turned=min(since, now), unknown=unknown)


def _wrong(known: Standing | None, reading: Reading, *, now: datetime, patience: Patience) -> Standing:
    since = now if known is None else min(known.since, now)
    return Standing(
        name=reading.name,
        labels=dict(reading.labels),
        since=since,
        told=(known is not None and known.told) or now - since >= patience.wrong,
        value=reading.value or 0.0,
        threshold=reading.threshold,
        summary=reading.summary,
    )


def _latest(known: Standing, reading: Reading | None) -> Standing:
    if reading is None or reading.value is None:
        return known
    return replace(known, value=reading.value, threshold=reading.threshold, summary=reading.summary)
