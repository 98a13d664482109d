"""Keep what a seed states, for each of its candidates is held against that"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seed_scores", sa.Column("facts", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("seed_scores", "facts")
