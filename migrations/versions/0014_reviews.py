"""What people think of generations"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("score", sa.DOUBLE_PRECISION(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("reviewer", sa.String(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name=op.f("ck_reviews_decision")),
        sa.CheckConstraint("score BETWEEN 0 AND 5", name=op.f("ck_reviews_score")),
        sa.CheckConstraint("length(note) <= 2000", name=op.f("ck_reviews_note")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_reviews_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name=op.f("fk_reviews_generation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reviewer"], ["api_keys.id"], name=op.f("fk_reviews_reviewer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index("ix_reviews_job", "reviews", ["job_id", "id"], unique=False)
    op.create_index("ix_reviews_generation", "reviews", ["generation_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("reviews")
