"""What each round's calls used, summed up once, and a narrow index on a call's unit in the place of a wide one"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

SUMS = ("calls", "prompt_tokens", "completion_tokens", "charged_tokens", "micro")


def upgrade() -> None:
    op.add_column("rounds", sa.Column("open_claims", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.create_index(
        "ix_rounds_not_summed_up", "rounds", ["job_id"], postgresql_where=sa.text("open_claims IS NULL"), unique=False
    )
    op.create_table(
        "round_spend",
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in SUMS),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_round_spend_round_id_rounds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", "arm", "model", name=op.f("pk_round_spend")),
    )
    op.drop_index("ix_llm_calls_unit_id", table_name="llm_calls")
    op.create_index(op.f("ix_llm_calls_unit_id"), "llm_calls", ["unit_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_llm_calls_unit_id"), table_name="llm_calls")
    op.create_index(
        "ix_llm_calls_unit_id",
        "llm_calls",
        ["unit_id", "token"],
        postgresql_include=["ok", "prompt_tokens", "completion_tokens", "micro"],
    )
    op.drop_table("round_spend")
    op.drop_index("ix_rounds_not_summed_up", table_name="rounds")
    op.drop_column("rounds", "open_claims")
