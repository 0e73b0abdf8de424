"""The durable facts in SQL: SQLite in a file, or PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Row, Select, Table, and_, func, literal, select, type_coerce
from sqlalchemy.engine import make_url

from precompute.facts import Action, CampaignFact, Fact, VariantFact, VideoFact
from precompute.store import ActionLog, Line, Period, Routine, Totals, Visits, action_log, activity
from precompute.store.account import holdings
from precompute.store.engine import WRITES, open_engine, reaching_database
from precompute.store.schema import upgrade
from precompute.store.tables import ACTIONS, CAMPAIGNS, EPOCH, MICROSECOND, OUTCOMES, TOTALS, VARIANTS, VIDEOS
from precompute.store.writing import write
from precompute.subjects import Subject

_BROUGHT: Mapping[Subject, Table] = {Subject.VIDEO: VIDEOS, Subject.CAMPAIGN: CAMPAIGNS}


class Database:
    """Answers :class:`precompute.store.Facts`; connects when first used, and makes or changes its tables then.

    Every method raises ``SourceUnavailable`` while the database cannot be used.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://…``; the folder of a SQLite file is made.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._file = make_url(url).database if self._engine.dialect.name == "sqlite" else None
        self._upgraded = False

    def write(self, facts: Sequence[Fact]) -> int:
        """Store facts that are not stored yet, in one transaction.

        Returns:
            How many were new. A video or campaign that was brought again later than this fact says is not.

        Raises:
            UnusableSource: One of them can never be stored; none was.
            SourceUnavailable: None was stored now.
        """
        with self._connection(**WRITES) as connection:
            return write(connection, facts)

    def videos_of(self, user_id: str, *, most: int = 100) -> list[VideoFact]:
        """A user's videos, latest first."""
        return [VideoFact(**row) for row in self._rows(_brought_by(user_id, VIDEOS, most=most))]

    def campaigns_of(self, user_id: str, *, most: int = 100) -> list[CampaignFact]:
        """A user's campaigns, latest first."""
        return [CampaignFact(**row) for row in self._rows(_brought_by(user_id, CAMPAIGNS, most=most))]

    def campaign(self, campaign_id: str) -> CampaignFact | None:
        """One campaign as last brought, or None."""
        rows = self._rows(select(CAMPAIGNS).where(CAMPAIGNS.c.campaign_id == campaign_id))
        return CampaignFact(**rows[0]) if rows else None

    def owner_of(self, subject: Subject, subject_id: str) -> str | None:
        """The user who brought a video or a campaign, or None when nobody did."""
        return self.owners_of([(subject, subject_id)]).get((subject, subject_id))

    def owners_of(self, subjects: Sequence[tuple[Subject, str]]) -> dict[tuple[Subject, str], str]:
        """The users who brought videos and campaigns; those that nobody brought are left out."""
        found: dict[tuple[Subject, str], str] = {}
        for subject, table in _BROUGHT.items():
            (id_column,) = table.primary_key
            asked = [subject_id for kind, subject_id in subjects if kind is subject]
            if asked:
                query = select(id_column.label("subject_id"), table.c.user_id).where(id_column.in_(asked))
                found |= {(subject, row["subject_id"]): row["user_id"] for row in self._rows(query)}
        return found

    def totals(self, subject: Subject, subject_id: str) -> Totals:
        """All outcomes of a subject, those of its variants included."""
        query = select(*_sums(TOTALS)).where(TOTALS.c.subject == subject.value, TOTALS.c.subject_id == subject_id)
        return _totals(self._rows(query)[0])

    def variant_totals(self, campaign_id: str) -> dict[str, Totals]:
        """Outcomes of a campaign by variant id."""
        query = select(TOTALS).where(
            TOTALS.c.subject == Subject.CAMPAIGN.value, TOTALS.c.subject_id == campaign_id, TOTALS.c.variant_id != ""
        )
        return {row["variant_id"]: _totals(row) for row in self._rows(query)}

    def series(self, subject: Subject, subject_ids: Sequence[str], *, step: timedelta) -> dict[str, list[Period]]:
        """Outcomes by subject id in steps of ``step`` (aligned to 1970 in UTC), oldest first, empty steps left out.

        Every id that is asked for is there, with an empty list when nothing was reported for it.
        """
        query = _periods(OUTCOMES.c.subject_id, subject=subject, subject_ids=subject_ids, step=step)
        series: dict[str, list[Period]] = {subject_id: [] for subject_id in subject_ids}
        for row in reversed(self._rows(query)):
            series[row["subject_id"]].append(_period(row, step=step))
        return series

    def lines(
        self, subject: Subject, *, step: timedelta, subject_ids: Sequence[str] | None = None, most: int = 50_000
    ) -> dict[Line, list[Period]]:
        """Outcomes of subjects and of each of their variants apart, in steps of ``step``, oldest first.

        Args:
            subject: The kind.
            step: As in :meth:`series`.
            subject_ids: None for all of the kind.
            most: The latest so many periods of all lines together are read.
        """
        by = (OUTCOMES.c.subject_id, OUTCOMES.c.variant_id)
        lines: dict[Line, list[Period]] = {}
        for row in reversed(self._rows(_periods(*by, subject=subject, subject_ids=subject_ids, step=step).limit(most))):
            lines.setdefault((row["subject_id"], row["variant_id"]), []).append(_period(row, step=step))
        return lines

    def account_mark(self, user_id: str) -> str:
        """Changes with each video or campaign of a user and with each outcome reported of one; else stays the same."""
        found = [self._rows(holdings(user_id, subject=kind, table=table))[0] for kind, table in _BROUGHT.items()]
        return "; ".join(" ".join(str(value) for value in row.values()) for row in found)

    def reported(self, subject: Subject) -> int:
        """How many outcomes were reported of a kind of subject."""
        query = select(func.sum(TOTALS.c.outcomes).label("outcomes")).where(TOTALS.c.subject == subject.value)
        return int(self._rows(query)[0]["outcomes"] or 0)

    def all_totals(self, subject: Subject) -> dict[str, Totals]:
        """Outcomes of every subject of a kind by its id: what models learn from."""
        query = (
            select(TOTALS.c.subject_id, *_sums(TOTALS))
            .where(TOTALS.c.subject == subject.value)
            .group_by(TOTALS.c.subject_id)
        )
        return {row["subject_id"]: _totals(row) for row in self._rows(query)}

    def actions_of(self, user_id: str, *, most: int = 500) -> list[Action]:
        """A user's latest actions, oldest first, in the order in which they were accepted."""
        latest = select(ACTIONS).where(ACTIONS.c.user_id == user_id)
        latest = latest.order_by(ACTIONS.c.accepted.desc(), ACTIONS.c.id.desc()).limit(most)
        return [_action(row) for row in reversed(self._rows(latest))]

    def action_log(self, *, most: int = 500_000) -> ActionLog:
        """The latest ``most`` actions of all users, in the order in which they were accepted."""
        with self._connection(yield_per=action_log.AT_ONCE) as connection:
            told = [(row.user_id, row.timezone) for row in connection.execute(action_log.zones()).all()]
            # Closed by hand: the server keeps the rest of a result that is read piece by piece.
            with connection.execute(action_log.latest(most)) as rows:
                return action_log.gathered(map(tuple, rows), told=told)

    def variants_with_outcomes(self, *, most: int = 20_000) -> list[VariantFact]:
        """Texts that outcomes were reported of, latest first."""
        reported = and_(
            TOTALS.c.subject == Subject.CAMPAIGN.value,
            TOTALS.c.subject_id == VARIANTS.c.campaign_id,
            TOTALS.c.variant_id == VARIANTS.c.variant_id,
        )
        latest = (VARIANTS.c.at.desc(), VARIANTS.c.campaign_id, VARIANTS.c.variant_id)
        rows = self._rows(select(VARIANTS).join(TOTALS, reported).order_by(*latest).limit(most))
        return [VariantFact(**row) for row in rows]

    def recent_videos(self, *, since: datetime, until: datetime, most: int = 1000) -> list[VideoFact]:
        """Everybody's videos that were brought from ``since`` until before ``until``, latest first."""
        query = activity.recent_videos(since=since, until=until, most=most)
        return [VideoFact(**row) for row in self._rows(query)]

    def active_campaigns(self, *, since: datetime, until: datetime, most: int = 1000) -> list[CampaignFact]:
        """Campaigns that were brought or that outcomes were reported of in that time, what happened last first."""
        query = activity.active_campaigns(since=since, until=until, most=most)
        return [CampaignFact(**row) for row in self._rows(query)]

    def visits(self, *, until: datetime, weeks: int, most: int = 1000) -> list[Visits]:
        """Users who did something in the weeks before ``until``; of the most days first, then the latest."""
        return [Visits(**row) for row in self._rows(activity.visits(until=until, weeks=weeks, most=most))]

    def routines(self, *, until: datetime, weeks: int, hours: timedelta, most: int = 50_000) -> list[Routine]:
        """What users did within some hours of the day in the weeks before ``until``, of the most days first."""
        query = activity.routines(until=until, weeks=weeks, hours=hours, most=most)
        return [Routine(**row) for row in self._rows(query)]

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        self._engine.dispose()

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        with self._connection() as connection:
            return [_named(row) for row in connection.execute(query)]

    @contextmanager
    def _connection(self, **options: Any) -> Iterator[Connection]:
        with reaching_database():
            self._prepare()
            with self._engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection

    def _prepare(self) -> None:
        if self._upgraded:
            return
        if self._file:
            Path(self._file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade(self._engine)
        self._upgraded = True


def _named(row: Row[Any]) -> dict[str, Any]:
    # By the keys of the columns, which are the facts' own names.
    return {("at" if name == "at_us" else name): value for name, value in row._mapping.items()}


def _brought_by(user_id: str, table: Table, *, most: int) -> Select[Any]:
    query = select(table).where(table.c.user_id == user_id)
    return query.order_by(table.c.at.desc(), table.c.accepted.desc()).limit(most)


def _periods(*by: Column[Any], subject: Subject, subject_ids: Sequence[str] | None, step: timedelta) -> Select[Any]:
    """Outcomes by the columns ``by`` and by step, latest first."""
    # Written into the statement: PostgreSQL does not see that two parameters of one value are the same step.
    width = literal(step // MICROSECOND, BigInteger, literal_execute=True)
    number = (type_coerce(OUTCOMES.c.at, BigInteger) // width).label("number")
    query = select(*by, number, *_sums(OUTCOMES)).where(OUTCOMES.c.subject == subject.value)
    if subject_ids is not None:
        query = query.where(OUTCOMES.c.subject_id.in_(subject_ids))
    return query.group_by(*by, number).order_by(number.desc(), *by)


def _period(row: Mapping[str, Any], *, step: timedelta) -> Period:
    return Period(at=EPOCH + row["number"] * step, totals=_totals(row))


def _sums(table: Table) -> list[Any]:
    counted = func.sum(table.c.outcomes) if table is TOTALS else func.count()
    names = ("impressions", "clicks", "conversions", "spend", "revenue")
    return [counted.label("outcomes"), *(func.sum(table.c[name]).label(name) for name in names)]


def _totals(row: Mapping[str, Any]) -> Totals:
    # Sums of whole numbers are decimals on PostgreSQL, and sums of nothing are NULL.
    whole = {name: int(row[name] or 0) for name in ("outcomes", "impressions", "clicks", "conversions")}
    return Totals(**whole, spend=float(row["spend"] or 0.0), revenue=float(row["revenue"] or 0.0))


def _action(row: Mapping[str, Any]) -> Action:
    subject = Subject(row["subject"]) if row["subject"] else None
    return Action(**{name: value for name, value in row.items() if name not in {"id", "subject"}}, subject=subject)
