"""Drafts: what passes make of a seed's code before it is explained"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0021"
branch_labels = None
depends_on = None

VERDICTS = "'pending', 'kept', 'reserve', 'dropped'"


def upgrade() -> None:
    op.add_column("seed_scores", sa.Column("improvable", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    _allow(f"{VERDICTS}, 'draft'")


def downgrade() -> None:
    # No older version knows what a draft is, and it counted for nothing.
    op.execute("DELETE FROM generations WHERE verdict = 'draft'")
    _allow(VERDICTS)
    op.drop_column("seed_scores", "improvable")


def _allow(verdicts: str) -> None:
    op.drop_constraint("ck_generations_verdict", "generations")
    op.create_check_constraint(op.f("ck_generations_verdict"), "generations", f"verdict IN ({verdicts})")
