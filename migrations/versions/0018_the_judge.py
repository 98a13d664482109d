"""The judge: who it is, its calls, what it found, and what a round makes of that"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0022"
branch_labels = None
depends_on = None

KINDS = "'ingest', 'fit', 'score', 'settle', 'rewrite', 'export', 'label', 'train', 'evaluate', 'embed'"
STATES = "'open', 'embedding', {}'closing', 'settled'"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("judge_endpoint", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("judge_model", sa.String(), nullable=True))
    for name in ("judge_price_input", "judge_price_output"):
        op.add_column("jobs", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    figures = sa.Column("judge", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False)
    op.add_column("rounds", figures)
    _check("rounds", "state", STATES.format("'judging', "))
    _check("units", "kind", KINDS + ", 'judge'")
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("generation_id", sa.BigInteger(), nullable=True),
        sa.Column("canary", sa.String(), nullable=True),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("part_order", sa.String(), nullable=False),
        sa.Column("style", sa.String(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("claims", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("llm_call_id", sa.BigInteger(), nullable=True),
        sa.Column("disagrees", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("task IN ('score', 'canary', 'verify')", name=op.f("ck_findings_task")),
        sa.CheckConstraint("score BETWEEN 0 AND 5", name=op.f("ck_findings_score")),
        sa.CheckConstraint("(generation_id IS NULL) = (canary IS NOT NULL)", name=op.f("ck_findings_of_what")),
        sa.CheckConstraint("(task = 'verify') = (score IS NULL)", name=op.f("ck_findings_answer")),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.id"],
            name=op.f("fk_findings_generation_id_generations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["llm_call_id"], ["llm_calls.id"], name=op.f("fk_findings_llm_call_id_llm_calls"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_findings_unit_id_units"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_findings_unit_id")),
    )
    op.create_index("ix_findings_job", "findings", ["job_id", "round_id", "id"])
    op.create_index(op.f("ix_findings_generation_id"), "findings", ["generation_id"])


def downgrade() -> None:
    op.drop_table("findings")
    # Rounds that wait for their judge settle without it.
    op.execute("UPDATE rounds SET state = CASE WHEN j.embedding_model IS NULL THEN 'open' ELSE 'embedding' END "
               "FROM jobs j WHERE j.id = rounds.job_id AND rounds.state = 'judging'")  # fmt: skip
    op.execute("DELETE FROM units WHERE kind = 'judge'")
    _check("units", "kind", KINDS)
    _check("rounds", "state", STATES.format(""))
    op.drop_column("rounds", "judge")
    for name in ("judge_price_output", "judge_price_input", "judge_model", "judge_endpoint"):
        op.drop_column("jobs", name)


def _check(table: str, column: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({values})")
