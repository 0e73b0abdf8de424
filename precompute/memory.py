"""What must not be forgotten goes in here: before its caller is answered, and without waiting for the database."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from precompute.catalogue import PREDICTED_ACTIONS
from precompute.clock import Clock, system_clock
from precompute.errors import StoreUnavailable
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.facts import Action, CampaignFact, Fact, UserFact, VideoFact
from precompute.message import Dispatch, Message, Publish
from precompute.needs import remembering
from precompute.recent import RecentActions
from precompute.sightings import Sightings
from precompute.stream import FactStream, lines_of
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType
from precompute.zones import known_zone

_log = logging.getLogger(__name__)

ACTION_OF: Mapping[type[Event], str] = {
    VideoUploaded: "video_upload",
    CampaignCreated: "campaign_create",
    UserLoggedIn: "login",
}
"""The triggers are actions of their users, too."""

LOGIN = ACTION_OF[UserLoggedIn]
"""After it a user is told what is prepared for (:func:`precompute.reading_chance.chance_read`)."""


JUST_NOW = timedelta(hours=1)
"""An action that was dated earlier says nothing of what its user is about to do: it was brought along from a log."""


class Recording:
    """What triggers say, to be accepted once: with the messages that they bring about, or after them.

    Args:
        lines: The facts.
        stream: Accepts them.
        keep: Keeps at hand what is accepted.
    """

    def __init__(self, lines: Sequence[bytes], *, stream: FactStream, keep: Callable[[], None]) -> None:
        self._lines = lines
        self._stream = stream
        self._keep = keep
        self._accepted = False

    def beside(self, dispatch: Dispatch) -> Publish:
        """The same as ``dispatch``; the facts go along with the messages where they can.

        One way to the broker instead of two: 0.15 of the 3.2 ms of a trigger for a video, and 0.5 on a busy machine.
        """

        def publish(messages: Sequence[Message]) -> None:
            self._accepted = dispatch(messages, facts=self._lines)

        return publish

    def finish(self) -> None:
        """Have accepted what has not been.

        Raises:
            BrokerUnavailable: None was accepted, or no answer came.
        """
        if not self._accepted:
            self._stream.accept(self._lines)
            self._accepted = True
        self._keep()


class Memory:
    """Takes facts, of triggers and of callers.

    Args:
        stream: Where they wait for the database.
        recent: Where the latest actions are read from.
        clock: The instant.
        then: Told which users did something just now, once that is accepted; must neither fail nor take long.
    """

    def __init__(
        self,
        stream: FactStream,
        recent: RecentActions,
        *,
        clock: Clock = system_clock,
        then: Callable[[Sequence[str]], object] | None = None,
    ) -> None:
        self._stream = stream
        self._recent = recent
        self._clock = clock
        self._then = then
        self._sightings = Sightings(self.record, clock=clock)

    def record(self, facts: Sequence[Fact], *, zones: Mapping[str, str] | None = None) -> int:
        """Accept facts, in their order, all or none; how many.

        Args:
            facts: To keep.
            zones: Time zones that users told beside them, by user.

        Raises:
            BadParameters: Something in one of them is not JSON.
            BrokerUnavailable: None was accepted, or no answer came.
        """
        self._stream.append(facts)
        self._keep(facts, zones=zones)
        return len(facts)

    def record_events(self, events: Iterable[Event]) -> None:
        """Accept what triggers say.

        Raises:
            BadParameters: Something in one of them is not JSON.
            BrokerUnavailable: None was accepted, or no answer came.
        """
        self.recording(events).finish()

    def recording(self, events: Iterable[Event]) -> "Recording":
        """What triggers say, to be accepted: their videos and campaigns, and that their users did this.

        Raises:
            BadParameters: Something in one of them is not JSON.
        """
        at, events = self._clock(), list(events)
        facts = [fact for event in events for fact in facts_of(event, at=at)]
        zones = {event.user_id: zone for event in events if (zone := zone_of(event)) is not None}
        # A login has just had computed what is not fresh, and is answered with what comes after it.
        logged_in = {event.user_id for event in events if isinstance(event, UserLoggedIn)}
        keep = partial(self._keep, facts, zones=zones, logged_in=logged_in, events=events)
        return Recording(lines_of(facts), stream=self._stream, keep=keep)

    def _keep(
        self,
        facts: Sequence[Fact],
        *,
        zones: Mapping[str, str] | None,
        logged_in: Collection[str] = frozenset(),
        events: Sequence[Event] = (),
    ) -> None:
        """Keep at hand what of accepted facts is asked often."""
        actions = [fact for fact in facts if isinstance(fact, Action)]
        others = {action.user_id for action in actions}.difference(logged_in)
        outdates = {user_id: _prediction_of(user_id) for user_id in others}
        try:
            # What is predicted from the actions asks what their users brought last, so that comes first.
            self._recent.add(actions, zones=zones, outdates=outdates, before=remembering(events))
        except StoreUnavailable:
            # They are accepted. Refused now, they would come twice.
            _log.warning("Recent actions not kept", extra={"action": "recent_not_kept", "count": len(actions)})
        else:
            lately = self._clock() - JUST_NOW
            if self._then is not None and (users := [action.user_id for action in actions if action.at >= lately]):
                self._then(users)

    def note_read(self, user_id: str, *, row: TaskType, key: CacheKey) -> None:
        """Take a read on behalf of a user for what the user does; afterwards, so that no reader waits or fails.

        Args:
            user_id: Whoever it is said to be; nothing is recorded where that is no id.
            row: Of the key.
            key: That was read.
        """
        self._sightings.note(user_id, row=row, key=key)

    def close(self) -> None:
        """Record what was noted and not recorded yet."""
        self._sightings.close()

    def recent(self, user_ids: Sequence[str]) -> list[list[Action]]:
        """The latest actions of each of some users, in one round trip.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        return self._recent.of_each(user_ids)


def _prediction_of(user_id: str) -> CacheKey:
    """What is kept of a user and outdated as soon as they do something else."""
    return PREDICTED_ACTIONS.key_for(SubjectRef(subject=Subject.USER, id=user_id))


def facts_of(event: Event, *, at: datetime) -> list[Fact]:
    """What a trigger says: what was brought, where its user is, then what they did."""
    facts: list[Fact] = []
    if isinstance(event, VideoUploaded):
        facts.append(VideoFact(at=at, video_id=event.subject_id, user_id=event.user_id, data=event.data))
    if isinstance(event, CampaignCreated):
        facts.append(CampaignFact(at=at, campaign_id=event.subject_id, user_id=event.user_id, data=event.data))
    if (zone := zone_of(event)) is not None:
        facts.append(UserFact(at=at, user_id=event.user_id, timezone=zone))
    if (name := ACTION_OF.get(type(event))) is not None:
        facts.append(
            Action(at=at, user_id=event.user_id, action=name, subject=event.subject, subject_id=event.subject_id)
        )
    return facts


def zone_of(event: Event) -> str | None:
    """The time zone that a login says its user is in; None where it says none that is known."""
    return known_zone(event.data.get("timezone")) if isinstance(event, UserLoggedIn) else None
