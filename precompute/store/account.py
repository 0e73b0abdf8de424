"""The question whether anything of a user's has changed: asked before every refresh, so it reads sums only."""

from typing import Any

from sqlalchemy import Select, Table, and_, func, select

from precompute.store.tables import TOTALS
from precompute.subjects import Subject


def holdings(user_id: str, *, subject: Subject, table: Table) -> Select[Any]:
    """One row: how many of a kind a user brought, the latest of them, and how many outcomes were reported of them."""
    (id_column,) = table.primary_key
    theirs = table.c.user_id == user_id
    reported = and_(TOTALS.c.subject == subject.value, TOTALS.c.subject_id == id_column)
    outcomes = select(func.sum(TOTALS.c.outcomes)).select_from(TOTALS.join(table, reported)).where(theirs)
    return select(
        func.count().label("brought"),
        func.max(table.c.accepted).label("accepted"),
        func.max(table.c.at).label("last"),
        outcomes.scalar_subquery().label("outcomes"),
    ).where(theirs)
