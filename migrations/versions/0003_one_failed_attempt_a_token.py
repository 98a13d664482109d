"""A failed attempt is written once a claim: a commit whose outcome was unknown is tried again"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEX = "uq_llm_calls_token_failed"


def upgrade() -> None:
    # What such commits may have left double; nothing refers to a failed attempt.
    op.execute("""
        DELETE FROM llm_calls a USING llm_calls b WHERE NOT a.ok AND NOT b.ok AND a.token = b.token AND a.id > b.id""")
    op.create_index(INDEX, "llm_calls", ["token"], unique=True, postgresql_where=sa.text("NOT ok"))


def downgrade() -> None:
    op.drop_index(INDEX, "llm_calls")
