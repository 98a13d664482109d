"""Units of stopping workers, bills beyond reservations, and the worker that a process belongs to"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OVERBILLED = ("overbilled_prompt_tokens", "overbilled_completion_tokens")


def upgrade() -> None:
    op.add_column("units", sa.Column("stopping", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("workers", sa.Column("node", sa.String(), server_default="", nullable=False))
    for name in OVERBILLED:
        op.add_column("budgets", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    for name in OVERBILLED:
        op.drop_column("budgets", name)
    op.drop_column("workers", "node")
    op.drop_column("units", "stopping")
