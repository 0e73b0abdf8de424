"""How a replay is written down: the columns of its table, and the sentences around it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from models.replay.figures import Figures
from models.replay.replay import EACH_REQUEST, Replay

HIT_RATE_WANTED = 0.95
"""Reads that are served without a wait, for the summary."""

COLUMNS: Sequence[tuple[str, str, Callable[[Figures], str]]] = (
    ("hits", "reads served at once, fresh or stale", lambda line: f"{line.hit_rate:.1%}"),
    ("stale", "reads served at once, but stale", lambda line: f"{line.stale_rate:.1%}"),
    ("mean wait", "over all reads", lambda line: f"{line.mean_wait_s:.3f} s"),
    ("p95 wait", "95 of 100 reads waited no longer", lambda line: f"{line.p95_wait_s:.2f} s"),
    ("computed", "computations for each read", lambda line: f"{line.computations:.3f}"),
    ("compute", "seconds of the workers for each read, checks among them", lambda line: f"{line.compute_s:.3f} s"),
    ("wasted", "share of the computations that nobody read", lambda line: f"{line.wasted:.1%}"),
    ("checks", "looks whether a result still holds, for each read", lambda line: f"{line.checks:.2f}"),
    (
        "saved",
        "waiting saved, of computing at each request; the oracle saves all of it",
        lambda line: f"{line.saved:.1%}",
    ),
    ("on top", "waiting saved, of what a cache on demand leaves", lambda line: f"{line.saved_of_on_demand:.1%}"),
)
"""Heading, what it says, and the cell."""


def summary(found: Replay) -> str:
    """The sentence that answers what a replay is for."""
    good = [line for line in found.ours if line.hit_rate >= HIT_RATE_WANTED]
    whole = found.line(EACH_REQUEST)
    if good:
        best = min(good, key=lambda line: line.compute_s)
        return (
            f"{best.hit_rate:.1%} of reads are served at once with a threshold of {best.threshold:g}, with "
            f"{1 - best.computations / whole.computations:.0%} fewer computations than one for each request and "
            f"{best.saved:.1%} of the waiting that somebody who knows the future saves with as much compute."
        )
    if not found.ours:
        return "No threshold was tried."
    best = max(found.ours, key=lambda line: line.hit_rate)
    return f"At most {best.hit_rate:.1%} of reads are served at once, with a threshold of {best.threshold:g}."


def about(found: Replay) -> list[str]:
    """What was replayed, in sentences."""
    warm = 1 - found.reads / found.events
    told = [
        f"{found.events:,} events of {found.users:,} users, {found.actions} different actions, "
        f"{_day(found.first_s)} to {_day(found.last_s)}.",
        f"The first {warm:.0%} ({found.events - found.reads:,} events, until {_day(found.scored_s)}) only warm up "
        f"cache and model; the {found.reads:,} reads after them count.",
    ]
    if found.resolution_s > 1:
        told.append(
            f"Times are exact to {found.resolution_s:g} s; actions of a user at one instant are spread evenly over it."
        )
    if found.hindsight:
        told.append("The model in use may have learned from this very log: then its figures flatter it.")
    return told


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
