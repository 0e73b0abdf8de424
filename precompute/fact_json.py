"""Facts on the wire: one JSON object each."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson

from precompute.errors import BadParameters, UnusableSource
from precompute.facts import Action, CampaignFact, Fact, Outcome, UserFact, VariantFact, VideoFact
from precompute.subjects import Subject

_KINDS: Mapping[str, type[Fact]] = {
    kind.kind: kind for kind in (Action, Outcome, UserFact, VideoFact, CampaignFact, VariantFact)
}
_NAMES: Mapping[type[Fact], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name != "accepted") for kind in _KINDS.values()
}

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "impressions": int,
    "clicks": int,
    "conversions": int,
    "spend": (int, float),
    "revenue": (int, float),
    "data": dict,
}
"""Of the fields that are no text."""


def fact_to_json(fact: Fact) -> bytes:
    """What :func:`fact_from_json` turns back; ``accepted`` is left to the stream.

    Raises:
        BadParameters: Something in it is not JSON.
    """
    body = {name: getattr(fact, name) for name in _NAMES[type(fact)]}
    try:
        return orjson.dumps({"kind": fact.kind, **body}, default=_plain)
    except TypeError as flaw:
        raise BadParameters(f"this {fact.kind} cannot be written as JSON: {flaw}") from flaw


def fact_from_json(text: bytes, *, accepted: int) -> Fact:
    """The fact that :func:`fact_to_json` wrote.

    Raises:
        UnusableSource: It was not written by it, or by a newer version.
    """
    try:
        body: dict[str, Any] = orjson.loads(text)
        kind = _KINDS[body.pop("kind")]
        return kind(**_typed(body), accepted=accepted)
    except (ValueError, KeyError, TypeError, AttributeError) as flaw:
        raise UnusableSource(f"not a fact ({type(flaw).__name__}: {flaw})", code="fact_unreadable") from flaw


def _typed(body: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(body["at"])
    if at.tzinfo is None:
        raise ValueError("at has no zone")
    subject = body.get("subject")
    for name, value in body.items():
        if value is not None and not isinstance(value, _TYPES.get(name, str)):
            raise ValueError(f"{name} is not {_TYPES.get(name, str)}")
    return body | {"at": at} | ({"subject": Subject(subject)} if subject is not None else {})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError
