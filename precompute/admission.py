"""Which work is let in: what is worth computing ahead, what there is room for, and of a plan what has to be done.

What it is worth is decided by functions of numbers alone, so that a replay of a log (``precompute replay``) runs the
very same policy as the service. ``docs/admission.md`` derives it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from precompute.errors import BrokerUnavailable
from precompute.ledger import Admitted, Ledger, Verdict
from precompute.message import Message, Publish
from precompute.planner import Cause, Plan
from precompute.settings import Settings

_ON_ITS_WAY = (Verdict.JOINED, Verdict.QUEUED, Verdict.WAITING)

REFRESHES_AT = 5
"""Refreshes are refused at this many times the backlog at which predicted work is: what they keep fresh is being read,
which of predicted work is only likely."""

PRIOR_WEIGHT = 20
"""The assumption counts as much as this many results seen, so that ten unread ones in a row change nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What an operator sets.

    Attributes:
        prediction_threshold: Work is queued for actions more probable than this when nothing waits.
        most_waiting: Predicted work is refused while this many tasks wait.
        most_waiting_events: Events are refused while this many tasks wait.
        predictions_per_user: Most results queued ahead for one user within an hour.
    """

    prediction_threshold: float = 0.5
    most_waiting: int = 100
    most_waiting_events: int = 50_000
    predictions_per_user: int = 20

    @classmethod
    def of(cls, settings: Settings) -> "Bounds":
        """As they are set."""
        return cls(
            prediction_threshold=settings.prediction_threshold,
            most_waiting=settings.most_waiting,
            most_waiting_events=settings.most_waiting_events,
            predictions_per_user=settings.predictions_per_user,
        )


DEFAULT = Bounds()
"""The settings' own defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy the workers are.

    Attributes:
        waiting: Tasks that have not begun and will be taken up before or with the one in question: those on queues as
            urgent as its own, or more. What waits behind it delays nobody.
    """

    waiting: int

    def share(self, bounds: Bounds) -> float:
        """0 when nothing waits, 1 when as much waits as predicted work is let in to."""
        return min(1.0, max(0, self.waiting) / max(1, bounds.most_waiting))


def may_queue(cause: Cause, load: Load, *, bounds: Bounds = DEFAULT) -> bool:
    """Whether there is room for work of that cause: predicted is refused first, then refreshes, events last."""
    limits = {Cause.EVENT: bounds.most_waiting_events, Cause.REFRESH: REFRESHES_AT * bounds.most_waiting}
    # Events are the last to be refused, also where somebody sets a low bound for them.
    return load.waiting < min(limits.get(cause, bounds.most_waiting), bounds.most_waiting_events)


def prior_share(bounds: Bounds = DEFAULT) -> float:
    """The share read that is assumed before anything was seen: the mean of calibrated probabilities that are let in."""
    return (1.0 + bounds.prediction_threshold) / 2


def threshold(load: Load, read_share: float | None = None, *, bounds: Bounds = DEFAULT) -> float:
    """The probability above which an action is prepared for.

    ``1 - (1 - rest) * (1 - load) * trust``: ``rest`` is the setting, 0.5; ``load`` the share of the backlog that
    predicted work is let in to; ``trust`` is ``read_share / rest``, at most 1: the setting is what a second of
    computing is worth in seconds of waiting, so a type pays for itself when such a share of it is read. With nothing
    waiting and that read it is ``rest``; with a full backlog it is 1, which nothing exceeds.

    Args:
        load: What waits now.
        read_share: Of the results of this type that were computed ahead, the share that was read (:func:`share_read`);
            None: nothing is known of it.
        bounds: What the operator set.
    """
    share = prior_share(bounds) if read_share is None else max(0.0, read_share)
    # Where computing costs nothing, it pays though nothing is read.
    trust = min(1.0, share / bounds.prediction_threshold) if bounds.prediction_threshold > 0 else 1.0
    return 1.0 - (1.0 - bounds.prediction_threshold) * (1.0 - load.share(bounds)) * trust


def net_benefit(
    probability: float,
    *,
    wait_s: float,
    cost_s: float,
    load: Load,
    read_share: float | None = None,
    bounds: Bounds = DEFAULT,
) -> float:
    """Seconds of waiting that computing a result ahead saves, less what it costs: what is best first is done first.

    ``probability * wait_s - cost_s * threshold(load, read_share)``. The threshold is the price of a second of
    computing, in seconds of waiting: half a second at rest, a whole one with a full backlog.

    Args:
        probability: That the user does what reads the result; 0 to 1.
        wait_s: What the reader would wait if it was not computed ahead, seconds.
        cost_s: What computing it takes, seconds.
        load: What waits now.
        read_share: See :func:`threshold`.
        bounds: What the operator set.
    """
    return probability * wait_s - cost_s * threshold(load, read_share, bounds=bounds)


def worth(
    probability: float,
    *,
    wait_s: float,
    cost_s: float,
    load: Load,
    read_share: float | None = None,
    bounds: Bounds = DEFAULT,
) -> bool:
    """Whether a result is computed ahead: there is room, and :func:`net_benefit` is positive.

    Whatever the balance says, nothing is let in at or below the setting's probability.
    """
    if probability <= bounds.prediction_threshold or not may_queue(Cause.PREDICTION, load, bounds=bounds):
        return False
    found = net_benefit(probability, wait_s=wait_s, cost_s=cost_s, load=load, read_share=read_share, bounds=bounds)
    return found > 0


def share_read(*, made: int, used: int, bounds: Bounds = DEFAULT) -> float:
    """Which share of a kind of results is read, as far as can be told from ``used`` of ``made``.

    The mean of a Beta distribution with the prior of :func:`prior_share` and :data:`PRIOR_WEIGHT`: few observations
    change little, many outweigh it.
    """
    seen = max(made, used, 0)
    return (min(used, seen) + prior_share(bounds) * PRIOR_WEIGHT) / (seen + PRIOR_WEIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a trigger started.

    Attributes:
        queued: Task ids by task type, of what is on its way, whether this trigger started it or another.
        cached: Task types that are fresh already.
        failed: Task ids by task type, of what failed a moment ago and is not tried again yet.
        callback_id: Of the callback that follows when all of it has ended; empty when none does.
        warnings: What of the trigger has no effect, and why.
    """

    queued: Mapping[str, str]
    cached: tuple[str, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    callback_id: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether everything is there already."""
        return not self.queued and not self.failed


def admit(plan: Plan, *, ledger: Ledger, dispatch: Publish) -> Receipt:
    """Record and publish what the plan needs that is neither fresh nor on its way.

    Raises:
        BrokerUnavailable: Nothing could be published, and nothing was recorded.
        StoreUnavailable: The cache cannot be reached.
    """
    return admit_all([plan], ledger=ledger, dispatch=dispatch)[0]


def admit_all(plans: Sequence[Plan], *, ledger: Ledger, dispatch: Publish) -> list[Receipt]:
    """The same for several plans, published at one go; a receipt for each, in their order.

    Raises:
        BrokerUnavailable: Not everything could be published, and nothing was recorded.
        StoreUnavailable: The cache cannot be reached.
    """
    admitted = [ledger.admit(plan) for plan in plans]
    pairs = [(one, plan) for plan, tasks in zip(plans, admitted, strict=True) for one in tasks]
    try:
        dispatch([_message(one, plan) for one, plan in pairs if one.verdict is Verdict.QUEUED])
    except BrokerUnavailable:
        ledger.withdraw(one for one, _ in pairs if one.verdict in (Verdict.QUEUED, Verdict.WAITING))
        raise
    return [_receipt(tasks) for tasks in admitted]


def _receipt(admitted: Sequence[Admitted]) -> Receipt:
    wanted = [one for one in admitted if one.task.wanted]
    return Receipt(
        queued={one.task.row.name: one.task_id for one in wanted if one.verdict in _ON_ITS_WAY},
        cached=tuple(one.task.row.name for one in wanted if one.verdict is Verdict.FRESH),
        failed={one.task.row.name: one.task_id for one in wanted if one.verdict is Verdict.FAILED},
    )


def _message(admitted: Admitted, plan: Plan) -> Message:
    return Message(
        task_id=admitted.task_id,
        key=admitted.task.key,
        queue=admitted.task.queue.label,
        event=plan.event.to_json(),
        cause=plan.cause,
        expires_at=admitted.expires_at,
    )
