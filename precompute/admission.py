"""Of a plan, what has to be done: drop what is fresh, join what is running, publish what can begin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from precompute.errors import BrokerUnavailable
from precompute.ledger import Admitted, Ledger, Verdict
from precompute.message import Dispatch, Message
from precompute.planner import Plan

_ON_ITS_WAY = (Verdict.JOINED, Verdict.QUEUED, Verdict.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a trigger started.

    Attributes:
        queued: Task ids by task type, of what is on its way, whether this trigger started it or another.
        cached: Task types that are fresh already.
    """

    queued: Mapping[str, str]
    cached: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether everything is there already."""
        return not self.queued


def admit(plan: Plan, *, ledger: Ledger, dispatch: Dispatch) -> Receipt:
    """Record and publish what the plan needs that is neither fresh nor on its way.

    Raises:
        BrokerUnavailable: Nothing could be published, and nothing was recorded.
        StoreUnavailable: The cache cannot be reached.
    """
    return admit_all([plan], ledger=ledger, dispatch=dispatch)[0]


def admit_all(plans: Sequence[Plan], *, ledger: Ledger, dispatch: Dispatch) -> list[Receipt]:
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
    )


def _message(admitted: Admitted, plan: Plan) -> Message:
    return Message(
        task_id=admitted.task_id,
        key=admitted.task.key,
        queue=admitted.task.queue.label,
        event=plan.event.to_json(),
        cause=plan.cause,
    )
