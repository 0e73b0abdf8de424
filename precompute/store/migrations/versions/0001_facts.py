"""Actions, outcomes with their totals, videos and campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _actions()
    _outcomes()
    _brought("videos", "video_id")
    _brought("campaigns", "campaign_id")


def downgrade() -> None:
    """Drop them."""
    for table in ("campaigns", "videos", "outcome_totals", "outcomes", "actions"):
        op.drop_table(table)


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("fact_id", sa.String(64), nullable=False, unique=True),
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("action", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(16)),
        sa.Column("subject_id", sa.String(128)),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_actions_user", "actions", ["user_id", "accepted", "id"])


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("fact_id", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(128), nullable=False),
        sa.Column("variant_id", sa.String(128)),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("conversions", sa.BigInteger()),
        sa.Column("spend", sa.Double()),
        sa.Column("revenue", sa.Double()),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("clicks >= 0 AND clicks <= impressions", name="ck_outcomes_clicks"),
    )
    op.create_index("ix_outcomes_subject", "outcomes", ["subject", "subject_id", "at_us"])
    op.create_table(
        "outcome_totals",
        sa.Column("subject", sa.String(16), primary_key=True),
        sa.Column("subject_id", sa.String(128), primary_key=True),
        sa.Column("variant_id", sa.String(128), primary_key=True, server_default=sa.text("''")),
        sa.Column("outcomes", sa.BigInteger(), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("conversions", sa.BigInteger(), nullable=False),
        sa.Column("spend", sa.Double(), nullable=False),
        sa.Column("revenue", sa.Double(), nullable=False),
    )


def _brought(table: str, id_column: str) -> None:
    op.create_table(
        table,
        sa.Column(id_column, sa.String(128), primary_key=True),
        sa.Column("fact_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(128), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
    )
    op.create_index(f"ix_{table}_user", table, ["user_id", "at_us"])
