"""How likely a result that is there for a user's next action is read before it goes.

A model tells what comes *next*. A result that was computed for it stays for hours or days, and is as good for the
action after next, and for the one after that. So the chance that somebody reads it is larger than the probability of
the next action. Were those actions drawn anew each time, ``k`` of them would read it with ``1 - (1 - p) ** k``. Nobody
knows ``k``, but what became of results that were computed ahead tells it: a share ``r`` of them was read, and the model
had told ``p`` of them on average, so ``k = log(1 - r) / log(1 - p)``. Measured on the log of
``docs/replay.md``: of results computed at ``p`` of 0.2 to 0.3, 54 of 100 were read; at 0.3 to 0.4, 70; at 0.5 to 0.6,
82; which is a ``k`` of 2 to 3.5.

Pure, so that a replay of a log takes the same chances as the service.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from precompute.admission import DEFAULT, PRIOR_WEIGHT, Bounds, prior_share

MOST_TURNS = 4.0
"""No type's results are taken to get more turns: at the threshold of 0.5, what comes next with 0.16 or less is never
prepared for."""

REMEMBERED = 200
"""What was learned of so many results is never forgotten for others: a platform on which few are computed ahead each
day would else know no more than on its first."""

_SURE = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What became of results that were computed ahead and are read or gone.

    Attributes:
        settled: How many.
        used: How many of them were read.
        told: The probabilities that were told of them, added up.
    """

    settled: float = 0.0
    used: float = 0.0
    told: float = 0.0

    @classmethod
    def of(cls, parts: Iterable["Followed"]) -> "Followed":
        """All of them."""
        every = list(parts)
        return cls(
            settled=sum(one.settled for one in every),
            used=sum(one.used for one in every),
            told=sum(one.told for one in every),
        )

    def with_one(self, *, used: bool, told: float) -> "Followed":
        """These and one more."""
        return Followed(settled=self.settled + 1, used=self.used + used, told=self.told + told)

    def after_a_night(self) -> "Followed":
        """What of it counts on."""
        share = share_kept(self.settled)
        return Followed(settled=self.settled * share, used=self.used * share, told=self.told * share)

    def behind(self, share: float, told: float) -> tuple[float, float]:
        """Share read and mean probability, with as much of what was assumed before as :data:`PRIOR_WEIGHT` says."""
        weight = self.settled + PRIOR_WEIGHT
        return (self.used + share * PRIOR_WEIGHT) / weight, (self.told + told * PRIOR_WEIGHT) / weight


def turns(own: Followed, *, all_types: Followed, bounds: Bounds = DEFAULT) -> float:
    """How many of a user's next actions may read a result: ``k``, from 1 to :data:`MOST_TURNS`.

    A type of which little is known is like all others; while nothing is known of any, a result is for the very next
    action alone. Less than that is not told here: what is seldom read has its threshold raised
    (:func:`precompute.admission.threshold`).
    """
    prior = prior_share(bounds)
    share, told = own.behind(*all_types.behind(prior, prior))
    share, told = min(share, _SURE), min(max(told, 1.0 - _SURE), _SURE)
    return min(MOST_TURNS, max(1.0, math.log1p(-share) / math.log1p(-told)))


def chance_read(probability: float, *, turns: float, at_login: bool = False) -> float:
    """The chance that a result is read that the next action reads with ``probability``, or one of those after it.

    Right after a login it is that of the next action: users who log in are told which actions are more probable than
    the setting, and that these alone are prepared for.
    """
    return probability if at_login else 1.0 - math.pow(1.0 - min(1.0, probability), turns)


def least_probability(chance: float, *, turns: float = MOST_TURNS) -> float:
    """The probability of the next action at which the chance of being read is ``chance``."""
    return 1.0 - math.pow(1.0 - min(1.0, chance), 1.0 / turns)


def share_kept(settled: float) -> float:
    """Which share of what was learned counts on after a night: half of it, but never less than :data:`REMEMBERED`."""
    return max(0.5, min(1.0, REMEMBERED / settled)) if settled > 0 else 1.0
