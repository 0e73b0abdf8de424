"""Somebody who knows the future: how few computations it takes so that nobody ever waits."""

from math import inf

from models.replay.policy import Plant
from models.replay.traffic import Traffic


def fewest(traffic: Traffic, *, plant: Plant) -> tuple[int, float]:
    """The fewest computations with which each scored read finds its result there, and the seconds they take.

    A result holds until its user changes something. Until then looking keeps it fresh, for nothing; after that it is
    still served for as long as its row's ages say. So a computation at one moment covers all reads until an end, and
    one at a later moment ends no earlier. For each result that is the problem of covering points with stretches, and
    the greedy answer is the best there is: begin the first at the first read, the next at the first read that is left,
    and so on. Any other choice has to begin its first stretch no later, so that it ends no later, and what is left to
    the others is no less. Results share no computations, so the sum is the least, whatever each costs.

    What the warm-up covered stays covered, as for everybody. It computes everything at the very moment it is needed,
    and has a worker for each: a bound that nobody can reach.

    Returns:
        How many, and the seconds of computing.
    """
    lives = [(row.ttl + row.grace).total_seconds() for row in plant.rows]
    changes = _next_changes(traffic, plant=plant)
    covered: dict[int, float] = {}
    count, seconds = 0, 0.0
    users, at, actions = traffic.users.tolist(), traffic.at.tolist(), traffic.actions.tolist()
    reads, ends = plant.reads, plant.ends
    for place, (user, action) in enumerate(zip(users, actions, strict=True)):
        for row in ends[action]:
            covered.pop(user * len(lives) + row, None)
        for row in reads[action]:
            key = user * len(lives) + row
            if at[place] >= covered.get(key, -inf):
                covered[key] = changes[place] + lives[row]
                if place >= traffic.scored_from:
                    count += 1
                    seconds += plant.costs_s[row]
    return count, seconds


def _next_changes(traffic: Traffic, *, plant: Plant) -> list[float]:
    """When each event's user next does something that changes what they see; infinite where they never do."""
    coming: dict[int, float] = {}
    changes = [inf] * len(traffic)
    users, at, actions = traffic.users.tolist(), traffic.at.tolist(), traffic.actions.tolist()
    for place in range(len(traffic) - 1, -1, -1):
        changes[place] = coming.get(users[place], inf)
        if plant.changing[actions[place]]:
            coming[users[place]] = at[place]
    return changes
