"""What everybody did lately, in one order for all processes: each of them learns from it what the others were told.

A stream on the cache's server (``pc:done``), written in the same step as the users' own lists (``lua/remember.lua``).
Its entries are numbered without a gap as long as it is there, so that whoever read it up to one of them can tell
whether anything is missing since: it was cut off, evicted or lost, and they have to begin anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from precompute.history import Step

KEY = "pc:done"

MOST_KEPT = 10_000
"""Actions kept, about two megabytes: whoever has not looked for so many has to begin anew."""

AT_ONCE = 500
"""Entries that are read with a question: learning from them takes some milliseconds."""

START = (0, 0)
"""The place before the first entry of any chronicle."""

_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_000

Place = tuple[int, int]
"""When the chronicle was begun (ms), and the number of an entry in it, from 1."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Somebody did something.

    Attributes:
        place: Of the entry.
        fact_id: Of the action.
        before: What the same user did before, oldest first, as far as everybody's chains look: the last three actions,
            and one of each run before them up to the third run.
        action: What was done.
        at: When.
    """

    place: Place
    fact_id: str
    before: tuple[Step, ...]
    action: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What came since a place.

    Attributes:
        since: The place.
        deeds: In their order.
        whole: Whether nothing is missing between the place and the first of them.
    """

    since: Place
    deeds: Sequence[Deed]
    whole: bool

    @property
    def more(self) -> bool:
        """Whether there may be more after them."""
        return len(self.deeds) >= AT_ONCE


EVERYTHING = ("XRANGE", KEY, "-", "+")
"""The command whose answer :func:`deeds_in` reads."""


def asked(since: Place) -> tuple[Any, ...]:
    """The command whose answer :func:`news` reads.

    Args:
        since: The place up to which all is known.
    """
    # The entry at the place itself comes, too: it proves that it is still the same chronicle.
    start = "-" if since == START else "{}-{}".format(*since)
    return ("XRANGE", KEY, start, "+", "COUNT", AT_ONCE + 1)


def news(answer: Sequence[Any], *, since: Place) -> News:
    """What an answer to :func:`asked` says."""
    deeds = deeds_in(answer)
    if since == START:
        return News(since=since, deeds=deeds, whole=not deeds or deeds[0].place[1] == 1)
    return News(since=since, deeds=deeds[1:], whole=bool(deeds) and deeds[0].place == since)


def deeds_in(answer: Sequence[Any]) -> list[Deed]:
    """The entries that the server tells."""
    return [_deed(entry_id, fields) for entry_id, fields in answer]


def _deed(entry_id: bytes, fields: Sequence[bytes]) -> Deed:
    born, _, number = entry_id.partition(b"-")
    fact_id, at_ms, action, *before = orjson.loads(fields[1])
    steps = [(name, _instant(moment)) for name, moment in zip(before[::2], before[1::2], strict=True)]
    return Deed(
        place=(int(born), int(number)),
        fact_id=fact_id,
        before=tuple(reversed(steps)),
        action=action,
        at=_instant(at_ms),
    )


def _instant(at_ms: float) -> datetime:
    # The server's scripts know fourteen digits, so the last instant of the year 9999 comes back as one of the next.
    return datetime.fromtimestamp(min(max(at_ms, _FIRST_MS), _LAST_MS) / 1000, UTC)
