"""What is counted while a log is replayed."""

from collections import Counter

import numpy as np

from precompute.planner import Cause

_HIT, _STALE, _WAITED = 1, 2, 3


class Tally:
    """The counts of one policy.

    Reads are kept one by one; what is computed counts between :meth:`begin` and :meth:`close`.

    Args:
        reads: How many there are in all.
    """

    def __init__(self, reads: int) -> None:
        self.waits_s = np.zeros(reads, np.float32)
        self._fates = bytearray(reads)
        self.counting = False
        self.computations: Counter[Cause] = Counter()
        self.made: Counter[Cause] = Counter()
        self.used: Counter[Cause] = Counter()
        self.unread: Counter[Cause] = Counter()
        self.compute_s = 0.0
        self.wasted_s = 0.0
        self.checks = 0

    def begin(self) -> None:
        """From here on it counts."""
        self.counting = True

    def close(self) -> None:
        """The log has ended."""
        self.counting = False

    def hit(self, place: int, *, stale: bool) -> None:
        """A read was served at once."""
        self._fates[place] = _STALE if stale else _HIT

    def waited(self, place: int, seconds: float) -> None:
        """A read was served after a wait."""
        self._fates[place] = _WAITED
        self.waits_s[place] = seconds

    def computed(self, cause: Cause, seconds: float) -> None:
        """A computation began."""
        if self.counting:
            self.computations[cause] += 1
            self.compute_s += seconds

    def checked(self, seconds: float, *, times: int = 1) -> None:
        """Somebody looked whether a result still holds."""
        if self.counting:
            self.checks += times
            self.compute_s += times * seconds

    def hits(self, scored_from: int) -> int:
        """How many reads were served at once, fresh or stale."""
        fates = self._fates[scored_from:]
        return fates.count(_HIT) + fates.count(_STALE)

    def stale_hits(self, scored_from: int) -> int:
        """How many of them were stale."""
        return self._fates[scored_from:].count(_STALE)

    def served(self, place: int) -> bool:
        """Whether one read was served at once."""
        return self._fates[place] in (_HIT, _STALE)
