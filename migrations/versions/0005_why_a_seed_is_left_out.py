"""Keep what the reason of a seed that takes no part rests on"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seed_scores", sa.Column("detail", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("seed_scores", "detail")
