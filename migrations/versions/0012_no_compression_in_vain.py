"""Compress no vectors, and texts only where that is cheap: without lz4 it takes longer than writing them"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DENSE = (
    ("generations", "embedding"),
    ("generations", "signature"),
    ("seed_scores", "embedding"),
    ("seed_scores", "signature"),
    ("llm_calls", "raw"),
)
"""No method makes these smaller."""


def _has_lz4() -> bool:
    known = op.get_bind().scalar(sa.text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"))
    return "lz4" in (known or ())


def _set_storage(columns: tuple[tuple[str, str], ...], storage: str) -> None:
    for table, column in columns:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE {storage}")


def upgrade() -> None:
    _set_storage(DENSE, "EXTERNAL")
    if not _has_lz4():
        _set_storage((("generations", "text"),), "EXTERNAL")


def downgrade() -> None:
    _set_storage((*DENSE, ("generations", "text")), "EXTENDED")
