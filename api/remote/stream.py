"""The tasks of a subject as they change, over as many connections as it takes."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from api.remote.service import API, NotTheService, Service, ServiceAway, ServiceRefused

SILENCE_S = 30.0
"""A connection that says nothing for so long is dead: the service says that it is there every few seconds."""

GIVES_UP_AFTER = timedelta(seconds=60)
"""Without any answer. A service that is started anew is back in a few seconds."""

AGAIN_S = (0.2, 0.5, 1.0, 2.0)
"""Pauses before a connection is tried again; the last one from then on."""

_TEMPORARY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event of the stream: its name, and its data."""

    name: str
    data: Mapping[str, Any]


def changes(service: Service, subject: str, subject_id: str) -> Iterator[Mapping[str, Any]]:
    """Each task of a subject now, and whenever it has changed, until none is on its way any more.

    A connection that breaks is made anew, and what is told again is passed over.

    Raises:
        ServiceAway: It has not answered for a minute.
        ServiceRefused: It will not, now or later.
    """
    seen: dict[str, Mapping[str, Any]] = {}
    heard_at, tries = time.monotonic(), 0
    while True:
        try:
            for told in _events(service, f"{API}/stream/{subject}/{subject_id}"):
                heard_at, tries = time.monotonic(), 0
                if told.name == "done":
                    return
                if told.name == "state" and seen.get(told.data["task_type"]) != told.data:
                    seen[told.data["task_type"]] = told.data
                    yield told.data
            problem: ServiceAway | ServiceRefused = ServiceAway(f"the service at {service.url} ends the stream early")
        except NotTheService:
            raise
        except ServiceAway as away:
            problem = away
        except ServiceRefused as refused:
            if refused.status not in _TEMPORARY:
                raise
            problem = refused
        if time.monotonic() - heard_at > GIVES_UP_AFTER.total_seconds():
            raise problem
        asked = problem.retry_after_s if isinstance(problem, ServiceRefused) else None
        time.sleep(asked or AGAIN_S[min(tries, len(AGAIN_S) - 1)])
        tries += 1


def _events(service: Service, path: str) -> Iterator[Told]:
    timeout = httpx2.Timeout(SILENCE_S, connect=3.0)
    try:
        with service.client.stream("GET", path, timeout=timeout) as response:
            if not response.is_success or "event-stream" not in response.headers.get("Content-Type", ""):
                response.read()
                service.answer(response)
                raise ServiceAway(f"what answers at {service.url} does not stream")
            yield from parsed(response.iter_lines())
    except httpx2.HTTPError as problem:
        raise service.away(problem) from problem
    except ValueError as problem:
        raise NotTheService(f"what answers at {service.url} is not this service") from problem


def parsed(lines: Iterable[str]) -> Iterator[Told]:
    """The events of a stream of lines; comments are left out, and half an event at its end.

    As the standard has it, an event ends with an empty line, and its data may stand on several.
    """
    name, data = "", []
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line:
            if name:
                yield Told(name=name, data=json.loads("\n".join(data) or "{}"))
            name, data = "", []
