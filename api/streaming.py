"""Changes of tasks as server-sent events."""

from collections.abc import Iterable, Iterator

import orjson

from api.answers import ChangeSchema
from api.errors import problem
from api.progress import named_state
from precompute.errors import PrecomputeError
from precompute.ledger import TaskRecord

HEARTBEAT = ": still there\n\n"
"""Sent when nothing changed, so that a connection whose other end is gone is noticed."""

_CHANGE = ChangeSchema()


def sent_events(changes: Iterable[list[TaskRecord]]) -> Iterator[str]:
    """One ``state`` event for each change, ``done`` when nothing is on its way any more, else ``timeout``.

    An outage on the way ends the stream with an ``error`` event: the status has been sent by then.
    """
    on_its_way: dict[str, bool] = {}
    try:
        for records in changes:
            on_its_way |= {str(record.key): record.state.on_its_way for record in records}
            yield "".join(_event("state", _CHANGE.dump(named_state(record))) for record in records) or HEARTBEAT
    except PrecomputeError as outage:
        yield _event("error", problem(outage.code, outage.message))
        return
    yield _event("timeout" if any(on_its_way.values()) else "done", {})


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {orjson.dumps(data).decode()}\n\n"
