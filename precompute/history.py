"""What one user did lately, as far as a prediction has to know; lean, since it is read for each."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from precompute.facts import Action
from precompute.zones import utc_offset

Step = tuple[str, datetime]
"""An action's name, and when it was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A user's latest actions, in the order in which they were accepted, oldest first.

    Attributes:
        steps: They.
        fact_ids: Of each step, to tell whether another source knows the same one.
        zone: The user's time zone by its IANA name, where it was told.
    """

    steps: tuple[Step, ...] = ()
    fact_ids: tuple[str, ...] = ()
    zone: str | None = None

    @classmethod
    def of(cls, actions: Iterable[Action], *, zone: str | None = None) -> "History":
        """The history that consists of ``actions``."""
        actions = list(actions)
        steps = tuple((one.action, one.at) for one in actions)
        return cls(steps=steps, fact_ids=tuple(one.fact_id for one in actions), zone=zone)

    @property
    def most_frequent(self) -> str | None:
        """What the user did most often, of several the one done first; the guess of whoever knows no better."""
        counts = Counter(name for name, _ in self.steps)
        return counts.most_common(1)[0][0] if counts else None

    def utc_offset(self, *, at: datetime) -> timedelta | None:
        """How far the user's clock is ahead of UTC, where known."""
        return None if self.zone is None else utc_offset(self.zone, at=at)

    def after(self, stored: Iterable[Action]) -> "History":
        """This behind what the store knows: it lags behind by what is on its way to it, and this may have been evicted.

        Args:
            stored: The same user's, in the order accepted, oldest first.
        """
        before = list(stored)
        known = {one.fact_id for one in before}
        fresh = [place for place, fact_id in enumerate(self.fact_ids) if fact_id not in known]
        earlier = History.of(before)
        return History(
            steps=earlier.steps + tuple(self.steps[place] for place in fresh),
            fact_ids=earlier.fact_ids + tuple(self.fact_ids[place] for place in fresh),
            zone=self.zone,
        )
