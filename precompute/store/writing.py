"""Facts into their tables, each once, however often it is given."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, and_, or_
from sqlalchemy.dialects import postgresql, sqlite

from precompute.facts import Action, CampaignFact, Fact, Outcome, UserFact, VariantFact, VideoFact
from precompute.store.tables import ACTIONS, CAMPAIGNS, OUTCOMES, TOTALS, USERS, VARIANTS, VIDEOS

F = TypeVar("F", bound=Fact)

_SUMS = ("outcomes", "impressions", "clicks", "conversions", "spend", "revenue")


def write(connection: Connection, facts: Sequence[Fact]) -> int:
    """Store the facts that are not stored yet; how many that were."""
    return (
        len(_inserted(connection, ACTIONS, [_action_row(fact) for fact in _of(Action, facts)]))
        + _write_outcomes(connection, _of(Outcome, facts))
        + _write_brought(connection, VIDEOS, [_video_row(fact) for fact in _of(VideoFact, facts)])
        + _write_brought(connection, CAMPAIGNS, [_campaign_row(fact) for fact in _of(CampaignFact, facts)])
        + _write_brought(connection, USERS, [_user_row(fact) for fact in _of(UserFact, facts)])
        + _write_variants(connection, _of(VariantFact, facts))
    )


def _of(kind: type[F], facts: Iterable[Fact]) -> list[F]:
    return [fact for fact in facts if isinstance(fact, kind)]


def _insert(connection: Connection, table: Table) -> Any:
    # The two engines spell ON CONFLICT alike, and SQLAlchemy has it for each of them apart.
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _inserted(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Ids of the facts that were not in the table."""
    if not rows:
        return set()
    statement = _insert(connection, table).on_conflict_do_nothing(index_elements=["fact_id"])
    return set(connection.execute(statement.returning(table.c.fact_id), rows).scalars())


def _write_outcomes(connection: Connection, outcomes: Sequence[Outcome]) -> int:
    new = _inserted(connection, OUTCOMES, [_outcome_row(fact) for fact in outcomes])
    # A fact given twice in one batch is inserted once, and must be added once.
    once = {fact.fact_id: fact for fact in outcomes if fact.fact_id in new}
    if once:
        statement = _insert(connection, TOTALS)
        sums = {name: TOTALS.c[name] + statement.excluded[name] for name in _SUMS}
        keys = [column.name for column in TOTALS.primary_key]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=sums), _added_up(once.values()))
    return len(new)


def _added_up(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """One row for each subject and variant; sorted, so that two writers lock them in the same order."""
    totals: dict[tuple[str, str, str], dict[str, Any]] = {}
    for fact in outcomes:
        key = (fact.subject.value, fact.subject_id, fact.variant_id or "")
        named = dict(zip(("subject", "subject_id", "variant_id"), key, strict=True))
        row = totals.setdefault(key, named | dict.fromkeys(_SUMS, 0))
        row["outcomes"] += 1
        for name in _SUMS[1:]:
            row[name] += getattr(fact, name) or 0
    return [totals[key] for key in sorted(totals)]


def _write_brought(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Keep the latest row of each id; how many were kept that were not there."""
    (id_column,) = table.primary_key
    latest: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        before = latest.get(row[id_column.name])
        if before is None or (row["at"], row["accepted"]) >= (before["at"], before["accepted"]):
            latest[row[id_column.name]] = row
    if not latest:
        return 0
    statement = _insert(connection, table)
    new = statement.excluded
    is_later = or_(
        new["at"] > table.c.at,
        and_(new["at"] == table.c.at, new["accepted"] > table.c.accepted),
        and_(new["at"] == table.c.at, new["accepted"] == table.c.accepted, new["fact_id"] != table.c.fact_id),
    )
    columns = {column.key: new[column.key] for column in table.c if column is not id_column}
    statement = statement.on_conflict_do_update(index_elements=[id_column.name], set_=columns, where=is_later)
    rows = [latest[name] for name in sorted(latest)]
    return len(connection.execute(statement.returning(id_column), rows).all())


def _write_variants(connection: Connection, variants: Sequence[VariantFact]) -> int:
    """Keep the texts that are not there; how many those were."""
    if not variants:
        return 0
    ids = [column.name for column in VARIANTS.primary_key]
    # Sorted, so that two writers lock the rows in the same order.
    rows = [_variant_row(fact) for fact in sorted(variants, key=lambda fact: (fact.campaign_id, fact.variant_id))]
    statement = _insert(connection, VARIANTS).on_conflict_do_nothing(index_elements=ids)
    return len(connection.execute(statement.returning(VARIANTS.c.variant_id), rows).all())


def _row(fact: Fact) -> dict[str, Any]:
    return {"fact_id": fact.fact_id, "at": fact.at, "accepted": fact.accepted}


def _action_row(fact: Action) -> dict[str, Any]:
    subject = {"subject": fact.subject and fact.subject.value, "subject_id": fact.subject_id}
    return _row(fact) | subject | {"user_id": fact.user_id, "action": fact.action}


def _outcome_row(fact: Outcome) -> dict[str, Any]:
    about = {"subject": fact.subject.value, "subject_id": fact.subject_id, "variant_id": fact.variant_id}
    return _row(fact) | about | {name: getattr(fact, name) for name in _SUMS[1:]}


def _video_row(fact: VideoFact) -> dict[str, Any]:
    return _row(fact) | {"video_id": fact.video_id, "user_id": fact.user_id, "data": dict(fact.data)}


def _campaign_row(fact: CampaignFact) -> dict[str, Any]:
    return _row(fact) | {"campaign_id": fact.campaign_id, "user_id": fact.user_id, "data": dict(fact.data)}


def _user_row(fact: UserFact) -> dict[str, Any]:
    return _row(fact) | {"user_id": fact.user_id, "timezone": fact.timezone}


def _variant_row(fact: VariantFact) -> dict[str, Any]:
    return _row(fact) | {name: getattr(fact, name) for name in ("campaign_id", "variant_id", "headline", "language")}
