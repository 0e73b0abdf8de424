"""Entries of a batch as triggers, and what became of each as an answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError

from api.errors import told, unfit
from api.receipts import predicted, shown
from api.schemas import VideoTriggerSchema
from api.trigger_schemas import CampaignTriggerSchema, LoginTriggerSchema
from precompute.admission import Receipt
from precompute.batch import Refusal, Trigger
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.precomputer import Precomputer
from precompute.queues import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of entry: under which name they come, what they hold, and what they say happened."""

    name: str
    schema: type[Schema]
    event: type[VideoUploaded] | type[CampaignCreated] | type[UserLoggedIn]
    id_field: str
    data_field: str


KINDS = (
    Kind(name="videos", schema=VideoTriggerSchema, event=VideoUploaded, id_field="video_id", data_field="video_data"),
    Kind(
        name="campaigns",
        schema=CampaignTriggerSchema,
        event=CampaignCreated,
        id_field="campaign_id",
        data_field="campaign_data",
    ),
    Kind(name="logins", schema=LoginTriggerSchema, event=UserLoggedIn, id_field="user_id", data_field="user_data"),
)
"""In the order in which their results come."""


def take(body: Mapping[str, Any], *, engine: Precomputer) -> list[dict[str, Any]]:
    """A result for each entry of a batch, in order.

    Raises:
        BrokerUnavailable, StoreUnavailable: Nothing was started.
    """
    entries = [(kind, sent) for kind in KINDS for sent in body.get(kind.name) or ()]
    priority = body.get("priority") or Queue.BACKGROUND.value
    schemas = {kind.name: kind.schema() for kind in KINDS}
    read = [_read(kind, sent, schema=schemas[kind.name], priority=priority) for kind, sent in entries]
    outcomes = iter(engine.on_batch([one for one in read if isinstance(one, Trigger)]))
    became = [next(outcomes) if isinstance(one, Trigger) else one for one in read]
    results = [_result(kind, sent, outcome) for (kind, sent), outcome in zip(entries, became, strict=True)]
    _predict([result for (kind, _), result in zip(entries, results, strict=True) if _welcome(kind, result)], engine)
    return results


def _read(kind: Kind, sent: Any, *, schema: Schema, priority: int) -> Trigger | ValidationError:
    try:
        fitting = schema.load(sent)
    except ValidationError as flaw:
        return flaw
    return Trigger(
        kind=kind.event,
        subject_id=fitting[kind.id_field],
        user_id=fitting["user_id"],
        data=fitting.get(kind.data_field) or {},
        priority=fitting.get("priority") or priority,
        callback_url=fitting.get("callback_url"),
    )


def _result(kind: Kind, sent: Any, outcome: Receipt | Refusal | ValidationError) -> dict[str, Any]:
    named = sent.get(kind.id_field) if isinstance(sent, dict) else None
    about = {kind.id_field: named} if isinstance(named, str) else {}
    if isinstance(outcome, Receipt):
        return {"success": True, **about, **shown(outcome)}
    problem = unfit(outcome.messages) if isinstance(outcome, ValidationError) else told(outcome)
    return {**about, **problem}


def _welcome(kind: Kind, result: Mapping[str, Any]) -> bool:
    return kind.event is UserLoggedIn and bool(result["success"])


def _predict(logins: Sequence[dict[str, Any]], engine: Precomputer) -> None:
    """Add to each login what its user will probably do next, as the login's own trigger does."""
    for login, prediction in zip(logins, engine.predictions_for(_users(logins)), strict=True):
        login.update(predicted(prediction))


def _users(logins: Iterable[Mapping[str, Any]]) -> list[str]:
    return [login["user_id"] for login in logins]
