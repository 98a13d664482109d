"""Whose price a job counts by and of what day, and an index that its spend is added up from"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("price_source", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("price_as_of", sa.Date(), nullable=True))
    op.drop_index(op.f("ix_llm_calls_unit_id"), table_name="llm_calls")
    op.create_index(
        "ix_llm_calls_unit_id",
        "llm_calls",
        ["unit_id", "token"],
        postgresql_include=["ok", "prompt_tokens", "completion_tokens", "micro"],
    )


def downgrade() -> None:
    op.drop_index("ix_llm_calls_unit_id", table_name="llm_calls")
    op.create_index(op.f("ix_llm_calls_unit_id"), "llm_calls", ["unit_id"])
    op.drop_column("jobs", "price_as_of")
    op.drop_column("jobs", "price_source")
