"""The tables of the durable facts; :mod:`precompute.store.migrations` makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as microseconds since 1970: exact, alike on every engine, and cut into steps by ``/``."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """What is kept."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """The instant, in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


# SQLite numbers rows by itself only in a column of exactly this type.
_ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")

METADATA = MetaData()


def _fact(name: str, *columns: Any) -> Table:
    """A table of facts: what all have in common, and ``columns``."""
    return Table(
        name,
        METADATA,
        *columns,
        Column("at_us", Instant, key="at", nullable=False),
        Column("accepted", BigInteger, nullable=False),
    )


ACTIONS = _fact(
    "actions",
    Column("id", _ROW_NUMBER, primary_key=True),
    Column("fact_id", String(64), nullable=False, unique=True),
    Column("user_id", String(128), nullable=False),
    Column("action", String(128), nullable=False),
    Column("subject", String(16)),
    Column("subject_id", String(128)),
)
"""What users did, in the order of ``accepted``, then ``id``."""

Index("ix_actions_user", ACTIONS.c.user_id, ACTIONS.c.accepted, ACTIONS.c.id)

Index("ix_actions_at", ACTIONS.c.at)

OUTCOMES = _fact(
    "outcomes",
    Column("fact_id", String(64), primary_key=True),
    Column("subject", String(16), nullable=False),
    Column("subject_id", String(128), nullable=False),
    Column("variant_id", String(128)),
    Column("impressions", BigInteger, nullable=False),
    Column("clicks", BigInteger, nullable=False),
    Column("conversions", BigInteger),
    Column("spend", Double),
    Column("revenue", Double),
    CheckConstraint("clicks >= 0 AND clicks <= impressions", name="ck_outcomes_clicks"),
)
"""What was reported, each report as it came."""

Index("ix_outcomes_subject", OUTCOMES.c.subject, OUTCOMES.c.subject_id, OUTCOMES.c.at)

TOTALS = Table(
    "outcome_totals",
    METADATA,
    Column("subject", String(16), primary_key=True),
    Column("subject_id", String(128), primary_key=True),
    Column("variant_id", String(128), primary_key=True, server_default=text("''")),
    *(
        Column(name, kind, nullable=False)
        for name, kind in {
            "outcomes": BigInteger,
            "impressions": BigInteger,
            "clicks": BigInteger,
            "conversions": BigInteger,
            "spend": Double,
            "revenue": Double,
        }.items()
    ),
)
"""The outcomes added up, with ``''`` for those of no variant: reading them must not cost more with every report."""

VIDEOS = _fact(
    "videos",
    Column("video_id", String(128), primary_key=True),
    Column("fact_id", String(64), nullable=False),
    Column("user_id", String(128), nullable=False),
    Column("data", JSON, nullable=False),
)
"""Videos as last brought."""

Index("ix_videos_user", VIDEOS.c.user_id, VIDEOS.c.at)

CAMPAIGNS = _fact(
    "campaigns",
    Column("campaign_id", String(128), primary_key=True),
    Column("fact_id", String(64), nullable=False),
    Column("user_id", String(128), nullable=False),
    Column("data", JSON, nullable=False),
)
"""Campaigns as last brought."""

Index("ix_campaigns_user", CAMPAIGNS.c.user_id, CAMPAIGNS.c.at)

USERS = _fact(
    "users",
    Column("user_id", String(128), primary_key=True),
    Column("fact_id", String(64), nullable=False),
    Column("timezone", String(64), nullable=False),
)
"""Where users are, as last told."""

VARIANTS = _fact(
    "variants",
    Column("campaign_id", String(128), primary_key=True),
    Column("variant_id", String(128), primary_key=True),
    Column("fact_id", String(64), nullable=False),
    Column("headline", Text, nullable=False),
    Column("language", String(16), nullable=False),
)
"""Texts as first made. An id follows from its words, so they do not change."""
