"""Vectors that an embeddings endpoint gives, and the units that ask for them"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OLD_KINDS = "'ingest', 'fit', 'score', 'settle', 'rewrite', 'export', 'label', 'train', 'evaluate'"
OLD_STATES = "'open', 'closing', 'settled'"


def _allow(table: str, column: str, words: str) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({words})")


def upgrade() -> None:
    op.create_table(
        "text_vectors",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_text_vectors")),
    )
    op.add_column("jobs", sa.Column("embedding_endpoint", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("embedding_model", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("embedding_price", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("seed_scores", sa.Column("vector_key", sa.LargeBinary(), nullable=True))
    op.add_column("generations", sa.Column("vector_key", sa.LargeBinary(), nullable=True))
    _allow("units", "kind", f"{OLD_KINDS}, 'embed'")
    _allow("rounds", "state", "'open', 'embedding', 'closing', 'settled'")


def downgrade() -> None:
    op.execute("DELETE FROM units WHERE kind = 'embed'")
    op.execute("UPDATE rounds SET state = 'open' WHERE state = 'embedding'")
    _allow("rounds", "state", OLD_STATES)
    _allow("units", "kind", OLD_KINDS)
    op.drop_column("generations", "vector_key")
    op.drop_column("seed_scores", "vector_key")
    op.drop_column("jobs", "embedding_price")
    op.drop_column("jobs", "embedding_model")
    op.drop_column("jobs", "embedding_endpoint")
    op.drop_table("text_vectors")
