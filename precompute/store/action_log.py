"""The behaviour log as a whole: what a model of behaviour learns from."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Select, func, select, type_coerce

from precompute.store import ActionLog
from precompute.store.tables import ACTIONS, USERS

AT_ONCE = 10_000
"""Rows fetched together."""

Row = tuple[str, str, int, int, str]
"""Who, what, when (microseconds since 1970), the place in the order of acceptance, and the id of the fact."""


def latest(most: int) -> Select[Any]:
    """The last ``most`` actions that were written, as :data:`Row`, in the order in which they were."""
    first = select(ACTIONS.c.id).order_by(ACTIONS.c.id.desc()).offset(most - 1).limit(1).scalar_subquery()
    when = type_coerce(ACTIONS.c.at, BigInteger)
    # The order of writing is nearly that of acceptance, and has an index.
    query = select(ACTIONS.c.user_id, ACTIONS.c.action, when, ACTIONS.c.accepted, ACTIONS.c.fact_id)
    return query.where(ACTIONS.c.id >= func.coalesce(first, 0)).order_by(ACTIONS.c.id)


def zones() -> Select[Any]:
    """Each user's time zone, where one was told."""
    return select(USERS.c.user_id, USERS.c.timezone)


def gathered(rows: Iterable[Row], *, told: Iterable[tuple[str, str]]) -> ActionLog:
    """Rows as columns in the order of their acceptance; those accepted together stay in the order they have."""
    kept: dict[str, str] = {}
    # Names come again and again; each is kept once.
    lean = [
        (kept.setdefault(who, who), kept.setdefault(what, what), when, place, fact_id)
        for who, what, when, place, fact_id in rows
    ]
    lean.sort(key=lambda row: row[3])
    return ActionLog(
        users=[row[0] for row in lean],
        actions=[row[1] for row in lean],
        at_seconds=[row[2] / 1e6 for row in lean],
        zones={user_id: zone for user_id, zone in told if user_id in kept},
        fact_ids=[row[4] for row in lean],
        accepted=[row[3] for row in lean],
    )
