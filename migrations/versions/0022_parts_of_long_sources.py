"""Parts of long sources: seeds that are pieces of another seed"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seeds", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.add_column("seeds", sa.Column("part", sa.Integer(), nullable=True))
    op.add_column("seeds", sa.Column("parts", sa.Integer(), nullable=True))
    op.add_column("seeds", sa.Column("part_from", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("seeds", sa.Column("part_to", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("seeds", sa.Column("context", sa.String(), nullable=True))
    op.create_foreign_key(op.f("fk_seeds_source_id_seeds"), "seeds", "seeds", ["source_id"], ["id"], ondelete="CASCADE")
    op.create_check_constraint(
        op.f("ck_seeds_part"),
        "seeds",
        "CASE WHEN source_id IS NULL THEN part IS NULL AND parts IS NULL AND part_to = 0 AND part_from = 0 "
        "ELSE part BETWEEN 1 AND parts AND part_from BETWEEN 0 AND part_to - 1 END",
    )
    # A part's text may come twice, and has its source's place; a document still comes once.
    op.drop_constraint(op.f("uq_seeds_corpus_id_sha256"), "seeds", type_="unique")
    op.drop_constraint(op.f("uq_seeds_corpus_id_ordinal"), "seeds", type_="unique")
    op.create_index(
        "ix_seeds_sha256", "seeds", ["sha256", "corpus_id"], unique=True, postgresql_where=sa.text("source_id IS NULL")
    )
    op.create_index(
        "ix_seeds_ordinal",
        "seeds",
        ["corpus_id", "ordinal"],
        unique=True,
        postgresql_where=sa.text("source_id IS NULL"),
    )
    op.create_index(
        "ix_seeds_part",
        "seeds",
        ["source_id", "parts", "part", "part_from", "part_to"],
        unique=True,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM generations WHERE seed_id IN (SELECT id FROM seeds WHERE source_id IS NOT NULL)")
    op.execute("DELETE FROM units WHERE seed_id IN (SELECT id FROM seeds WHERE source_id IS NOT NULL)")
    op.execute("DELETE FROM seeds WHERE source_id IS NOT NULL")
    for name in ("ix_seeds_part", "ix_seeds_ordinal", "ix_seeds_sha256"):
        op.drop_index(name, table_name="seeds")
    op.drop_constraint(op.f("ck_seeds_part"), "seeds", type_="check")
    op.drop_constraint(op.f("fk_seeds_source_id_seeds"), "seeds", type_="foreignkey")
    for name in ("context", "part_to", "part_from", "parts", "part", "source_id"):
        op.drop_column("seeds", name)
    op.create_unique_constraint(op.f("uq_seeds_corpus_id_ordinal"), "seeds", ["corpus_id", "ordinal"])
    op.create_unique_constraint(op.f("uq_seeds_corpus_id_sha256"), "seeds", ["corpus_id", "sha256"])
