"""What happened on the platform, as the triggers bring it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from precompute.errors import PrecomputeError
from precompute.subjects import Subject, SubjectRef, check_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened to one subject, and its results will be wanted.

    Attributes:
        subject_id: Id of the video, campaign or user.
        user_id: Who did it.
        data: What the trigger brought along, JSON-like; empty when nothing did.
        callback_url: An address that the trigger brought along, or None.
        fingerprint: Names the input (the video's address, a file's size and time); two events about one subject with
            the same fingerprint are about the same thing, and its results are not computed again. Empty when nothing is
            known.
    """

    name: ClassVar[str]
    subject: ClassVar[Subject]

    subject_id: str
    user_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    callback_url: str | None = None
    fingerprint: str = ""
    _json: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_id(self.subject_id, field=f"{self.subject}_id")
        check_id(self.user_id, field="user_id")

    @property
    def ref(self) -> SubjectRef:
        """The subject it happened to."""
        return SubjectRef(subject=self.subject, id=self.subject_id)

    def to_json(self) -> str:
        """One line that :func:`event_from_json` turns back; travels in messages and is kept beside each entry."""
        if not self._json:
            # A trigger's is wanted four times: for the record, for two messages, and for what its user brought last.
            object.__setattr__(self, "_json", self._written())
        return self._json

    def _written(self) -> str:
        body: dict[str, Any] = {
            "event": self.name,
            "subject_id": self.subject_id,
            "user_id": self.user_id,
            "data": dict(self.data),
        }
        if self.callback_url is not None:
            body["callback_url"] = self.callback_url
        if self.fingerprint:
            body["fingerprint"] = self.fingerprint
        return json.dumps(body, separators=(",", ":"), sort_keys=True)


class VideoUploaded(Event):
    """A video was uploaded; ``data`` may hold ``url``, ``duration``, ``title``."""

    __slots__ = ()
    name = "video_uploaded"
    subject = Subject.VIDEO


class CampaignCreated(Event):
    """A campaign was created; ``data`` is its brief."""

    __slots__ = ()
    name = "campaign_created"
    subject = Subject.CAMPAIGN


class UserLoggedIn(Event):
    """A user logged in; ``data`` may hold ``last_login``."""

    __slots__ = ()
    name = "user_logged_in"
    subject = Subject.USER


EVENTS: Mapping[str, type[Event]] = {event.name: event for event in (VideoUploaded, CampaignCreated, UserLoggedIn)}
"""Every kind of event by its name on the wire."""


def event_if_known(text: str | bytes) -> Event | None:
    """The same; None for what another version of this service wrote and this one cannot read."""
    try:
        return event_from_json(text)
    except (AttributeError, KeyError, TypeError, ValueError, PrecomputeError):
        return None


def event_from_json(text: str | bytes) -> Event:
    """The event that :meth:`Event.to_json` wrote; what a newer version added to it is left out.

    Raises:
        KeyError: It was written by a newer version and names an unknown event.
        TypeError: It lacks what every event has.
    """
    body = json.loads(text)
    kind = EVENTS[body.pop("event")]
    known = {each.name for each in fields(kind) if each.init}
    return kind(**{name: value for name, value in body.items() if name in known})
