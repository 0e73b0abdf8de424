"""What callers say happened, one trigger or a thousand at once: checked, planned, admitted, published and recorded."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from precompute.addresses import Network, refusal_of
from precompute.admission import DEFAULT, Bounds, Receipt, admit_all
from precompute.callbacks import Callbacks
from precompute.calling_back import call_back
from precompute.catalogue import Catalogue
from precompute.clean_text import cleaned
from precompute.errors import BadParameters, UnknownPrecomputation
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.fingerprint import fingerprint_of, fingerprint_of_brief, title_of
from precompute.ledger import Ledger
from precompute.load import Backlog, check_room
from precompute.media import locate_video
from precompute.memory import Memory
from precompute.message import Dispatch
from precompute.planner import Plan, plan

_log = logging.getLogger(__name__)

_HTTP = re.compile(r"https?:", re.IGNORECASE)

_NO_TEXT = frozenset({"url"})
"""A video's address is looked at as it is, and refused where it holds what no address does."""

Refusal = BadParameters | UnknownPrecomputation
"""Why one trigger was not taken, while those beside it were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Something that happened, as a caller says.

    Attributes:
        kind: What.
        subject_id: To which video, campaign or user.
        user_id: Who did it.
        data: What came along.
        priority: 1 to 10; None for each row's own queue.
        callback_url: Called when everything that this starts has ended.
    """

    kind: type[VideoUploaded] | type[CampaignCreated] | type[UserLoggedIn]
    subject_id: str
    user_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    priority: int | None = None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Takes triggers in.

    Attributes:
        catalogue: The task types in force.
        ledger: The tasks.
        dispatch: Puts messages on their queues.
        memory: Keeps what the triggers say.
        media_root: Where videos without a URL lie.
        backlog: What waits already.
        bounds: How much may.
        allowed: Addresses that a trigger may name though they are not public.
        callbacks: Who is told when what a trigger started has ended; None where nobody is.
    """

    catalogue: Catalogue
    ledger: Ledger
    dispatch: Dispatch
    memory: Memory
    media_root: Path
    backlog: Backlog
    bounds: Bounds = DEFAULT
    allowed: tuple[Network, ...] = ()
    callbacks: Callbacks | None = None

    def take(self, triggers: Sequence[Trigger]) -> list[Receipt | Refusal]:
        """A receipt or a refusal for each trigger, in their order; a refusal leaves the others alone.

        Raises:
            Backlogged: So much waits that nothing was started.
            BrokerUnavailable, StoreUnavailable: Nothing was started.
        """
        planned = [self._planned(trigger) for trigger in triggers]
        plans = [one for one in planned if isinstance(one, Plan)]
        for one in plans:
            tasks = [task.row.name for task in one.tasks]
            _log.info("Event planned", extra={"action": "event_planned", "subject": str(one.event.ref), "tasks": tasks})
        for queue in {task.queue for one in plans for task in one.tasks}:
            check_room(self.backlog, queue, bounds=self.bounds)
        recording = self.memory.recording(one.event for one in plans)
        # A trigger that is refused comes again, and then joins what was admitted, but must not be recorded twice: what
        # is said is accepted with what may be refused last.
        calls = any(one.event.callback_url for one in plans)
        dispatch = self.dispatch if calls else recording.beside(self.dispatch)
        receipts = admit_all(plans, ledger=self.ledger, dispatch=dispatch)
        receipts = call_back(plans, receipts, callbacks=self.callbacks, at=self.ledger.cache.clock())
        recording.finish()
        for one, receipt in zip(plans, receipts, strict=True):
            _tell(one.event, receipt)
        left = iter(receipts)
        return [next(left) if isinstance(one, Plan) else one for one in planned]

    def _planned(self, trigger: Trigger) -> Plan | Refusal:
        try:
            check_addresses(trigger, allowed=self.allowed)
            event = event_of(trigger, media_root=self.media_root)
            rows = self.catalogue.started_by(type(event))
            if not rows:
                raise UnknownPrecomputation(f"no task type starts with {event.name}")
            extra = {"trigger": event.name, "subject": str(event.ref), "user": event.user_id}
            _log.info("Event received", extra={"action": "event_received", **extra})
            return plan(event, catalogue=self.catalogue, rows=rows, priority=trigger.priority)
        except (BadParameters, UnknownPrecomputation) as refusal:
            return refusal


def check_addresses(trigger: Trigger, *, allowed: Iterable[Network] = ()) -> None:
    """Refuse at once what will never be called; names are looked up when they are called.

    Raises:
        BadParameters: A URL leads to a private or local address, or holds a login; names the field.
    """
    allowed = tuple(allowed)
    url = trigger.data.get("url") if trigger.kind is VideoUploaded else None
    # Other schemes, and paths, are told apart where the video is located.
    of_video = url.strip() if isinstance(url, str) and _HTTP.match(url.strip()) else None
    for field_name, named in (("video_data.url", of_video), ("callback_url", trigger.callback_url)):
        problem = refusal_of(named, allowed=allowed) if named else None
        if problem is not None:
            raise BadParameters(f"{field_name} {problem}", fields={field_name: [problem]})


def event_of(trigger: Trigger, *, media_root: Path) -> Event:
    """What happened, with a fingerprint of what is computed from.

    Raises:
        BadParameters: An id, the URL or the path does not fit, or there is no such video; names the field.
    """
    event = trigger.kind(
        subject_id=trigger.subject_id,
        user_id=trigger.user_id,
        data=cleaned(trigger.data, but=_NO_TEXT),
        callback_url=trigger.callback_url,
    )
    if isinstance(event, VideoUploaded):
        source = locate_video(event, media_root=media_root)
        return replace(event, fingerprint=fingerprint_of(source, title=title_of(event)))
    if isinstance(event, CampaignCreated):
        return replace(event, fingerprint=fingerprint_of_brief(event.data))
    return event


def _tell(event: Event, receipt: Receipt) -> None:
    extra = {"subject": str(event.ref), "queued": sorted(receipt.queued), "cached": sorted(receipt.cached)}
    _log.info("Event admitted", extra={"action": "event_admitted", "trigger": event.name, **extra})
