"""What was learned from the platform's outcomes, kept in the process and learned anew when there are more."""

import functools
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from models.rates_lesson import KINDS, variability_in
from models.registry import LoadedModel, ModelKind, Registry, usable
from models.roas import RoasModel, roas_model
from models.tallies import DAY, Tallies, tallies_of
from precompute.store import Facts
from precompute.subjects import Subject

GROWTH = 0.01
"""More outcomes by this share are learned from anew; fewer change what is learned by less than can be told apart."""

_TRAINED = {Subject.CAMPAIGN: ModelKind.ROAS, Subject.VIDEO: ModelKind.CTR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """All outcomes of a kind of subject, and what they say.

    Attributes:
        reported: How many there were.
        tallies: By line.
        model: Learned from them.
        taught: The trained model in use then, or None.
    """

    reported: int
    tallies: Tallies
    model: RoasModel
    taught: LoadedModel | None


def platform_of(facts: Facts, subject: Subject, *, registry: Registry) -> Platform:
    """What the outcomes of campaigns or videos say now, at most :data:`GROWTH` of them left out.

    Where rates stand is learned here and now: predictions have to fit right after outcomes came in, so that does not
    wait for the night. How they vary says the trained model in use, if there is one that fits; else it is learned here
    too. A model that comes into use is taken over at the next question.

    Raises:
        SourceUnavailable: The facts cannot be had now.
    """
    known = _known().setdefault(facts, {})
    taught = usable(registry, _TRAINED[subject])
    reported, before = facts.reported(subject), known.get(subject)
    fits = before is not None and before.reported <= reported <= before.reported * (1 + GROWTH)
    if before is None or not fits or before.taught is not taught:
        tallies = tallies_of(facts.lines(subject, step=DAY))
        model = _model_of(tallies, subject, taught=taught)
        known[subject] = before = Platform(reported=reported, tallies=tallies, model=model, taught=taught)
    return before


def _model_of(tallies: Tallies, subject: Subject, *, taught: LoadedModel | None) -> RoasModel:
    variability = variability_in(taught.model, tallies=tallies) if taught else None
    return roas_model(
        tallies,
        kinds=KINDS[subject],
        variability=variability,
        trained=taught.version.version if taught else "",
    )


@functools.cache
def _known() -> WeakKeyDictionary[Facts, dict[Subject, Platform]]:
    return WeakKeyDictionary()
