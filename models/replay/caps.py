"""No more is computed ahead for one user within an hour than an operator allows."""

from precompute.anticipation import CAP_WITHIN


class Caps:
    """Counts what was let in, by user.

    Args:
        most: Within :data:`precompute.anticipation.CAP_WITHIN` from the first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._granted: dict[int, tuple[float, int]] = {}

    def allow(self, user: int, now: float) -> bool:
        """Whether one more is; then it is counted."""
        since, count = self._granted.get(user, (now, 0))
        if now - since >= CAP_WITHIN.total_seconds():
            since, count = now, 0
        if count >= self._most:
            return False
        self._granted[user] = (since, count + 1)
        return True
