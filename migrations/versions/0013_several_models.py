"""Several models in one job, each with its endpoint and price"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    models = sa.Column("models", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
    op.add_column("jobs", models)


def downgrade() -> None:
    op.drop_column("jobs", "models")
