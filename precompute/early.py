"""How much earlier than need be a read starts a refresh, so that of many readers one does and no other waits."""

import math
import random


def draw_earliness() -> float:
    """``-ln(u)`` with ``u`` drawn from (0, 1]: exponential with mean 1, XFetch's with ``beta`` 1.

    A read at ``now`` refreshes early when ``now + cost * draw >= stale``: the nearer the end and the dearer the result,
    the likelier, so that of many readers of a hot key one is early enough and the others never find it stale
    (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention, VLDB 2015).
    """
    return -math.log(1.0 - random.random())  # noqa: S311 - nobody gains by guessing it
