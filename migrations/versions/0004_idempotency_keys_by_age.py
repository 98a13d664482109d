"""Answered writes are found by age, to be forgotten"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEX = "ix_idempotency_keys_created_at"


def upgrade() -> None:
    op.create_index(INDEX, "idempotency_keys", ["created_at"])


def downgrade() -> None:
    op.drop_index(INDEX, "idempotency_keys")
