"""Somebody who knows the future: how few computations it takes so that nobody ever waits."""

from models.replay.policy import Plant
from models.replay.traffic import Traffic


def fewest(traffic: Traffic, *, plant: Plant) -> tuple[int, float]:
    """The fewest computations with which each scored read finds its result there, and the seconds they take.

    Results are served for as long as by the rows' ages (fresh, then stale), so each computation covers the reads of a
    stretch of that length. For one result that is the problem of covering points with intervals of one length, and the
    greedy answer is the best there is: begin the first interval at the first read, the next at the first read after
    its end, and so on. No other choice reaches further with as many, as each interval begins as late as the first
    uncovered read allows; and results do not share intervals, so the sum over them is the least, whatever each costs.

    It computes as late as it can and has a worker for each, so that it never waits: a bound, which nobody has to reach.

    Returns:
        How many, and the seconds of computing.
    """
    lives = [(row.ttl + row.grace).total_seconds() for row in plant.rows]
    covered: dict[int, float] = {}
    count, seconds = 0, 0.0
    start = traffic.scored_from
    keys, at = traffic.keys()[start:].tolist(), traffic.at[start:].tolist()
    for key, now, action in zip(keys, at, traffic.actions[start:].tolist(), strict=True):
        if now >= covered.get(key, float("-inf")):
            covered[key] = now + lives[action]
            count += 1
            seconds += plant.costs_s[action]
    return count, seconds
