"""Triggers that brought a ``callback_url``: it is kept, to be called when everything they started has ended."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from precompute.admission import Receipt
from precompute.callbacks import Callback, Callbacks
from precompute.correlation import REQUEST_ID
from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.events import Event
from precompute.planner import Plan

_log = logging.getLogger(__name__)

NOT_CALLED = "callback_url is not called: PRECOMPUTE_CALLBACK_SECRET is not set, so nothing could prove who calls"
"""Said in the answer; the tasks themselves are not to be refused for it."""

MOST_KEPT = 100_000
"""Callbacks kept at a time, some 100 MB on the broker's server."""

NO_ROOM = f"callback_url is not called: {MOST_KEPT} callbacks wait already; ask for the status instead"


def call_back(
    plans: Sequence[Plan], receipts: Sequence[Receipt], *, callbacks: Callbacks | None, at: datetime
) -> list[Receipt]:
    """Keep the callbacks of what was just admitted; the receipts with their ids.

    Args:
        plans: As they were admitted.
        receipts: What became of them.
        callbacks: Where they are kept; None where nothing signs them. Then the receipts say so, as without room.
        at: Now.

    Raises:
        BrokerUnavailable: None was kept. What was admitted stays so, and is joined when the trigger comes again.
    """
    asked = {
        place: _callback(plan, at=at, url=plan.event.callback_url)
        for place, plan in enumerate(plans)
        if plan.event.callback_url
    }
    if not asked:
        return list(receipts)
    if callbacks is None or callbacks.waiting() + len(asked) > MOST_KEPT:
        flaws = (NOT_CALLED if callbacks is None else NO_ROOM,)
        return [replace(one, warnings=flaws) if place in asked else one for place, one in enumerate(receipts)]
    callbacks.ask(list(asked.values()))
    # Nobody ends a task of those any more, so nobody would notice.
    done = [callback.ref for place, callback in asked.items() if not receipts[place].queued]
    try:
        callbacks.notice(done)
    except (BrokerUnavailable, StoreUnavailable):
        _log.info("Callback noticed later", extra={"action": "callback_noticed_later"})
    return [replace(one, callback_id=asked[place].id) if place in asked else one for place, one in enumerate(receipts)]


def _callback(plan: Plan, *, at: datetime, url: str) -> Callback:
    event: Event = plan.event
    return Callback(
        id=f"cb_{uuid.uuid4().hex}",
        url=url,
        event=event.name,
        ref=event.ref,
        keys=tuple(task.key for task in plan.tasks if task.wanted),
        request_id=REQUEST_ID.get(),
        asked_at=at,
    )
