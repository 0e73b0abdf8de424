"""The shape of a language's phrases: what ``phrases_en.py`` and its sisters hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_EITHER = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")

CASUAL = "~"
"""A phrase that begins with it is left out where the tone is formal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The words of one language.

    Phrases hold slots (``{product}``), filled only where the brief says something for them; ``[du|Sie]`` is the
    familiar and the formal way of saying it. None claims what no brief has said: no figures, no reviews, no deadlines.

    Attributes:
        language: ISO 639-1.
        headlines: By angle; most specific first. At least five without slots for each angle.
        openings: First sentences of primary texts, by angle.
        closings: Last sentences of primary texts, by tone.
        toned: More headlines, by tone and angle, for that tone only.
        actions: Words on the button, by the action's name.
        stages: How near an audience is to buying, by the stage's name.
        everyone: The audience when the brief names none.
        discount: ``{percent}`` off.
    """

    language: str
    headlines: Mapping[str, tuple[str, ...]]
    openings: Mapping[str, tuple[str, ...]]
    closings: Mapping[str, tuple[str, ...]]
    toned: Mapping[str, Mapping[str, str]]
    actions: Mapping[str, str]
    stages: Mapping[str, str]
    everyone: str
    discount: str


def slots_of(phrase: str) -> frozenset[str]:
    """The names of the slots in ``phrase``."""
    return frozenset(_SLOT.findall(phrase))


def addressed(phrase: str, *, formal: bool) -> str | None:
    """``phrase`` as a formal or a familiar reader is addressed; None when it is too casual for a formal one."""
    if phrase.startswith(CASUAL):
        if formal:
            return None
        phrase = phrase.removeprefix(CASUAL)
    return _EITHER.sub(lambda either: either[2] if formal else either[1], phrase)
