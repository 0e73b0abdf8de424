"""What was learned of results that were computed ahead; :mod:`precompute.usefulness` learns it for the service."""

from precompute.admission import Bounds, share_read
from precompute.reading_chance import REMEMBERED, Followed, turns

_DAY_S = 86400.0


class Experience:
    """Counts by action whether results were read that were computed ahead for it.

    Args:
        actions: How many there are.
        bounds: What an operator sets.
    """

    def __init__(self, actions: int, *, bounds: Bounds) -> None:
        self._bounds = bounds
        self._used = [0.0] * actions
        self._unused = [0.0] * actions
        self._followed = [Followed()] * actions
        self._turns: list[float] | None = None
        self._day = 0.0

    def pass_nights(self, now: float) -> None:
        """Forget as the service does every night (:func:`precompute.usefulness.forget_half`)."""
        if now // _DAY_S == self._day:
            return
        self._day = now // _DAY_S
        self._used = [count / 2 for count in self._used]
        self._unused = [count / 2 for count in self._unused]
        if any(one.settled > REMEMBERED for one in self._followed):
            self._followed = [one.after_a_night() for one in self._followed]
            self._turns = None

    def follow(self, action: int, *, used: bool, told: float) -> None:
        """A result that was computed ahead is read, or gone."""
        (self._used if used else self._unused)[action] += 1
        self._followed[action] = self._followed[action].with_one(used=used, told=told)
        self._turns = None

    def turns_of(self, action: int) -> float:
        """How many of a user's next actions may read its result."""
        if self._turns is None:
            every = Followed.of(self._followed)
            self._turns = [turns(one, all_types=every, bounds=self._bounds) for one in self._followed]
        return self._turns[action]

    def read_share(self, action: int) -> float:
        """Which share of what was computed ahead for it lately was read."""
        used = int(self._used[action])
        return share_read(made=used + int(self._unused[action]), used=used, bounds=self._bounds)
