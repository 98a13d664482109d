"""Check no key a second time that a row's unit implies: a round inserts four rows a document"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IMPLIED = (
    ("generations", "job_id", "jobs"),
    ("generations", "round_id", "rounds"),
    ("llm_calls", "job_id", "jobs"),
    ("reservations", "job_id", "jobs"),
)


def upgrade() -> None:
    for table, column, _ in IMPLIED:
        op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
    op.drop_index("ix_llm_calls_job_id", table_name="llm_calls")


def downgrade() -> None:
    op.create_index("ix_llm_calls_job_id", "llm_calls", ["job_id"], unique=False)
    for table, column, other in IMPLIED:
        op.create_foreign_key(f"fk_{table}_{column}", table, other, [column], ["id"], ondelete="CASCADE")
