"""What everything is measured by: nothing is kept, so each request is computed while its reader waits."""

from heapq import heapify, heapreplace

from models.replay.policy import Plant
from models.replay.tally import Tally
from models.replay.traffic import Traffic
from precompute.planner import Cause


def compute_each(traffic: Traffic, *, plant: Plant) -> Tally:
    """One computation for each read, by the first worker that is free."""
    tally = Tally(len(traffic))
    free = [float("-inf")] * plant.workers
    heapify(free)
    reads = plant.reads
    for place, (now, action) in enumerate(zip(traffic.at.tolist(), traffic.actions.tolist(), strict=True)):
        if place == traffic.scored_from:
            tally.begin()
        for row in reads[action]:
            ends = max(now, free[0]) + plant.costs_s[row]
            heapreplace(free, ends)
            tally.computed(Cause.EVENT, plant.costs_s[row])
            # Whoever reads several results waits for the last of them.
            tally.waited(place, max(float(tally.waits_s[place]), ends - now))
    return tally
