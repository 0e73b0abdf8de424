"""What was done when: who is active is asked of weeks, and the log keeps years."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_actions_at", "actions", ["at_us"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_actions_at", table_name="actions")
