"""What was learned from the platform's outcomes, kept in the process and learned anew when there are more."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from models.funnel import FUNNEL, VIDEO_CTR, RateKind
from models.roas import RoasModel, roas_model
from models.tallies import DAY, Tallies, tallies_of
from precompute.store import Facts
from precompute.subjects import Subject

GROWTH = 0.01
"""More outcomes by this share are learned from anew; fewer change what is learned by less than can be told apart."""

_KINDS: Mapping[Subject, Mapping[str, RateKind]] = {Subject.CAMPAIGN: FUNNEL, Subject.VIDEO: {"ctr": VIDEO_CTR}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """All outcomes of a kind of subject, and what they say.

    Attributes:
        reported: How many there were.
        tallies: By line.
        model: Learned from them.
    """

    reported: int
    tallies: Tallies
    model: RoasModel


def platform_of(facts: Facts, subject: Subject) -> Platform:
    """What the outcomes of campaigns or videos say now, at most :data:`GROWTH` of them left out.

    Predictions have to fit right after outcomes came in, so this does not wait for the nightly training.

    Raises:
        SourceUnavailable: The facts cannot be had now.
    """
    known = _known().setdefault(facts, {})
    reported, before = facts.reported(subject), known.get(subject)
    if before is None or not before.reported <= reported <= before.reported * (1 + GROWTH):
        tallies = tallies_of(facts.lines(subject, step=DAY))
        model = roas_model(tallies, kinds=_KINDS[subject])
        known[subject] = before = Platform(reported=reported, tallies=tallies, model=model)
    return before


@functools.cache
def _known() -> WeakKeyDictionary[Facts, dict[Subject, Platform]]:
    return WeakKeyDictionary()
