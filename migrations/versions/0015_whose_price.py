"""Whose price a job counts by, and of what day"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("price_source", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("price_as_of", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "price_as_of")
    op.drop_column("jobs", "price_source")
