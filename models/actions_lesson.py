"""What users do next, learned from the platform's own log and held against its latest part."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from models.behaviour import Log
from models.lesson import Lesson, Losses, Report, too_few
from models.manifest import Lineage
from models.next_action import NextActionModel, countable, published
from models.next_action_fit import fit
from models.windows import LONGEST
from precompute.store import ActionLog, Facts
from precompute.zones import utc_offset

MOST_LEARNED = 60_000
"""Latest actions that are read: half a minute and 1.3 GB, so that a night has time and room for every kind of model."""

MANY_NAMES = 64
"""With more, each action takes up to twice the memory to learn from."""

MOST_OF_MANY_NAMES = 30_000
"""Latest actions that are learned from then."""

HELD_OUT = 0.2
"""Share of the actions, those that were accepted last."""

NEEDED_ACTIONS = 500
"""With fewer than a hundred to compare on, chance decides."""

SURE = 0.5
"""A prediction with a higher probability is acted on."""

LEAST = 1e-4
"""What was held to be less probable than this and came all the same costs no more."""

FEATURES = (
    "the user's last actions and their own Markov chains",
    "Markov chains of all users",
    "time since the last action",
    "hour and day of the week by the user's clock",
    "actions today and length of the session",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What a model told before each of some events.

    Attributes:
        shares: (n, n_columns) float32, the probability of each action.
        came: (n,) the column of what came, -1 for an action without one.
    """

    shares: NDArray[np.float32]
    came: NDArray[np.intp]

    @property
    def chance(self) -> NDArray[np.float64]:
        """(n,) what came was told to be so probable."""
        told = self.shares[np.arange(len(self.came)), np.maximum(self.came, 0)].astype(np.float64)
        return np.where(self.came >= 0, told, 0.0)

    @property
    def losses(self) -> Losses:
        """(n,) how surprising what came was, in nats; nobody lowers it by telling other than believed."""
        return -np.log(np.maximum(self.chance, LEAST))

    def metrics(self) -> Mapping[str, float]:
        """What the project's targets are about."""
        likeliest = np.argsort(-self.shares, axis=1, kind="stable")[:, :3]
        right = likeliest == self.came[:, None]
        top = self.shares[np.arange(len(self.came)), likeliest[:, 0]]
        sure = top > SURE
        squares = (self.shares.astype(np.float64) ** 2).sum(axis=1)
        figures = {
            "top_1": right[:, 0].mean(),
            "top_3": right.any(axis=1).mean(),
            "log_loss": self.losses.mean(),
            "brier": (squares - 2 * self.chance + 1).mean(),
            "coverage": sure.mean(),
            "precision": right[sure, 0].mean() if sure.any() else 0.0,
        }
        return {name: round(float(figure), 5) for name, figure in figures.items()}


def actions_lesson(facts: Facts, *, in_use: NextActionModel | None, learned_until: int = 0, report: Report) -> Lesson:
    """A model of the actions that were accepted first, held against those that were accepted last.

    What is compared is what is served: each model hears of each action before the next one, and knows of a user what
    they did before, in their own order.

    Args:
        facts: What users did.
        in_use: The model that the new one must beat; None where there is none, then what users do most often is.
        learned_until: The place of the last action that ``in_use`` was trained on (``learned_until_of``).
        report: Told of each step.

    Raises:
        ModelNotTrained: There are too few actions (``too_few_actions``).
        SourceUnavailable: The facts cannot be had now.
    """
    report("reading actions", 0.0)
    log, accepted = _read(facts)
    cut = round((1 - HELD_OUT) * len(log))
    learned = log[:cut]
    new = fit(learned, report=lambda step, share: report(step, 0.05 + 0.75 * share))
    report("holding it against the latest actions", 0.8)
    told = told_by(new, log, since=cut, learns=True)
    if in_use is None:
        before = _often(learned, log[cut:])
    else:
        heard = in_use.population_after(learned, start=bisect_right(accepted, learned_until, hi=cut))
        before = told_by(replace(in_use, population=heard), log, since=cut, learns=True)
    metrics = {
        **told.metrics(),
        "log_loss_before": round(float(before.losses.mean()), 5),
        "top_1_before": before.metrics()["top_1"],
        "actions_learned": cut,
        "users_learned": len(np.unique(learned.users)),
    }
    lineage = Lineage(data_sha256=hash_of(learned), features=FEATURES, metrics=metrics)
    kept = published(new, learned_until=accepted[cut - 1])
    return Lesson(model=kept, lineage=lineage, new=told.losses, current=before.losses)


def _read(facts: Facts) -> tuple[Log, Sequence[int]]:
    """What can be learned from, and the place of each of its actions in the order of acceptance."""
    stored = facts.action_log(most=MOST_LEARNED)
    log = log_of(stored)
    places = np.flatnonzero(countable(log))
    if len(places) < NEEDED_ACTIONS:
        what = "actions of users"
        raise too_few("actions", have=len(places), needed=NEEDED_ACTIONS, what=what, code="too_few_actions")
    if len(log.names) > MANY_NAMES:
        places = places[-MOST_OF_MANY_NAMES:]
    return log[places].with_names_that_occur(), [stored.accepted[place] for place in places.tolist()]


def log_of(log: ActionLog) -> Log:
    """The store's log for the model, by each user's own clock where that is known."""
    offsets = np.zeros(len(log.users))
    for place, user_id in enumerate(log.users):
        if (zone := log.zones.get(user_id)) is not None:
            ahead = utc_offset(zone, at=datetime.fromtimestamp(log.at_seconds[place], UTC))
            offsets[place] = ahead.total_seconds() if ahead else 0.0
    at = np.array(log.at_seconds, np.float64)
    return Log.from_columns(users=log.users, actions=log.actions, at=at, utc_offset=offsets)


def told_by(model: NextActionModel, log: Log, *, since: int, learns: bool = False) -> Told:
    """What a model would have told before each event of a log from place ``since`` on.

    Args:
        model: As it was trained.
        log: Of many users.
        since: A place in it.
        learns: Whether it hears of each of these events before the next, as it does where it is served.
    """
    # A model looks back so far and no farther, so what lies before that need not be gone through.
    asked = np.arange(len(log)) >= since
    used = asked | (_back_from(log, since) <= LONGEST)
    shares = model.follow(log[used], learns=learns, start=int(used[:since].sum()))
    places = {name: number for number, name in enumerate(model.columns(log))}
    columns = np.array([places.get(name, -1) for name in log.names], np.intp)
    return Told(shares=shares, came=columns[log.actions[since:]])


def _back_from(log: Log, cut: int) -> NDArray[np.intp]:
    """(n,) which of its user's events before ``cut`` each is, the last one 1; beyond all counting from ``cut`` on."""
    back = np.full(len(log), np.iinfo(np.intp).max)
    order = np.argsort(log.users[:cut], kind="stable")
    users = log.users[:cut][order]
    ends = np.searchsorted(users, users, side="right")
    back[order] = ends - np.arange(cut)
    return back


def _often(learned: Log, asked: Log) -> Told:
    """What is told by whoever only knows how often each action came."""
    counts = np.bincount(learned.actions, minlength=len(learned.names))
    shares = np.tile((counts / counts.sum()).astype(np.float32), (len(asked), 1))
    return Told(shares=shares, came=asked.actions.astype(np.intp))


def hash_of(log: Log) -> str:
    """Of all that a model learns from a log."""
    found = sha256(repr(log.names).encode())
    for column in (log.users, log.actions, log.at, log.utc_offset):
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()
