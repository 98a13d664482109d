"""Batches: calls that are at the provider as one file"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    def when(name: str) -> sa.Column[object]:
        return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=True)

    def now(name: str) -> sa.Column[object]:
        return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False)

    def count(name: str, kind: type[sa.Integer] = sa.BigInteger) -> sa.Column[int]:
        return sa.Column(name, kind(), server_default=sa.text("0"), nullable=False)

    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="new", nullable=False),
        sa.Column("input_file_id", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        count("requests"),
        count("answered"),
        count("failed"),
        count("attempts", sa.Integer),
        count("misses", sa.Integer),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=True),
        when("lease_until"),
        now("next_at"),
        now("created_at"),
        when("sent_at"),
        when("cancel_at"),
        when("ended_at"),
        sa.CheckConstraint("state IN ('new', 'sent', 'ended')", name=op.f("ck_batches_state")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_batches_job_id_jobs"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_batches_round_id_rounds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("key", name=op.f("uq_batches_key")),
    )
    op.create_index("ix_batches_open", "batches", ["job_id"], postgresql_where=sa.text("state <> 'ended'"))
    op.create_index("ix_batches_round", "batches", ["round_id", "id"])


def downgrade() -> None:
    # Nobody would take back what a batch holds: to the reconciler it is as if a worker had been lost.
    op.execute("UPDATE units SET lease_until = now() WHERE state = 'leased' AND lease_until = 'infinity'")
    op.drop_table("batches")
